"""A video of OpenAI's protocol in every state, read by the strictest of its clients; the same tasks on every face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr

from aigcq.errors import VendorRejected
from aigcq.model import Event
from tests.api.conftest import Service

VIDEO: Mapping[str, Any] = {"prompt": "a fox", "model": "hailuo-2.3", "seconds": "6", "size": "1280x720"}
RESULT: Mapping[str, Any] = {
    "video_url": "http://vendor.example/1.mp4", "expires_at": "2026-12-01T00:00:00Z", "width": 1366, "height": 768,
    "duration": 6.042, "output_seconds": 6,
}  # fmt: skip


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SpecError(Strict):
    code: StrictStr
    message: StrictStr


class Usage(Strict):
    output_seconds: float


class SpecVideo(Strict):
    """The published specification: every key is required. Numbers that are not whole break the Go clients."""

    id: StrictStr
    object: Literal["video"]
    model: StrictStr
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: StrictInt
    created_at: StrictInt
    completed_at: StrictInt | None
    expires_at: StrictInt | None
    prompt: StrictStr | None
    size: StrictStr
    seconds: StrictStr
    remixed_from_video_id: StrictStr | None
    error: SpecError | None
    queue_position: StrictInt | None
    eta_seconds: StrictInt | None
    metadata: dict[str, Any]
    usage: Usage | None
    cost: dict[str, Any] | None


class LiteLLMVideo(BaseModel):
    """The rules of LiteLLM's VideoObject: it drops what it does not know and refuses a number for `seconds`."""

    id: str
    object: Literal["video"]
    status: str
    created_at: int | None = None
    completed_at: int | None = None
    expires_at: int | None = None
    error: dict[str, Any] | None = None
    progress: int | None = None
    remixed_from_video_id: str | None = None
    seconds: str | None = None
    size: str | None = None
    model: str | None = None
    usage: dict[str, Any] | None = None


class SpecList(Strict):
    object: Literal["list"]
    data: list[SpecVideo]
    first_id: StrictStr | None
    last_id: StrictStr | None
    has_more: StrictBool


