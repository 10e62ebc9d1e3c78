"""What goes over HTTP: lenient about spelling, strict about meaning."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aigcq.catalogue import load
from aigcq.errors import InvalidRequest
from aigcq.request import ReferenceImage, Url, VideoRequest
from aigcq.schemas import CreateTask, TaskCreated, TaskStatus, field_errors

URL = "https://example.com/cat.png"


def create(**fields: object) -> CreateTask:
    return CreateTask.model_validate({"prompt": "a fox"} | fields)


def test_the_example_of_the_base_spec_is_the_first_in_openapi():
    first, second = CreateTask.model_json_schema()["examples"]

    assert first == {
        "prompt": "一个小男孩在街上跑步",
        "model_name": "Hailuo",
        "model_version": "2.3",
        "duration": 6,
        "resolution": "768P",
    }
    assert second["image_url"]


@pytest.mark.parametrize("example", CreateTask.model_json_schema()["examples"])
def test_every_openapi_example_resolves(example):
    resolved = CreateTask.model_validate(example).to_request(load())

    told = resolved.model_dump(include=set(VideoRequest.model_fields))
    assert VideoRequest.model_validate_json(resolved.to_json()).model_dump() == told
    assert resolved.model_name == example["model_name"]


@pytest.mark.parametrize("name", CreateTask.model_fields)
def test_every_field_is_documented_for_openapi(name):
    assert CreateTask.model_fields[name].description


@pytest.mark.parametrize(
    ("field", "sent", "taken"),
    [
        ("duration", "6", 6),
        ("duration", 6.0, 6),
        ("duration", "6.5", 6.5),
        ("duration", None, None),
        ("duration", "", None),
        ("tasks_priority", "10", 10),
        ("tasks_priority", "-10", -10),
        ("tasks_priority", None, 0),
        ("seed", 2**63 - 1, 2**63 - 1),
        ("scene_type", None, None),
        ("scene_type", "", None),
        ("model_name", None, ""),
        ("file_id", "", None),
        ("metadata", None, {}),
        ("enhance_prompt", True, "Enabled"),
        ("enhance_prompt", False, "Disabled"),
        ("off_peak", "enabled", "Enabled"),
        ("audio_generation", "DISABLED", "Disabled"),
        ("person_generation", "allowadult", "AllowAdult"),
        ("prompt", "two\nlines\tand a tab", "two\nlines\tand a tab"),
        (
            "metadata",
            {"a": True, "b": 1, "c": 1.5, "d": None, "e": " "},
            {"a": True, "b": 1, "c": 1.5, "d": None, "e": " "},
        ),
    ],
)
def test_the_spellings_that_callers_use_are_taken(field, sent, taken):
    value = getattr(create(**{field: sent}), field)

    assert (value, type(value)) == (taken, type(taken))


def test_a_whole_duration_is_written_without_a_fraction():
    assert '"duration":6,' in create(duration=6.0).model_dump_json()


def test_references_are_urls_or_objects():
    body = create(reference_images=[URL, {"file_id": "528", "text": "cat"}])

    assert [(image.url, image.file_id, image.text) for image in body.reference_images] == [
        (URL, None, None),
        (None, "528", "cat"),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", "nul \0"),
        ("prompt", "escape \x1b[0m"),
        ("prompt", "half a character \ud83d"),
        ("prompt", 7),
        ("negative_prompt", "x" * 1001),
        ("image_url", "ftp://example.com/a.png"),
        ("image_url", "file:///etc/passwd"),
        ("image_url", "https://"),
        ("image_url", "example.com/a.png"),
        ("image_url", "http://[::1"),
        ("image_url", "http://example.com:port/"),
        ("image_url", "http://example.com/a b"),
        ("image_url", "http://example.com/a\u3000b"),
        ("image_url", "http://example.com/\u202egnp.exe"),
        ("image_url", "http://example.com\n/a.png"),
        ("image_url", "https://user:password@example.com/a.png"),
        ("image_url", "https://token@example.com/a.png"),
        ("image_url", "https://evil.example\\@example.com/a.png"),
        ("image_url", "https://@example.com/a.png"),
        ("image_url", "data:image/png;base64,iVBORw0KGgo="),
        ("image_url", "javascript:alert(1)"),
        ("image_url", "//example.com/a.png"),
        ("image_url", "http:example.com/a.png"),
        ("image_url", "http:///a.png"),
        ("image_url", "http://?a.png"),
        ("image_url", "http://example.com:0/a.png"),
        ("image_url", "http://example.com:99999/a.png"),
        ("last_frame_url", "ftp://example.com/a.png"),
        ("last_frame_url", "https://example.com/" + "x" * 2048),
        ("file_id", "two words"),
        ("duration", True),
        ("duration", float("nan")),
        ("duration", float("inf")),
        ("duration", "NaN"),
        ("duration", 0),
        ("duration", -6),
        ("duration", 10**400),
        ("duration", [6]),
        ("tasks_priority", 11),
        ("tasks_priority", -11),
        ("tasks_priority", 1.5),
        ("tasks_priority", True),
        ("seed", 2**63),
        ("seed", 1e30),
        ("aspect_ratio", "wide"),
        ("enhance_prompt", "yes"),
        ("person_generation", True),
        ("metadata", {"a": float("nan")}),
        ("metadata", {"a": [1]}),
        ("metadata", {"a": "\ud800"}),
        ("metadata", {"a": "x" * 2048}),
        ("metadata", {str(n): n for n in range(17)}),
        ("metadata", [1]),
        ("reference_images", URL),
        ("reference_images", ["not a url"]),
        ("reference_images", [URL, "file:///etc/passwd"]),
        ("reference_images", [{"url": "https://user:password@example.com/a.png"}]),
        ("reference_images", [URL] * 33),
        ("reference_images", [{}]),
        ("reference_images", [{"url": URL, "file_id": "528"}]),
    ],
)
def test_a_value_that_no_model_could_take_is_refused_by_its_field(field, value):
    with pytest.raises(ValidationError) as refusal:
        create(**{field: value})

    errors = field_errors(refusal.value.errors())
    assert [error.field.partition(".")[0] for error in errors] == [field]
    assert json.dumps([error.model_dump() for error in errors]).isascii()


@pytest.mark.parametrize("value", ["text", None])
def test_an_unknown_field_is_refused_by_its_name(value):
    with pytest.raises(ValidationError) as refusal:
        create(promt=value)

    (error,) = field_errors(refusal.value.errors())
    assert (error.field, error.message) == ("promt", "There is no such field.")


def test_a_wrong_word_comes_back_with_the_right_ones():
    with pytest.raises(ValidationError) as refusal:
        create(enhance_prompt="yes")

    (error,) = field_errors(refusal.value.errors())
    assert (error.field, error.allowed) == ("enhance_prompt", ["Enabled", "Disabled"])


@pytest.mark.parametrize("where", ["image_url", "last_frame_url", "reference_images.0.url", "reference_images.1.url"])
def test_a_url_of_another_kind_is_told_which_are_allowed(where):
    field, _, place = where.partition(".")
    wrong = "gopher://example.com/a.png"
    value = wrong if not place else [URL, {"url": wrong}] if place.startswith("1") else [wrong]

    with pytest.raises(ValidationError) as refusal:
        create(**{field: value})

    (error,) = field_errors(refusal.value.errors())
    assert (error.field, error.allowed) == (where, ["http", "https"])


def test_every_field_that_is_a_url_is_checked_as_one():
    fields = CreateTask.model_fields | {f"reference.{name}": each for name, each in ReferenceImage.model_fields.items()}
    urls = {name: each for name, each in fields.items() if "url" in name.rpartition(".")[2]}

    assert set(urls) == {"image_url", "last_frame_url", "reference.url"}
    assert [name for name, each in urls.items() if each.annotation != Url | None] == []


@pytest.mark.parametrize(
    "url", [URL, "http://localhost:8080/a", "https://例子.example/图.png?sig=a%40b&x=@y", "HTTPS://X/"]
)
def test_a_url_of_the_web_is_taken(url):
    assert create(image_url=url).image_url == url


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(ValidationError) as refusal:
        create(image_url="https://user:hush-hush@example.com/a.png")

    (error,) = field_errors(refusal.value.errors())
    assert "user name or password" in error.message
    assert "hush-hush" not in error.model_dump_json()


def test_a_million_pictures_are_refused_as_one():
    with pytest.raises(ValidationError) as refusal:
        create(reference_images=[0] * 1_000_000)

    (error,) = field_errors(refusal.value.errors())
    assert error.message == "may hold at most 32 pictures"


def test_the_catalogues_refusal_reads_like_any_other():
    with pytest.raises(InvalidRequest) as refusal:
        create(duration=7).to_request(load())

    (error,) = field_errors(refusal.value)
    assert (error.field, error.allowed) == ("duration", [6, 10])


@pytest.mark.parametrize("body", [[], "text", 1, None])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(ValidationError):
        CreateTask.model_validate(body)


def test_a_field_name_that_utf_8_cannot_spell_can_still_be_answered():
    with pytest.raises(ValidationError) as refusal:
        CreateTask.model_validate({"metadata": {"a\ud800": 1}})

    (error,) = field_errors(refusal.value.errors())
    assert error.field.startswith("metadata.a")
    assert error.field.isascii()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


@given(st.dictionaries(st.sampled_from(list(CreateTask.model_fields)), JSON))
def test_a_body_is_accepted_or_refused_but_never_breaks(body):
    try:
        CreateTask.model_validate(body).to_request(load())
    except ValidationError as refusal:
        assert field_errors(refusal.errors())
    except InvalidRequest as refusal:
        assert field_errors(refusal)


def test_a_created_task_reads_as_in_the_base_spec():
    answer = TaskCreated(task_id="550e8400-e29b-41d4-a716-446655440000", position=1, status="queued")

    assert answer.model_dump_json() == (
        '{"task_id":"550e8400-e29b-41d4-a716-446655440000","position":1,"status":"queued"}'
    )


def test_a_status_begins_as_in_the_base_spec_and_tells_times_in_utc():
    answer = TaskStatus(task_id="a", status="processing", position=0, created_at="2026-08-05T03:21:18Z").model_dump(
        mode="json"
    )

    assert list(answer)[:4] == ["task_id", "status", "position", "result"]
    assert answer["created_at"] == "2026-08-05T03:21:18Z"
