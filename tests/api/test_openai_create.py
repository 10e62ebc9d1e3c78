"""A create of OpenAI's protocol, however it is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.api.conftest import Service

VIDEO: Mapping[str, Any] = {"prompt": "a fox", "model": "Kling-2.5", "seconds": "5", "size": "1280x720"}
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
JPEG = b"\xff\xd8\xff" + b"x" * 100
URL = "https://example.com/1.png"


def form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as the libraries send them: parts of a form without file names."""
    return {name: value if isinstance(value, tuple) else (None, value) for name, value in fields.items()}


def created(service: Service, how: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    sent = {"files": form(fields)} if how == "form" else {"json": dict(fields)}
    answer = service.http.post("/v1/videos", **sent)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def asked(service: Service, video: Mapping[str, Any]) -> dict[str, Any]:
    return dict(service.http.get(f"/aigc/status/{video['id']}").json()["request"])


def refused(service: Service, **sent: Any) -> dict[str, Any]:
    answer = service.http.post("/v1/videos", **sent)
    assert answer.status_code == 400, answer.text
    assert answer.headers["x-should-retry"] == "false"
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 0
    return dict(answer.json()["error"])


@pytest.mark.parametrize("how", ["form", "json"])
def test_a_form_and_json_make_the_same_video(service: Service, how: str) -> None:
    video = created(service, how, VIDEO)

    assert (video["status"], video["model"], video["seconds"], video["size"]) == (
        "queued",
        "Kling-2.5",
        "5",
        "1280x720",
    )
    request = asked(service, video)
    assert (request["duration"], request["aspect_ratio"], request["resolution"]) == (5, "16:9", "720P")


def test_numbers_may_be_numbers_where_the_protocol_has_text(service: Service) -> None:
    video = created(service, "json", {**VIDEO, "seconds": 10})

    assert video["seconds"] == "10"


@pytest.mark.parametrize(
    ("how", "extras"),
    [
        ("form", {"priority": "3", "metadata[tenant]": "a", "last_frame_url": URL, "image_url": URL, "user": "u"}),
        ("form", {"priority": "3", "metadata": '{"tenant": "a"}', "last_frame_url": URL, "image_url": URL}),
        ("json", {"priority": 3, "metadata": {"tenant": "a"}, "last_frame_url": URL, "image_url": URL}),
    ],
)
def test_extras_arrive_from_a_form_and_from_json(service: Service, how: str, extras: Mapping[str, Any]) -> None:
    video = created(service, how, {**VIDEO, **extras, "negative_prompt": "rain", "size": ""})

    request = asked(service, video)
    assert (request["tasks_priority"], request["metadata"]) == (3, {"tenant": "a"})
    assert (request["image_url"], request["last_frame_url"], request["negative_prompt"]) == (URL, URL, "rain")
    assert video["metadata"] == {"tenant": "a"}


def test_shape_and_resolution_may_be_said_in_words(service: Service) -> None:
    video = created(
        service, "json", {"prompt": "a", "model": "kling-2.5", "aspect_ratio": "1:1", "resolution": "1080p"}
    )

    assert video["size"] == "1080x1080"


@pytest.mark.parametrize(
    ("how", "reference", "field"),
    [
        ("form", {"input_reference": URL}, "image_url"),
        ("form", {"input_reference[image_url]": URL}, "image_url"),
        ("form", {"input_reference[file_id]": "38800"}, "file_id"),
        ("form", {"input_reference": json.dumps({"image_url": URL})}, "image_url"),
        ("json", {"input_reference": URL}, "image_url"),
        ("json", {"input_reference": {"image_url": URL}}, "image_url"),
        ("json", {"input_reference": {"file_id": "38800"}}, "file_id"),
    ],
)
def test_a_reference_is_a_url_or_an_object(
    service: Service, how: str, reference: Mapping[str, Any], field: str
) -> None:
    video = created(service, how, {**VIDEO, **reference})

    assert asked(service, video)[field] in (URL, "38800")


@pytest.mark.parametrize("content", [PNG, JPEG])
def test_a_picture_that_is_sent_waits_beside_the_task_until_it_is_erased(service: Service, content: bytes) -> None:
    video = created(service, "form", {**VIDEO, "input_reference": ("first", content, "text/plain")})

    uploads = service.store.uploads
    assert service.on_store(uploads.get, video["id"]) == base64.b64encode(content).decode()
    assert "base64" not in str(asked(service, video))
    for _ in ("cancelled", "erased"):
        assert service.http.delete(f"/v1/videos/{video['id']}").json()["deleted"]
    assert service.on_store(uploads.get, video["id"]) is None


@pytest.mark.parametrize("wrap", [str, lambda url: {"image_url": url}])
def test_a_picture_may_be_in_a_data_url(service: Service, wrap: Any) -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()

    video = created(service, "json", {**VIDEO, "input_reference": wrap(url)})

    assert service.on_store(service.store.uploads.get, video["id"]) == base64.b64encode(PNG).decode()


@pytest.mark.parametrize("name", ["input_reference", "input_reference[image_url]"])
def test_a_data_url_in_a_form_may_be_as_large_as_a_file(service: Service, name: str) -> None:
    largest = PNG + b"x" * (7_000_000 - len(PNG))
    sent = base64.b64encode(largest).decode()

    video = created(service, "form", {**VIDEO, name: f"data:image/png;base64,{sent}"})

    assert service.on_store(service.store.uploads.get, video["id"]) == sent


def test_a_field_of_a_form_has_an_end(service: Service) -> None:
    error = refused(service, files=form({**VIDEO, "input_reference": "data:image/png;base64," + "A" * 9_400_000}))

    assert "size" in error["message"]


@pytest.mark.settings(max_upload_bytes=2000)
@pytest.mark.parametrize(
    ("content", "words"),
    [(b"GIF89a", "neither a JPEG nor a PNG"), (b"", "neither"), (PNG + b"x" * 2000, "larger than")],
)
def test_a_picture_of_another_kind_or_too_large_is_refused(service: Service, content: bytes, words: str) -> None:
    error = refused(service, files=form({**VIDEO, "input_reference": ("a.png", content, "image/png")}))

    assert error["param"] == "input_reference"
    assert words in error["message"]


def test_a_picture_may_be_larger_than_any_other_body(service: Service) -> None:
    created(service, "form", {**VIDEO, "input_reference": ("a.png", PNG + b"x" * 3_000_000, "image/png")})

    other = service.http.post("/v1/videos", content=b"x" * 2_000_000, headers={"content-type": "application/json"})
    assert (other.status_code, other.json()["error"]["code"]) == (413, "too_large")
    huge = {"input_reference": ("a.png", PNG + b"x" * 11_000_000, "image/png")}
    assert service.http.post("/v1/videos", files=form({**VIDEO, **huge})).status_code == 413


@pytest.mark.settings(max_uploads=1)
def test_a_picture_too_many_is_refused_for_now(service: Service) -> None:
    sent = form({**VIDEO, "input_reference": ("a.png", PNG, "image/png")})
    assert service.http.post("/v1/videos", files=sent).status_code == 200

    answer = service.http.post("/v1/videos", files=sent)

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "uploads_full")
    assert int(answer.headers["retry-after"]) > 0
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 1


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"seconds": "7"}, "seconds"),
        ({"seconds": "soon"}, "seconds"),
        ({"size": "1024x768"}, "size"),
        ({"model": "nobody"}, "model"),
        ({"model": "Seedance-1.5-pro"}, "model"),
        ({"prompt": ""}, "prompt"),
        ({"priority": 11}, "priority"),
        ({"colour": "red"}, "colour"),
        ({"model_name": "Kling"}, "body"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "deadline"),
        ({"deadline": "tomorrow"}, "deadline"),
        ({"callback_url": "file:///etc/passwd"}, "callback_url"),
        ({"input_reference": {"image_url": URL, "file_id": "1"}}, "input_reference"),
        ({"input_reference": "nowhere"}, "input_reference.image_url"),
        ({"input_reference": "data:image/png,x"}, "input_reference"),
        ({"input_reference": URL, "image_url": URL}, "input_reference"),
        ({"model": "vidu-q2", "input_reference": URL}, "input_reference"),
        ({"metadata": {"a": [1]}}, "metadata.a"),
    ],
)
def test_what_cannot_be_made_is_refused_by_the_name_that_the_client_gave_it(
    service: Service, change: Mapping[str, Any], param: str
) -> None:
    error = refused(service, json={**VIDEO, **change})

    assert (error["param"], error["code"], error["type"]) == (param, "invalid_request", "invalid_request_error")


