"""What OpenAI's clients write, in the catalogue's words: forms, names, sizes, pace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigcq import catalogue
from aigcq.api.openai.brackets import decoded
from aigcq.api.openai.names import Names
from aigcq.api.openai.pace import poll_after_ms
from aigcq.api.openai.sizes import fitted, size_of
from aigcq.config import Settings, read
from aigcq.errors import ConfigurationError, InvalidRequest
from aigcq.model import Status, Task
from aigcq.request import VideoRequest
from aigcq.schemas import Eta
from aigcq.store.tasks import View

CATALOGUE = catalogue.load()
NAMES = Names(CATALOGUE, Settings().aliases)


@pytest.mark.parametrize(
    ("parts", "meaning"),
    [
        ([("prompt", "a")], {"prompt": "a"}),
        ([("metadata[tenant]", "a"), ("metadata[n]", "1")], {"metadata": {"tenant": "a", "n": "1"}}),
        ([("metadata[n][]", "1"), ("metadata[n][]", "2")], {"metadata": {"n": ["1", "2"]}}),
        ([("input_reference[image_url]", "http://x")], {"input_reference": {"image_url": "http://x"}}),
        ([("p[][url]", "1"), ("p[][text]", "a"), ("p[][url]", "2")], {"p": [{"url": "1", "text": "a"}, {"url": "2"}]}),
        (
            [("p[0][url]", "1"), ("p[0][text]", "a"), ("p[1][url]", "2")],
            {"p": [{"url": "1", "text": "a"}, {"url": "2"}]},
        ),
    ],
)
def test_brackets_spell_objects_and_lists(parts: list[tuple[str, str]], meaning: dict[str, Any]) -> None:
    assert decoded(parts) == meaning


@pytest.mark.parametrize(
    "parts",
    [
        [("prompt", "a"), ("prompt", "b")],
        [("metadata", "a"), ("metadata[b]", "c")],
        [("metadata[b]", "c"), ("metadata", "a")],
        [("a[b", "c")],
        [("[b]", "c")],
        [("a[b][c][d][e][f]", "g")],
        [("a[]", "b"), ("a[][c]", "d")],
        [("a[]", "b"), ("a[c]", "d")],
        [("", "c")],
    ],
)
def test_what_means_two_things_or_none_is_refused(parts: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidRequest):
        decoded(parts)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Hailuo-2.3", "Hailuo 2.3"),
        ("hailuo-2.3-FAST", "Hailuo 2.3-fast"),
        ("kling-2.5", "Kling 2.5"),
        ("vidu", "Vidu q3-turbo"),
        ("sora-2", "Kling 3.0"),
        ("SORA-2-pro", "Kling 3.0-Omni"),
        ("", "Kling 3.0"),
    ],
)
def test_a_model_has_many_names(name: str, title: str) -> None:
    assert NAMES.find(name).title == title


def test_without_an_alias_for_it_no_name_means_the_catalogues_default() -> None:
    assert Names(CATALOGUE, {}).find("").title == "Hailuo 2.3"


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest) as caught:
        NAMES.find("kling-99")

    assert caught.value.field == "model"
    assert {"sora-2", "Hailuo-2.3", "Kling-2.5"} <= set(caught.value.allowed or ())
    assert not any(str(name).startswith("Seedance") for name in caught.value.allowed or ())


@pytest.mark.parametrize("text", ["a=Hailuo-2.3, b = kling", '{"a": "Hailuo-2.3", "b": "kling"}'])
def test_aliases_are_written_as_a_list_or_as_json(text: str) -> None:
    assert read(model_aliases=text).aliases == {"a": "Hailuo-2.3", "b": "kling"}


@pytest.mark.parametrize("text", ["a", "a=", "=b", '{"a": 1}', "{a"])
def test_aliases_that_cannot_be_read_are_a_fault_of_the_settings(text: str) -> None:
    with pytest.raises(ConfigurationError, match="AIGCQ_MODEL_ALIASES"):
        read(model_aliases=text)


def test_an_alias_for_no_model_keeps_the_service_from_starting() -> None:
    with pytest.raises(ConfigurationError, match="a stands for Nobody"):
        Names(CATALOGUE, {"a": "Nobody"})


@pytest.mark.parametrize(
    ("model", "size", "fields"),
    [
        ("kling-2.5", "1280x720", {"aspect_ratio": "16:9", "resolution": "720P"}),
        ("kling-2.5", "1792x1024", {"aspect_ratio": "16:9", "resolution": "1080P"}),
        ("kling-2.5", "480x854", {"aspect_ratio": "9:16", "resolution": "720P"}),
        ("hailuo-2.3", "1280x720", {"aspect_ratio": "16:9", "resolution": "768P"}),
        ("hailuo-h3", "3840x2160", {"aspect_ratio": "16:9", "resolution": "4K"}),
        ("pixverse-v6", "1080X1080", {"aspect_ratio": "1:1", "resolution": "1080p"}),
    ],
)
def test_a_size_is_the_nearest_shape_and_resolution(model: str, size: str, fields: dict[str, str]) -> None:
    assert fitted(NAMES.find(model), VideoRequest(prompt="a"), size) == fields


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("hailuo-2.3", "720x1280"),
        ("kling-2.5", "1024x768"),
        ("kling-2.5", "3840x2160"),
        ("kling-2.5", "320x180"),
        ("kling-2.5", "720p"),
        ("kling-2.5", "0x0"),
        ("kling-2.5", "1280x720x3"),
    ],
)
def test_a_size_that_would_be_another_picture_is_refused_with_those_there_are(model: str, size: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        fitted(NAMES.find(model), VideoRequest(prompt="a"), size)

    assert caught.value.field == "size"
    assert "1920x1080" in (caught.value.allowed or ())


def test_the_shape_of_a_first_frame_counts_where_the_model_takes_it_from_there() -> None:
    request = VideoRequest(prompt="a", image_url="https://example.com/1.png")

    assert fitted(NAMES.find("hailuo-2.3"), request, "720x1280") == {"resolution": "768P"}


def test_what_is_said_in_words_counts_more_than_the_size() -> None:
    request = VideoRequest(prompt="a", aspect_ratio="1:1", resolution="1080P")

    assert fitted(NAMES.find("kling-2.5"), request, "1280x720") == {}


def test_every_size_that_a_refusal_lists_is_taken() -> None:
    for version in NAMES.versions:
        with pytest.raises(InvalidRequest) as caught:
            fitted(version, VideoRequest(prompt="a"), "none")
        for size in caught.value.allowed or ():
            fitted(version, VideoRequest(prompt="a"), str(size))


def test_a_size_in_pixels_is_even() -> None:
    assert (size_of("16:9", "768P"), size_of("9:16", "540p"), size_of("1:1", "2K")) == (
        "1366x768",
        "540x960",
        "1440x1440",
    )


def view(status: Status, position: int | None, **request: Any) -> View:
    return View(task=Task(id="t", status=status), position=position, stored=json.dumps(request))


def test_the_pace_follows_what_the_video_is_likely_to_take_and_stays_within_bounds() -> None:
    kling = {"model_name": "Kling", "model_version": "3.0", "duration": 5}

    assert poll_after_ms(view(Status.PROCESSING, 0, **kling), CATALOGUE, 12) == 8125
    assert poll_after_ms(view(Status.QUEUED, 1, **kling), CATALOGUE, 12) == 8125
    assert poll_after_ms(view(Status.QUEUED, 13, **kling), CATALOGUE, 12) == 16250
    assert poll_after_ms(view(Status.QUEUED, 1000, **kling), CATALOGUE, 12) == 30_000
    assert poll_after_ms(view(Status.QUEUED, None, off_peak="Enabled", **kling), CATALOGUE, 12) == 30_000
    assert poll_after_ms(view(Status.COMPLETED, 0, **kling), CATALOGUE, 12) == 2000
    assert poll_after_ms(view(Status.QUEUED, 9, **kling), CATALOGUE, 12, Eta(p50_seconds=80, samples=9)) == 10_000
