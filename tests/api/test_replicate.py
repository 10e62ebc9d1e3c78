"""Replicate's protocol, route by route; what its libraries make of it is in tests/clients."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from aigcq.api.replicate.waiting import Unanswered, wanted_seconds
from aigcq.model import Event
from tests.api.conftest import Service
from tests.conftest import FakeClock

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
MODEL = "/v1/models/minimax/hailuo-2.3/predictions"
FOX: Mapping[str, Any] = {"prompt": "a fox"}


def _post(service: Service, path: str = MODEL, headers: Mapping[str, str] | None = None, **body: Any) -> dict[str, Any]:
    answer = service.http.post(path, json={"input": dict(FOX)} | body, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _refusal(service: Service, path: str = MODEL, headers: Mapping[str, str] | None = None, **body: Any) -> str:
    """Return `detail` of the refusal; nothing was enqueued."""
    answer = service.http.post(path, json={"input": dict(FOX)} | body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert {"title", "detail", "status"} <= set(answer.json())
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 0
    return str(answer.json()["detail"])


def _request(service: Service, prediction: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the vendor will be sent."""
    return dict(service.http.get(f"/aigc/status/{prediction['id']}").json()["request"])


def _settle(service: Service, event: Event, outcome: Mapping[str, Any]) -> None:
    (delivery,) = service.on_store(service.store.deliveries.claim, "w", 1).deliveries
    service.on_store(service.store.deliveries.settle, delivery, event, outcome, error_code=outcome.get("code", ""))


def test_a_prediction_has_every_field_that_the_libraries_read(service: Service) -> None:
    made = _post(service)

    assert (made["status"], made["output"], made["error"]) == ("starting", None, None)
    assert (made["model"], made["version"], made["source"]) == ("minimax/hailuo-2.3", "hailuo-2.3", "api")
    assert (made["data_removed"], made["metrics"], made["logs"]) == (False, {}, "queued, position 1\n")
    assert made["input"]["prompt"] == "a fox"
    assert made["urls"]["get"] == f"http://testserver/v1/predictions/{made['id']}"
    assert service.http.get(made["urls"]["get"]).json() == made
    assert service.http.get(made["urls"]["web"]).json()["task_id"] == made["id"]


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("/v1/models/anyone/Hailuo-2.3/predictions", {}, "Hailuo-2.3"),
        ("/v1/models/kwaivgi/kling-v2.5/predictions", {}, "Kling-2.5"),
        ("/v1/models/openai/sora-2/predictions", {}, "Kling-3.0"),
        ("/v1/models/minimax/hailuo-02/versions/hailuo-02/predictions", {}, "Hailuo-02"),
        ("/v1/predictions", {"version": "minimax/hailuo-2.3"}, "Hailuo-2.3"),
        ("/v1/predictions", {"version": "hailuo-2.3"}, "Hailuo-2.3"),
        ("/v1/predictions", {"version": "minimax/hailuo-2.3:hailuo-2.3"}, "Hailuo-2.3"),
        ("/v1/predictions", {"model": "kwaivgi/kling-2.1"}, "Kling-2.1"),
    ],
)
def test_a_model_is_found_by_any_of_its_names(service: Service, path: str, body: dict[str, Any], model: str) -> None:
    made = _post(service, path, **body)

    assert service.http.get(f"/aigc/status/{made['id']}").json()["model"] == model


def test_names_of_inputs_of_many_models_mean_one_thing(service: Service) -> None:
    first, last = "https://example.com/1.png", "https://example.com/2.png"
    given = {"first_frame_image": first, "last_frame": last, "prompt_optimizer": False, "seed": 7}

    made = _post(service, "/v1/models/minimax/hailuo-02/predictions", input={**FOX, **given})

    asked = _request(service, made)
    assert (asked["image_url"], asked["last_frame_url"]) == (first, last)
    assert (asked["enhance_prompt"], asked["seed"]) == ("Disabled", 7)
    assert (made["input"]["first_frame_image"], made["input"]["last_frame"]) == (first, last)