@pytest.mark.parametrize(
    "sent",
    [
        {"content": b"{", "headers": {"content-type": "application/json"}},
        {"content": b"[]", "headers": {"content-type": "application/json"}},
        {"content": b"hello", "headers": {"content-type": "text/plain"}},
        {"content": b"hello", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"--x\r\nhello", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"files": [("prompt", (None, "a")), ("prompt", (None, "b"))]},
        {"files": {"other": ("a.png", PNG, "image/png")}},
        {"files": {"metadata": (None, "{a")}},
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(service: Service, sent: Mapping[str, Any]) -> None:
    assert refused(service, **sent)["message"]


def test_a_deadline_and_a_callback_go_on_record(service: Service) -> None:
    extras = {"deadline": "2099-01-01T00:00:00+02:00", "callback_url": "https://example.com/done"}

    video = created(service, "form", {**VIDEO, **extras})

    view = service.on_store(service.store.tasks.get, video["id"])
    assert (view.task.end_by_ms, view.task.webhook) == (4_070_901_600_000, "end")
    assert view.client == {"face": "openai", "model": "Kling-2.5", "size": "1280x720", "seconds": "5"} | {
        "webhook": {"url": "https://example.com/done"}
    }


def test_a_callback_into_the_own_network_is_refused(service: Service) -> None:
    answer = service.http.post("/v1/videos", json={**VIDEO, "callback_url": "https://10.0.0.1/done"})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "callback_url")
