"""What Replicate's clients read of a task: its end, lists, waits, and what is sent again."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from aigcq.api import tasks
from aigcq.api.replicate.inputs import Input
from aigcq.api.replicate.prediction import hook_body
from aigcq.api.replicate.waiting import Unanswered
from aigcq.model import Event
from aigcq.store import listing
from aigcq.store.tasks import Tasks
from tests.api.conftest import Service
from tests.api.replicate import DATA_URL, FOX, MODEL, PNG, post, settle
from tests.conftest import FakeClock


def test_a_finished_one_has_its_video_and_its_times(service: Service) -> None:
    made = post(service)
    settle(service, Event.SUCCEED, {"video_url": "https://cdn.example/v.mp4"})

    ended = service.http.get(made["urls"]["get"]).json()

    assert (ended["status"], ended["output"], ended["error"]) == ("succeeded", "https://cdn.example/v.mp4", None)
    assert set(ended["metrics"]) == {"total_time", "predict_time"}
    assert ended["completed_at"] >= ended["started_at"] >= ended["created_at"]
    assert ended["logs"] == f"100%|{'#' * 20}| 100/100\n"


def test_a_failed_one_says_why_and_what_to_do(service: Service) -> None:
    made = post(service)
    settle(service, Event.FAIL, {"code": "vendor_rejected", "message": "No.", "advice": "Change it."})

    failed = service.http.get(made["urls"]["get"]).json()

    assert (failed["status"], failed["error"], failed["output"]) == ("failed", "No. Change it.", None)


def test_one_that_was_not_begun_in_time_is_canceled(service: Service) -> None:
    made = post(service, headers={"Cancel-After": "1h"})
    assert made["deadline"] > made["created_at"]
    settle(service, Event.FAIL, {"code": "deadline_exceeded", "message": "Late."})

    late = service.http.get(made["urls"]["get"]).json()

    assert (late["status"], late["error"]) == ("canceled", None)


def test_cancel_answers_with_the_prediction(service: Service) -> None:
    made = post(service)

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
    post(service, headers=key)
    settle(service, Event.SUCCEED, {"video_url": "https://cdn.example/v.mp4"})

    ended = post(service, headers={**key, "Prefer": "wait"})

    assert (ended["status"], ended["output"]) == ("succeeded", "https://cdn.example/v.mp4")


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
    made = post(service, webhook="https://hooks.example/a", **asked)

    view = service.on_store(service.store.tasks.get, made["id"])
    assert view.task.webhook == moments
    assert view.client.get("webhook") == ({"url": "https://hooks.example/a"} if moments else None)
    assert view.client["face"] == "replicate"


def test_a_webhook_says_what_the_prediction_says_with_addresses_that_lead_here(service: Service) -> None:
    made = post(service, webhook="https://hooks.example/a")
    settle(service, Event.SUCCEED, {"video_url": "https://cdn.example/v.mp4"})

    told = hook_body(service.on_store(service.store.tasks.get, made["id"]))

    assert told == service.http.get(made["urls"]["get"]).json()
    assert told["urls"]["cancel"] == f"http://testserver/v1/predictions/{made['id']}/cancel"


def test_the_older_way_to_be_called_back_is_of_the_end_only(service: Service) -> None:
    made = post(service, webhook_completed="https://hooks.example/a")

    assert service.on_store(service.store.tasks.get, made["id"]).task.webhook == "end"


@pytest.mark.parametrize("count", [51, 50])
def test_a_list_goes_on_where_its_page_ends(service: Service, count: int) -> None:
    made = [post(service)["id"] for _ in range(count)]

    first = service.http.get("/v1/predictions").json()

    assert [each["id"] for each in first["results"]] == made[: -51 if count > 50 else None : -1]
    if count > 50:
        assert [each["id"] for each in service.http.get(first["next"]).json()["results"]] == made[:1]
    else:
        assert first["next"] is None


def test_a_list_shows_the_videos_of_every_door(service: Service) -> None:
    task_id = service.http.post("/aigc/create", json={"prompt": "a fox", "model_name": "Kling"}).json()["task_id"]
    settle(service, Event.SUCCEED, {"video_url": "https://cdn.example/v.mp4"})

    (listed,) = service.http.get("/v1/predictions").json()["results"]

    assert (listed["id"], listed["model"]) == (task_id, "kwaivgi/kling-3.0")
    assert (listed["status"], listed["output"]) == ("succeeded", "https://cdn.example/v.mp4")


def test_a_list_can_be_bounded_in_time(service: Service) -> None:
    post(service)

    assert not service.http.get("/v1/predictions?created_after=2099-01-01T00:00:00Z").json()["results"]
    assert not service.http.get("/v1/predictions?created_before=2020-01-01T00:00:00Z").json()["results"]
    assert service.http.get("/v1/predictions?created_after=2020-01-01T00:00:00Z").json()["results"]
    assert service.http.get("/v1/predictions?created_after=0.5").status_code == 422


def test_a_list_looks_at_so_many_tasks_and_says_where_it_goes_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "MOST_PAGES", 1)
    monkeypatch.setattr(listing, "LOOKED_AT", 2)
    made = [post(service) for _ in range(5)]
    query = f"created_before={quote(made[1]['created_at'])}"

    pages = [service.http.get(f"/v1/predictions?{query}").json()]
    while pages[-1]["next"]:
        pages.append(service.http.get(pages[-1]["next"]).json())

    assert [[each["id"] for each in page["results"]] for page in pages[:3]] == [[], [], [made[0]["id"]]]


def test_a_list_asks_for_its_outcomes_at_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        post(service)
        settle(service, Event.SUCCEED, {"video_url": f"https://cdn.example/{number}.mp4"})
    monkeypatch.delattr(Tasks, "get")

    results = service.http.get("/v1/predictions").json()["results"]

    assert [each["output"] for each in results] == [f"https://cdn.example/{number}.mp4" for number in (2, 1, 0)]


def test_what_a_library_sends_again_by_itself_is_recognised(service: Service) -> None:
    first = post(service, headers={"x-stainless-retry-count": "0"})
    again = post(service, headers={"x-stainless-retry-count": "1"})
    wanted = post(service, headers={"x-stainless-retry-count": "0"})

    assert first["id"] == again["id"] != wanted["id"]


def test_a_key_is_known_whatever_a_release_makes_of_the_input(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = {"Idempotency-Key": "k"}
    first = post(service, input={"prompt": "a fox", "duration": 6}, headers=key)
    resolved = Input.resolved
    monkeypatch.setattr(Input, "resolved", lambda *given: resolved(*given).model_copy(update={"seed": 7}))

    again = post(service, input={"duration": 6, "prompt": "a fox"}, headers=key)

    assert first["id"] == again["id"]
    assert "Idempotency-Key" in refused(service, key, prompt="a fox", duration=10)


def test_a_picture_that_is_sent_again_is_the_same_one_at_another_address(service: Service) -> None:
    key = {"Idempotency-Key": "k"}
    urls = [service.http.post("/v1/files", files={"content": ("a", PNG)}).json()["urls"]["get"] for _ in range(2)]

    made = [post(service, input={**FOX, "image": url}, headers=key)["id"] for url in [*urls, DATA_URL]]

    assert len(set(made)) == 1
    assert "Idempotency-Key" in refused(service, key, **FOX, image=DATA_URL.replace("g==", "w=="))


def refused(service: Service, headers: dict[str, str], **given: Any) -> str:
    answer = service.http.post(MODEL, json={"input": given}, headers=headers)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["detail"])


def test_one_whose_client_was_gone_before_the_answer_is_not_made_twice(service: Service) -> None:
    first = post(service)
    service.http.app.state.unanswered.add(_mark(service))  # type: ignore[attr-defined]  # Starlette's

    again, another = post(service), post(service)

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