def test_a_size_is_the_nearest_of_the_models(service: Service) -> None:
    made = _post(service, "/v1/models/kwaivgi/kling-v2.5/predictions", input={**FOX, "size": "1080x1920"})

    assert (made["input"]["aspect_ratio"], made["input"]["resolution"]) == ("9:16", "1080P")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fps": 24}, "input has no fps. Allowed: prompt,"),
        ({"duration": 7}, "Hailuo 2.3 makes no video of 7 s. Allowed: 6, 10."),
        ({"duration": "long"}, "input.duration: must be a number"),
        ({"image": "nothing"}, "input.image: must be a complete http:// or https:// URL"),
        ({"image": "https://example.com/1.png", "start_image": "https://example.com/2.png"}, "are the same"),
        ({"size": "720x1280"}, "Hailuo 2.3 makes nothing like 720x1280."),
        ({"last_frame": DATA_URL, "image": "https://example.com/1.png"}, "only the first frame may be sent as a file"),
        ({"image": "data:image/gif;base64,R0lGODlh"}, "input.image is neither a JPEG nor a PNG."),
        ({"image": "data:image/png,rawbytes"}, "input.image is a data: URL without Base64."),
        ({"image": f"http://testserver/v1/files/{uuid4()}"}, "there is no such file"),
        ({"model_name": "Kling"}, "input has no model_name."),
    ],
)
def test_a_wrong_input_is_refused_by_its_name(service: Service, given: dict[str, Any], words: str) -> None:
    assert words in _refusal(service, input={**FOX, **given})


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        ({"colour": "red"}, {}, "There is no such field"),
        ({"webhook": "ftp://example.com"}, {}, "webhook"),
        ({"webhook": "https://a.example", "webhook_completed": "https://b.example"}, {}, "give one"),
        ({}, {"Cancel-After": "soon"}, "Cancel-After must be like 90s"),
        ({}, {"Cancel-After": "4s"}, "5 seconds to 30 days"),
    ],
)
def test_a_wrong_term_is_refused(service: Service, body: dict[str, Any], headers: dict[str, str], words: str) -> None:
    assert words in _refusal(service, headers=headers, **body)


def test_a_model_that_is_not_there_is_not_found(service: Service) -> None:
    answer = service.http.post("/v1/models/nobody/nothing/predictions", json={"input": dict(FOX)})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json()["detail"].startswith("There is no nobody/nothing. There is: minimax/hailuo-2.3")
    assert "There is no version 5c7d5dc6." in _refusal(service, "/v1/predictions", version="5c7d5dc6")
    assert "Either version or model" in _refusal(service, "/v1/predictions")


def test_errors_of_both_dialects_under_one_prefix_keep_their_shapes(service: Service) -> None:
    replicate = service.http.get(f"/v1/predictions/{uuid4()}")
    openai = service.http.get(f"/v1/videos/{uuid4()}")

    assert (replicate.status_code, replicate.json()["status"], "error" in replicate.json()) == (404, 404, False)
    assert (openai.status_code, "message" in openai.json()["error"]) == (404, True)


def test_a_data_url_waits_in_the_store_and_not_in_the_request(service: Service) -> None:
    made = _post(service, input={**FOX, "image": DATA_URL})

    assert len(_request(service, made)["upload"]) == 64
    assert made["input"]["image"].startswith("sha256:")
    assert service.on_store(service.store.uploads.get, made["id"]) == base64.b64encode(PNG).decode()


def test_a_file_that_was_sent_before_is_the_first_frame(service: Service) -> None:
    sent = service.http.post(
        "/v1/files",
        files={"content": ("fox.png", PNG, "image/png"), "metadata": ("blob", b'{"a": 1}', "application/json")},
    )
    assert sent.status_code == 201, sent.text
    file = sent.json()

    made = _post(service, input={**FOX, "first_frame_image": file["urls"]["get"]})

    assert (file["name"], file["size"], file["content_type"], file["metadata"]) == (
        "fox.png", len(PNG), "image/png", {"a": 1},
    )  # fmt: skip
    assert _request(service, made)["upload"] == file["checksums"]["sha256"]
    assert made["input"]["first_frame_image"] == file["urls"]["get"]
    assert service.on_store(service.store.uploads.get, made["id"]) == base64.b64encode(PNG).decode()