def make(service: Service, **changes: Any) -> str:
    answer = service.http.post("/v1/videos", json={**VIDEO, **changes})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def retrieve(service: Service, task_id: str) -> dict[str, Any]:
    answer = service.http.get(f"/v1/videos/{task_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def claimed(service: Service) -> str:
    task_id = make(service)
    service.on_store(service.store.deliveries.claim, "w", 1)
    return task_id


def settled(service: Service, event: Event, outcome: Mapping[str, Any], **how: Any) -> str:
    task_id = make(service)
    (delivery,) = service.on_store(service.store.deliveries.claim, "w", 1).deliveries
    service.on_store(service.store.deliveries.settle, delivery, event, outcome, **how)
    return task_id


def completed(service: Service) -> str:
    return settled(service, Event.SUCCEED, RESULT)


def failed(service: Service) -> str:
    error = VendorRejected("A face was seen.", vendor_code="X")
    return settled(service, Event.FAIL, error.public(), error_code=error.code)


def cancelled(service: Service) -> str:
    task_id = make(service)
    service.http.delete(f"/v1/videos/{task_id}")
    return task_id


def native(service: Service) -> str:
    body = {"image_url": "https://example.com/1.png", "model_name": "Kling", "duration": 5.5}
    return str(service.http.post("/aigc/create", json=body).json()["task_id"])


STATES: Mapping[Callable[[Service], str], str] = {
    make: "queued",
    claimed: "in_progress",
    completed: "completed",
    failed: "failed",
    cancelled: "failed",
    native: "queued",
}


@pytest.mark.parametrize(("state", "word"), STATES.items(), ids=lambda each: getattr(each, "__name__", each))
def test_a_video_has_every_key_of_the_right_type_in_every_state(
    service: Service, state: Callable[[Service], str], word: str
) -> None:
    task_id = state(service)

    answer = service.http.get(f"/v1/videos/{task_id}")

    video = SpecVideo.model_validate_json(answer.content)
    LiteLLMVideo.model_validate_json(answer.content, strict=True)
    assert (video.id, video.status) == (task_id, word)
    assert 0 <= video.progress <= 100
    assert 2000 <= int(answer.headers["openai-poll-after-ms"]) <= 30_000
    listed = SpecList.model_validate_json(service.http.get("/v1/videos").content)
    assert [each.status for each in listed.data] == [word]


def test_a_completed_video_tells_when_and_how_long(service: Service) -> None:
    video = retrieve(service, completed(service))

    assert (video["progress"], video["usage"], video["expires_at"]) == (100, {"output_seconds": 6.0}, 1_796_083_200)
    assert video["completed_at"] >= video["created_at"]
    assert (video["size"], video["seconds"], video["queue_position"]) == ("1280x720", "6", 0)


def test_a_failed_video_says_why_and_what_to_do(service: Service) -> None:
    error = retrieve(service, failed(service))["error"]

    assert error["code"] == "vendor_rejected"
    assert error["message"] == f"A face was seen. {VendorRejected.advice}"


def test_a_cancelled_video_is_a_failed_one_with_a_code(service: Service) -> None:
    assert retrieve(service, cancelled(service))["error"]["code"] == "cancelled"


def test_what_the_native_api_made_has_a_model_a_size_and_seconds(service: Service) -> None:
    video = retrieve(service, native(service))

    assert (video["model"], video["size"], video["seconds"], video["prompt"]) == ("Kling-3.0", "1280x720", "5.5", None)


def test_a_video_is_a_task_of_the_native_api(service: Service) -> None:
    task_id = make(service)

    task = service.http.get(f"/aigc/status/{task_id}").json()

    assert (task["status"], task["model"], task["request"]["prompt"]) == ("queued", "Hailuo-2.3", "a fox")


@pytest.mark.parametrize("spelt", [str, lambda i: f"video_{i}", lambda i: f"video_{i.replace('-', '')}", str.upper])
def test_an_id_may_have_the_protocols_prefix(service: Service, spelt: Callable[[str], str]) -> None:
    task_id = make(service)

    assert retrieve(service, spelt(task_id))["id"] == task_id


def test_pages_of_a_list_follow_each_other_either_way(service: Service) -> None:
    made = [make(service, prompt=str(n)) for n in range(5)]

    for order, expected in (("desc", made[::-1]), ("asc", made)):
        found: list[str] = []
        more, after = True, {}
        while more:
            page = service.http.get("/v1/videos", params={"limit": 2, "order": order} | after).json()
            found += [video["id"] for video in page["data"]]
            assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
            more, after = page["has_more"], {"after": page["last_id"]}
        assert found == expected


def test_an_empty_list_has_no_ids(service: Service) -> None:
    page = service.http.get("/v1/videos").json()

    assert page == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_deleting_cancels_what_is_open_and_erases_what_has_ended(service: Service) -> None:
    def delete(task_id: str) -> str:
        answer = service.http.delete(f"/v1/videos/{task_id}").json()
        assert (answer["id"], answer["object"], answer["deleted"]) == (task_id, "video.deleted", True)
        return str(answer["outcome"])

    done, running = completed(service), claimed(service)
    queued = make(service)

    assert [delete(task_id) for task_id in (done, running, queued, queued)] == [
        "erased", "cancel_requested", "cancelled", "erased",
    ]  # fmt: skip
    assert [service.http.get(f"/v1/videos/{gone}").status_code for gone in (done, queued)] == [404, 404]
    assert service.http.delete(f"/v1/videos/{done}").status_code == 404
    assert retrieve(service, running)["status"] == "in_progress"


def test_a_completed_video_can_be_fetched_and_one_that_is_not_is_not_ready(service: Service) -> None:
    found = service.http.get(f"/v1/videos/{completed(service)}/content", follow_redirects=False)
    early = service.http.get(f"/v1/videos/{make(service)}/content")

    assert (found.status_code, found.headers["location"]) == (307, RESULT["video_url"])
    assert (early.status_code, early.json()["error"]["code"]) == (404, "video_not_ready")
    assert early.headers["x-should-retry"] == "false"


def test_a_remix_has_everything_of_the_other_one_but_the_prompt(service: Service) -> None:
    picture = {"input_reference": ("a.png", b"\x89PNG\r\n\x1a\nx", "image/png")}
    form = {name: (None, value) for name, value in VIDEO.items()} | {"metadata[a]": (None, "b")}
    first = service.http.post("/v1/videos", files=form | picture).json()

    remix = service.http.post(f"/v1/videos/video_{first['id']}/remix", json={"prompt": "a wolf"}).json()

    same = ("model", "size", "seconds", "metadata")
    assert {name: remix[name] for name in same} == {name: first[name] for name in same}
    assert (remix["prompt"], remix["remixed_from_video_id"]) == ("a wolf", first["id"])
    uploads = service.store.uploads
    assert service.on_store(uploads.get, remix["id"]) == service.on_store(uploads.get, first["id"]) is not None
    again = service.http.post(f"/v1/videos/{remix['id']}/remix", json={"prompt": "a bear"}).json()
    assert again["remixed_from_video_id"] == remix["id"]


@pytest.mark.parametrize("body", [{}, {"prompt": ""}, {"prompt": "a", "seconds": "10"}])
def test_a_remix_takes_a_prompt_and_nothing_else(service: Service, body: Mapping[str, Any]) -> None:
    assert service.http.post(f"/v1/videos/{make(service)}/remix", json=dict(body)).status_code == 400


def test_a_remix_of_a_picture_that_is_gone_is_refused(service: Service) -> None:
    picture = {"prompt": (None, "a"), "input_reference": ("a.png", b"\x89PNG\r\n\x1a\nx", "image/png")}
    first = service.http.post("/v1/videos", files=picture).json()
    service.on_store(service.store.uploads.drop, first["id"])

    answer = service.http.post(f"/v1/videos/{first['id']}/remix", json={"prompt": "a"})

    assert answer.status_code == 400
    assert "picture" in answer.json()["error"]["message"]


def test_models_are_listed_by_the_names_that_a_create_takes(service: Service) -> None:
    names = [model["id"] for model in service.http.get("/v1/models").json()["data"]]

    assert {"sora-2", "Hailuo-2.3", "Kling-2.5"} <= set(names)
    assert service.http.get("/v1/models/sora-2").json()["owned_by"] == "Kling-3.0"
    assert service.http.get("/v1/models/nobody").status_code == 404
