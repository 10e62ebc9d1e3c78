"""What the vendor's models accept is refused or resolved before anything is queued."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from aigcq.catalogue import load, parse
from aigcq.errors import InvalidRequest
from aigcq.request import VideoRequest

CATALOGUE = load()
ALL = [version for model in CATALOGUE.models for version in model.versions]
IN_USE = [version for version in ALL if not version.retired]

DOCUMENTED = {
    "Kling": "1.6 2.0 2.1 2.5 2.6 O1 3.0 3.0-Omni 3.0-turbo scene",
    "Vidu": "q2 q2-pro q2-turbo q3 q3-pro q3-turbo q3-mix q3-drama q3-ad scene avatar-q2-pro avatar-q2-turbo lip-sync",
    "Hailuo": "02 2.3 2.3-fast H3 H3_regen H3-Max",
    "GV": "3.1 3.1-fast 3.1-lite omni",
    "OS": "2.0",
    "Hunyuan": "1.5 3d_2.0",
    "Mingmou": "1.0",
    "PixVerse": "v5.6 v6 c1",
}
WITHDRAWN = {
    "Jimeng": "3.0pro",
    "Seedance": "1.0-pro 1.0-lite-i2v 1.0-pro-fast 1.5-pro",
    "VS": "2.0 2.0-fast 2.0-mini 2.5",
    "H2": "1.0",
    "Wan": "3.0 3.0-prime",
    "wand-vega-video": "1.0-lite 1.0-pro 1.5-pro",
}


def ask(model: str = "", **fields: object) -> VideoRequest:
    """A request for `model`, written "Kling 2.1", with a prompt unless `fields` has another."""
    name, _, version = model.partition(" ")
    return VideoRequest.model_validate({"prompt": "a fox", "model_name": name, "model_version": version} | fields)


@pytest.mark.parametrize(("retired", "expected"), [(False, DOCUMENTED), (True, WITHDRAWN)])
def test_the_catalogue_has_every_model_and_version_of_the_vendor(retired, expected):
    models = [model for model in CATALOGUE.models if model.retired is retired]

    assert {model.name: {known.version for known in model.versions} for model in models} == {
        name: set(versions.split()) for name, versions in expected.items()
    }


def test_the_example_of_the_base_spec_resolves_with_every_default_explicit():
    request = ask("Hailuo 2.3", prompt="一个小男孩在街上跑步", duration=6, resolution="768P")

    resolved = CATALOGUE.resolve(request)

    assert resolved.model_dump(exclude_defaults=True) == {
        "prompt": "一个小男孩在街上跑步",
        "model_name": "Hailuo",
        "model_version": "2.3",
        "duration": 6,
        "resolution": "768P",
        "enhance_prompt": "Enabled",
        "audio_generation": "Disabled",
    }


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("", ("Hailuo", "2.3", 6, "768P", None)),
        ("hailuo h3", ("Hailuo", "H3", 6, "768P", None)),
        ("kling", ("Kling", "3.0", 5, "720P", "16:9")),
        ("KLING 3.0-OMNI", ("Kling", "3.0-Omni", 5, "720P", "16:9")),
        ("vidu", ("Vidu", "q3-turbo", 5, "720P", "16:9")),
        ("gv", ("GV", "3.1", 8, "720P", "16:9")),
        ("os", ("OS", "2.0", 8, "720P", "16:9")),
        ("pixverse", ("PixVerse", "v6", 5, "720p", "16:9")),
        ("hunyuan", ("Hunyuan", "1.5", None, "720P", None)),
        ("mingmou", ("Mingmou", "1.0", None, None, None)),
    ],
)
def test_names_are_taken_in_any_letter_case_and_defaults_are_the_models_own(model, expected):
    resolved = CATALOGUE.resolve(ask(model))

    chosen = (resolved.duration, resolved.resolution, resolved.aspect_ratio)
    assert (resolved.model_name, resolved.model_version, *chosen) == expected


@pytest.mark.parametrize(
    ("model", "asked", "spelt"),
    [
        ("Hailuo 2.3", "768p", "768P"),
        ("PixVerse v6", "1080P", "1080p"),
        ("Kling 3.0", "4k", "4K"),
        ("OS", "720p", "720P"),
    ],
)
def test_resolutions_are_sent_in_the_vendors_spelling(model, asked, spelt):
    assert CATALOGUE.resolve(ask(model, resolution=asked)).resolution == spelt


@pytest.mark.parametrize("version", [version for version in ALL if version.retired], ids=lambda known: known.title)
def test_a_retired_model_is_refused_with_what_to_use_instead(version):
    with pytest.raises(InvalidRequest, match=r"is retired\. .* Use (\w+ \S+) instead") as refusal:
        CATALOGUE.resolve(ask(version.title))

    assert refusal.value.field == "model_name"
    assert refusal.value.allowed == [model.name for model in CATALOGUE.models if not model.retired]
    assert CATALOGUE.resolve(ask(version.retired.instead)).model_name in refusal.value.allowed


@pytest.mark.parametrize("version", IN_USE, ids=lambda known: known.title)
def test_every_default_is_one_of_the_versions_own_values(version):
    for choice in (version.resolutions, version.aspect_ratios):
        assert choice is None or choice.default in (None, *choice.values)
    assert (
        version.durations is None
        or version.durations.default is None
        or version.durations.allow(version.durations.default)
    )
    assert 0 < version.typical_seconds <= version.longest_seconds


@pytest.mark.parametrize(
    "model", [model for model in CATALOGUE.models if not model.retired], ids=lambda model: model.name
)
def test_every_model_in_use_has_one_default_version(model):
    assert sum(version.default for version in model.versions) == 1


def test_a_misspelt_fact_is_an_error():
    text = """
    default_model: M
    unless_stated: {prompt_max_chars: 1, max_reference_images: 1, typical_seconds: 1, longest_seconds: 1}
    off_peak: {typical_seconds: 1, longest_seconds: 1}
    models: {M: {versions: {"1": {resolution: {values: [720P]}}}}}
    """

    with pytest.raises(ValidationError, match="resolution"):
        parse(text)


def test_a_fact_that_a_version_replaces_loses_the_models_source():
    kling = {version.version: version for version in ALL if version.model == "Kling"}

    assert kling["2.5"].sources["typical_seconds"] == "live"  # inherited
    assert kling["3.0"].sources["resolutions"] == "guide"
    assert "audio" not in kling["3.0-turbo"].sources


def test_the_public_catalogue_is_json_and_names_every_version():
    public = CATALOGUE.public()

    assert json.loads(json.dumps(public, allow_nan=False)) == public
    assert [version["version"] for model in public["models"] for version in model["versions"]] == [
        v.version for v in ALL
    ]
    hailuo = public["models"][0]
    assert (hailuo["name"], hailuo["default_version"], hailuo["retired"]) == ("Hailuo", "2.3", False)
    assert hailuo["versions"][0]["defaults"] == {
        "duration": 6,
        "resolution": "768P",
        "aspect_ratio": None,
        "audio_generation": "Disabled",
        "enhance_prompt": "Enabled",
    }


def test_a_longer_video_is_expected_to_take_longer():
    short, long = (CATALOGUE.resolve(ask("PixVerse v6", duration=seconds)) for seconds in (5, 10))

    assert CATALOGUE.typical_seconds(long) == 2 * CATALOGUE.typical_seconds(short)


def test_an_off_peak_video_may_take_two_days():
    assert CATALOGUE.longest_seconds(ask(off_peak="Enabled")) == 48 * 3600
    assert CATALOGUE.typical_seconds(ask(off_peak="Enabled")) > CATALOGUE.typical_seconds(ask())


def test_a_record_of_a_model_we_do_not_know_still_has_expected_times():
    strange = ask("Tomorrow 1.0")

    assert 0 < CATALOGUE.typical_seconds(strange) <= CATALOGUE.longest_seconds(strange)