def test_a_finished_one_has_its_video_and_its_times(service: Service) -> None:
    made = _post(service)
    _settle(service, Event.SUCCEED, {"video_url": "https://cdn.example/v.mp4"})

    ended = service.http.get(made["urls"]["get"]).json()

    assert (ended["status"], ended["output"], ended["error"]) == ("succeeded", "https://cdn.example/v.mp4", None)
    assert set(ended["metrics"]) == {"total_time", "predict_time"}
    assert ended["completed_at"] >= ended["started_at"] >= ended["created_at"]
    assert ended["logs"] == f"100%|{'#' * 20}| 100/100\n"


def test_a_failed_one_says_why_and_what_to_do(service: Service) -> None:
    made = _post(service)
    _settle(service, Event.FAIL, {"code": "vendor_rejected", "message": "No.", "advice": "Change it."})

    failed = service.http.get(made["urls"]["get"]).json()

    assert (failed["status"], failed["error"], failed["output"]) == ("failed", "No. Change it.", None)


def test_one_that_was_not_begun_in_time_is_canceled(service: Service) -> None:
    made = _post(service, headers={"Cancel-After": "1h"})
    assert made["deadline"] > made["created_at"]
    _settle(service, Event.FAIL, {"code": "deadline_exceeded", "message": "Late."})

    late = service.http.get(made["urls"]["get"]).json()

    assert (late["status"], late["error"]) == ("canceled", None)


def test_cancel_answers_with_the_prediction(service: Service) -> None:
    made = _post(service)

    answer = service.http.post(made["urls"]["cancel"])

    assert (answer.status_code, answer.json()["status"], answer.json()["id"]) == (200, "canceled", made["id"])


def test_a_wait_that_ends_before_the_video_says_starting(service: Service) -> None:
    made = service.http.post(MODEL, json={"input": dict(FOX)}, headers={"Prefer": "wait=1", "Idempotency-Key": "k"})
    service.on_store(service.store.deliveries.claim, "w", 1)

    waited = service.http.post(MODEL, json={"input": dict(FOX)}, headers={"Prefer": "wait=1", "Idempotency-Key": "k"})
    plain = service.http.get(f"/v1/predictions/{waited.json()['id']}").json()

    assert (made.status_code, made.headers["preference-applied"]) == (201, "wait")
    assert (waited.json()["id"], waited.headers["idempotent-replayed"]) == (made.json()["id"], "true")
    assert (waited.json()["status"], plain["status"]) == (
        "starting",
        "processing",
    )  # the libraries end at anything else


def test_a_wait_for_one_that_has_ended_is_answered_at_once_with_its_end(service: Service) -> None:
    key = {"Idempotency-Key": "k"}
    _post(service, headers=key)
    _settle(service, Event.SUCCEED, {"video_url": "https://cdn.example/v.mp4"})

    ended = _post(service, headers={**key, "Prefer": "wait"})

    assert (ended["status"], ended["output"]) == ("succeeded", "https://cdn.example/v.mp4")


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [("wait", 60), ("wait=5", 5), ("respond-async, wait = 7", 7), ("wait=1.5", 1.5), ("wait=900", 60)],
)
def test_a_preference_to_wait_is_understood(prefer: str, seconds: float) -> None:
    assert wanted_seconds(prefer) == seconds


@pytest.mark.parametrize("prefer", ["", "respond-async", "wait=soon", "waiting"])
def test_another_preference_is_ignored(prefer: str) -> None:
    assert wanted_seconds(prefer) is None


@pytest.mark.parametrize(
    ("asked", "moments"),
    [
        ({}, "start,end"),
        ({"webhook_events_filter": ["start", "completed"]}, "start,end"),
        ({"webhook_events_filter": ["completed"]}, "end"),
        ({"webhook_events_filter": ["start", "logs"]}, "start"),
        ({"webhook_events_filter": ["output"]}, "end"),
        ({"webhook_events_filter": ["logs"]}, ""),
    ],
)
def test_a_webhook_is_on_record_with_its_moments(service: Service, asked: dict[str, Any], moments: str) -> None:
    made = _post(service, webhook="https://hooks.example/a", **asked)

    view = service.on_store(service.store.tasks.get, made["id"])
    assert view.task.webhook == moments
    assert view.client.get("webhook") == ({"url": "https://hooks.example/a"} if moments else None)
    assert view.client["face"] == "replicate"


