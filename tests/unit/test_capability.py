"""What one version of one model can and cannot do, and what a request becomes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aigcq.catalogue import load
from aigcq.errors import InvalidRequest
from aigcq.request import VideoRequest

CATALOGUE = load()
IN_USE = [version for model in CATALOGUE.models for version in model.versions if not version.retired]
MODELS = [model.name for model in CATALOGUE.models if not model.retired]

FRAME = {"image_url": "https://example.com/first.png"}
LAST = {"last_frame_url": "https://example.com/last.png"}
REFERENCE = {"reference_images": [{"url": "https://example.com/cat.png"}]}


def ask(model: str = "", **fields: object) -> VideoRequest:
    """A request for `model`, written "Kling 2.1", with a prompt unless `fields` has another."""
    name, _, version = model.partition(" ")
    return VideoRequest.model_validate({"prompt": "a fox", "model_name": name, "model_version": version} | fields)


def references(count: int) -> dict[str, object]:
    return {"reference_images": [{"url": f"https://example.com/{n}.png"} for n in range(count)]}


REFUSED = [
    # names
    ("SV", {}, "model_name", MODELS),
    ("Hailuo 9", {}, "model_version", ["2.3", "2.3-fast", "02", "H3", "H3-Max", "H3_regen"]),
    # a set of its own for each version
    ("Hailuo 2.3", {"duration": 7}, "duration", [6, 10]),
    ("Hailuo 2.3", {"duration": 6.5}, "duration", [6, 10]),
    ("Hailuo H3", {"duration": 4.5}, "duration", list(range(4, 16))),
    ("Hailuo H3", {"duration": 3}, "duration", list(range(4, 16))),
    ("Kling 2.5", {"duration": 7}, "duration", [5, 10]),
    ("Kling O1", {"duration": 11}, "duration", list(range(3, 11))),
    ("Kling 3.0", {"duration": 2}, "duration", list(range(3, 16))),
    ("Vidu q2", {"duration": 11}, "duration", list(range(1, 11))),
    ("GV 3.1", {"duration": 5}, "duration", [8]),
    ("OS 2.0", {"duration": 6}, "duration", [4, 8, 12]),
    ("PixVerse v6", {"duration": 16}, "duration", list(range(1, 16))),
    ("Hailuo 2.3", {"resolution": "720P"}, "resolution", ["768P", "1080P"]),
    ("Hailuo 2.3", {"resolution": "4K"}, "resolution", ["768P", "1080P"]),
    ("Kling 2.5", {"resolution": "4K"}, "resolution", ["720P", "1080P"]),
    ("OS 2.0", {"resolution": "1080P"}, "resolution", ["720P"]),
    ("Hailuo 2.3", {"aspect_ratio": "9:16"}, "aspect_ratio", ["16:9"]),
    ("Vidu q3-pro", {"aspect_ratio": "4:3"}, "aspect_ratio", ["16:9", "9:16", "1:1"]),
    ("GV 3.1", {"aspect_ratio": "1:1"}, "aspect_ratio", ["16:9", "9:16"]),
    ("GV 3.1", {"aspect_ratio": "1:1"} | FRAME, "aspect_ratio", ["16:9", "9:16"]),
    # what a version does not do at all
    ("Hailuo 2.3", {"audio_generation": "Enabled"}, "audio_generation", ["Disabled"]),
    ("PixVerse v5.6", {"audio_generation": "Enabled"}, "audio_generation", ["Disabled"]),
    ("Hailuo 2.3", {"frame_interpolate": "Enabled"}, "frame_interpolate", ["Disabled"]),
    ("Kling 3.0", {"frame_interpolate": "Enabled"}, "frame_interpolate", ["Disabled"]),
    ("Hailuo 2.3", {"scene_type": "lip_sync"}, "scene_type", []),
    ("Kling scene", {"scene_type": "template_effect"}, "scene_type", ["motion_control", "avatar_i2v", "lip_sync"]),
    ("Hailuo 2.3", FRAME | LAST, "last_frame_url", None),
    ("OS 2.0", FRAME | {"last_frame_file_id": "528"}, "last_frame_file_id", None),
    ("Hailuo 2.3", REFERENCE, "reference_images", []),
    ("Vidu q3-mix", FRAME, "image_url", None),
    ("Vidu q2", {"file_id": "528"}, "file_id", None),
    ("Hailuo 2.3-fast", {}, "image_url", None),
    ("Vidu q2-turbo", {}, "image_url", None),
    ("Vidu q3-mix", {}, "reference_images", None),
    ("Kling 3.0", REFERENCE | {"reference_images": [{"file_id": "1", "text": "cat"}]}, "reference_images", None),
    # too much of it
    ("GV 3.1", references(4), "reference_images", None),
    ("Vidu q2", references(8), "reference_images", None),
    ("Hailuo H3", references(10), "reference_images", None),
    ("PixVerse v6", references(8), "reference_images", None),
    ("Hailuo 2.3", {"prompt": "x" * 2001}, "prompt", None),
    ("Hailuo H3", {"prompt": "x" * 7001}, "prompt", None),
    ("Vidu q3-pro", {"prompt": "x" * 5001}, "prompt", None),
    # what holds for every model
    ("Hailuo 2.3", {"prompt": ""}, "prompt", None),
    ("Hailuo 2.3", {"prompt": " \n "}, "prompt", None),
    ("Hailuo 02", LAST, "last_frame_url", None),
    ("Hailuo 02", FRAME | {"file_id": "528"}, "image_url", None),
    ("Hailuo 02", FRAME | LAST | {"last_frame_file_id": "528"}, "last_frame_url", None),
    # combinations
    ("Hailuo 2.3", {"resolution": "1080P", "duration": 10}, "duration", [6]),
    ("Hailuo 02", {"resolution": "1080p", "duration": 10}, "duration", [6]),
    ("PixVerse v5.6", {"resolution": "1080p", "duration": 10}, "duration", [5, 8]),
    ("Kling 2.1", FRAME | LAST, "resolution", ["1080P"]),
    ("Kling 2.1", FRAME | LAST | REFERENCE | {"resolution": "1080P"}, "last_frame_url", []),
    ("Kling 2.6", FRAME | LAST | {"audio_generation": "Enabled"}, "audio_generation", ["Disabled"]),
    ("Kling 3.0-Omni", FRAME | LAST | REFERENCE, "last_frame_url", []),
    ("Hailuo H3", FRAME | REFERENCE, "reference_images", []),
    ("Hailuo H3-Max", FRAME | LAST | REFERENCE, "reference_images", []),
    ("GV 3.1", FRAME | LAST | REFERENCE, "last_frame_url", []),
]


@pytest.mark.parametrize(("model", "fields", "field", "allowed"), REFUSED)
def test_what_a_model_cannot_do_is_refused_with_the_field_and_what_would_do(model, fields, field, allowed):
    with pytest.raises(InvalidRequest) as refusal:
        CATALOGUE.resolve(ask(model, **fields))

    found = refusal.value.allowed
    assert refusal.value.field == field
    assert (found if found is None else sorted(map(str, found))) == (allowed and sorted(map(str, allowed)))


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("Hailuo 2.3", {"resolution": "1080P", "duration": 6}),
        ("Hailuo 2.3", {"resolution": "768P", "duration": 10}),
        ("Hailuo 2.3-fast", FRAME),
        ("Hailuo 02", FRAME | LAST),
        ("Hailuo H3", references(9)),
        ("Hailuo H3", {"resolution": "4K", "duration": 15, "aspect_ratio": "21:9"}),
        ("PixVerse v5.6", {"resolution": "1080p", "duration": 8}),
        ("PixVerse v6", {"reference_images": [{"file_id": "1", "text": "cat"}]}),
        ("Kling 2.1", FRAME | LAST | {"resolution": "1080P"}),
        ("Kling 2.6", FRAME | LAST),
        ("Kling 3.0-Omni", FRAME | LAST),
        ("Kling scene", {"prompt": "", "scene_type": "LIP_SYNC"}),
        ("Vidu q2", {"aspect_ratio": "4:3"}),
        ("Vidu q3-pro", {"frame_interpolate": "Enabled", "audio_generation": "Enabled", "duration": 16}),
        ("GV 3.1", references(3)),
        ("Hailuo 2.3", FRAME | {"prompt": ""}),
        ("Mingmou 1.0", {"resolution": "999P", "duration": 7.5}),  # nobody has documented it: the vendor decides
    ],
)
def test_what_a_model_can_do_is_accepted(model, fields):
    resolved = CATALOGUE.resolve(ask(model, **fields))

    assert resolved.model_name == model.split()[0]


def test_a_body_with_the_settings_that_callers_send_to_every_model_is_accepted():
    switched_off = {"enhance_switch": "Disabled", "frame_interpolate": "Disabled", "audio_generation": "Disabled"}

    resolved = CATALOGUE.resolve(ask("Hailuo 2.3", aspect_ratio="16:9", person_generation="AllowAdult", **switched_off))

    assert resolved.aspect_ratio is None  # the model makes no other shape and the vendor knows no such parameter


@pytest.mark.parametrize(
    ("model", "fields", "sent"),
    [
        ("Kling 3.0", {}, "16:9"),
        ("Kling 3.0", {"aspect_ratio": "9:16"} | REFERENCE, "9:16"),
        ("Kling 3.0", {"aspect_ratio": "9:16"} | FRAME, None),
        ("Kling 3.0", FRAME, None),
        ("GV 3.1", FRAME, None),
        ("GV 3.1", {"aspect_ratio": "9:16"} | FRAME, "9:16"),
    ],
)
def test_an_aspect_ratio_is_sent_only_where_the_vendor_obeys_it(model, fields, sent):
    assert CATALOGUE.resolve(ask(model, **fields)).aspect_ratio == sent


@st.composite
def requests(draw: st.DrawFn) -> VideoRequest:
    """Requests that are often right and often nearly so."""
    version = draw(st.sampled_from(IN_USE))
    on_off = st.sampled_from(["Enabled", "Disabled", None])
    fields = {
        "prompt": st.sampled_from(["a fox", "", "x" * 1500]),
        "duration": st.none() | st.integers(1, 17) | st.floats(0.5, 20),
        "resolution": st.sampled_from([None, "720P", "720p", "768p", "1080P", "1080p", "2K", "4k", "99P"]),
        "aspect_ratio": st.sampled_from([None, "16:9", "9:16", "1:1", "4:3", "21:9", "5:4"]),
        "file_id": st.sampled_from([None, None, "528"]),
        "image_url": st.sampled_from([None, None, FRAME["image_url"]]),
        "last_frame_url": st.sampled_from([None, None, LAST["last_frame_url"]]),
        "reference_images": st.sampled_from([(), (), *[references(n)["reference_images"] for n in (1, 3, 8)]]),
        "audio_generation": on_off,
        "frame_interpolate": on_off,
        "enhance_prompt": on_off,
        "off_peak": on_off,
        "scene_type": st.sampled_from([None, None, None, "lip_sync", "Template_Effect"]),
    }
    return ask(version.title, **draw(st.fixed_dictionaries({}, optional=fields)))


def accepted(request: VideoRequest) -> VideoRequest:
    try:
        return CATALOGUE.resolve(request)
    except InvalidRequest:
        assume(False)
        raise


@given(requests())
def test_a_resolved_request_resolves_to_itself_and_survives_redis(request):
    resolved = accepted(request)

    assert CATALOGUE.resolve(resolved) == resolved
    assert VideoRequest.model_validate_json(resolved.to_json()) == resolved


@given(requests())
def test_no_accepted_request_has_a_value_outside_its_versions_sets(request):
    resolved = accepted(request)
    version = CATALOGUE.find(resolved.model_name, resolved.model_version)

    assert resolved.duration is None or version.durations is None or version.durations.allow(resolved.duration)
    for value, choice in [(resolved.resolution, version.resolutions), (resolved.aspect_ratio, version.aspect_ratios)]:
        assert value is None or choice is None or value in choice.values + choice.on_request
    assert resolved.scene_type in (None, *(version.scene_types or ()))
    assert not (resolved.audio_generation == "Enabled" and version.audio is False)
    assert len(resolved.reference_images) <= version.max_reference_images


@given(requests())
def test_every_refusal_names_a_field_of_the_request(request):
    try:
        CATALOGUE.resolve(request)
    except InvalidRequest as refusal:
        assert refusal.field in VideoRequest.model_fields