def test_the_older_way_to_be_called_back_is_of_the_end_only(service: Service) -> None:
    made = _post(service, webhook_completed="https://hooks.example/a")

    assert service.on_store(service.store.tasks.get, made["id"]).task.webhook == "end"


@pytest.mark.parametrize("count", [51, 50])
def test_a_list_goes_on_where_its_page_ends(service: Service, count: int) -> None:
    made = [_post(service)["id"] for _ in range(count)]

    first = service.http.get("/v1/predictions").json()

    assert [each["id"] for each in first["results"]] == made[: -51 if count > 50 else None : -1]
    if count > 50:
        assert [each["id"] for each in service.http.get(first["next"]).json()["results"]] == made[:1]
    else:
        assert first["next"] is None


def test_a_list_shows_the_videos_of_every_door(service: Service) -> None:
    task_id = service.http.post("/aigc/create", json={"prompt": "a fox", "model_name": "Kling"}).json()["task_id"]
    _settle(service, Event.SUCCEED, {"video_url": "https://cdn.example/v.mp4"})

    (listed,) = service.http.get("/v1/predictions").json()["results"]

    assert (listed["id"], listed["model"]) == (task_id, "kwaivgi/kling-3.0")
    assert (listed["status"], listed["output"]) == ("succeeded", "https://cdn.example/v.mp4")


def test_a_list_can_be_bounded_in_time(service: Service) -> None:
    _post(service)

    assert not service.http.get("/v1/predictions?created_after=2099-01-01T00:00:00Z").json()["results"]
    assert not service.http.get("/v1/predictions?created_before=2020-01-01T00:00:00Z").json()["results"]
    assert service.http.get("/v1/predictions?created_after=2020-01-01T00:00:00Z").json()["results"]


def test_what_a_library_sends_again_by_itself_is_recognised(service: Service) -> None:
    first = _post(service, headers={"x-stainless-retry-count": "0"})
    again = _post(service, headers={"x-stainless-retry-count": "1"})
    wanted = _post(service, headers={"x-stainless-retry-count": "0"})

    assert first["id"] == again["id"] != wanted["id"]


def test_one_whose_client_was_gone_before_the_answer_is_not_made_twice(service: Service) -> None:
    first = _post(service)
    service.http.app.state.unanswered.add(_mark(service))  # type: ignore[attr-defined]  # Starlette's

    again, another = _post(service), _post(service)

    assert first["id"] == again["id"] != another["id"]


def _mark(service: Service) -> str:
    """Return the fingerprint under which the store remembers the create."""

    async def names() -> list[str]:
        keys = service.store.connection.keys
        pattern = f"{keys.prefix}resent:*"
        return [str(name) async for name in service.store.connection.client.scan_iter(match=pattern)]

    (name,) = service.on_store(names)
    return str(name.rpartition(":")[2])


def test_an_unanswered_create_is_remembered_for_a_moment_and_once() -> None:
    clock = FakeClock()
    unanswered = Unanswered(clock)
    unanswered.add("a")

    assert [unanswered.take("a"), unanswered.take("a"), unanswered.take("b")] == [True, False, False]


@pytest.mark.asyncio
async def test_an_unanswered_create_is_soon_forgotten() -> None:
    clock = FakeClock()
    unanswered = Unanswered(clock)
    unanswered.add("a")
    await clock.advance(16)

    assert not unanswered.take("a")


def test_a_model_tells_its_version_and_its_input(service: Service) -> None:
    model = service.http.get("/v1/models/minimax/hailuo-2.3").json()

    version = model["latest_version"]
    assert (model["owner"], model["name"], version["id"]) == ("minimax", "hailuo-2.3", "hailuo-2.3")
    assert {"prompt", "image", "duration"} <= set(
        version["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    )
    assert service.http.get("/v1/models/minimax/hailuo-2.3/versions").json()["results"] == [version]
    assert service.http.get(f"/v1/models/minimax/hailuo-2.3/versions/{version['id']}").json() == version
    assert service.http.get("/v1/models/minimax/hailuo-2.3/versions/other").status_code == 404
    assert service.http.get("/v1/account").json()["username"] == "aigcq"
