"""A request is made once, however often it is sent."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from aigcq.client import (
    AsyncClient,
    Client,
    Conflict,
    FieldError,
    IdempotencyConflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    QueueFull,
    Unavailable,
)
from tests.client.conftest import ID, Face, ok, problem, task

ROOT = Path(__file__).parents[2]
LOST = httpx2.ReadError("the connection broke")
UNREACHABLE = httpx2.ConnectError("nobody there")


def test_a_create_sends_what_is_given_and_nothing_else(face: Face) -> None:
    made = face.use(lambda client: client.create("a fox", "Hailuo-2.3-fast", duration=6, resolution=None), task())

    (asked,) = face.asked
    assert (asked.method, asked.url.path) == ("POST", "/aigc/create")
    assert json.loads(asked.content) == {
        "prompt": "a fox",
        "model_name": "Hailuo",
        "model_version": "2.3-fast",
        "duration": 6,
    }
    assert (made.task_id, made.status, made.raw["task_id"]) == (ID, "queued", ID)


@pytest.mark.parametrize("failure", [LOST, UNREACHABLE, problem(503, "store_unavailable"), problem(408, "slow_body")])
def test_a_create_is_sent_again_under_the_same_key(face: Face, failure: Exception) -> None:
    face.use(lambda client: client.create("a fox"), failure, failure, task())

    keys = [request.headers["idempotency-key"] for request in face.asked]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert face.naps == [0.5, 1.0]


def test_two_creates_have_two_keys(face: Face) -> None:
    for _ in range(2):
        face.use(lambda client: client.create("a fox"), task())

    assert len({request.headers["idempotency-key"] for request in face.asked}) == 2


def test_a_key_of_ones_own_is_sent_as_it_is(face: Face) -> None:
    face.use(lambda client: client.create("a fox", idempotency_key="order-1"), task())

    assert face.asked[0].headers["idempotency-key"] == "order-1"


def test_a_full_queue_is_tried_again_when_it_says(face: Face) -> None:
    face.use(lambda client: client.create("a fox"), problem(429, "queue_full", {"Retry-After": "7"}), task())

    assert face.naps == [7.5]


def test_a_moment_to_retry_after_is_read_by_the_clock_of_the_service(face: Face) -> None:
    moments = {"Retry-After": "Tue, 24 Nov 2026 12:00:09 GMT", "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}

    face.use(lambda client: client.create("a fox"), problem(429, "queue_full", moments), task())

    assert face.naps == [9.5]


def test_a_queue_that_is_full_for_long_is_told_at_once(face: Face) -> None:
    with pytest.raises(QueueFull) as told:
        face.use(lambda client: client.create("a fox"), problem(429, "queue_full", {"Retry-After": "600"}))

    assert (told.value.retry_after_seconds, face.naps) == (600, [])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(422, "invalid_request"), InvalidRequest),
        (problem(400, "invalid_request"), InvalidRequest),
        (problem(413, "too_large"), InvalidRequest),
        (problem(422, "idempotency_conflict"), IdempotencyConflict),
        (problem(401, "unauthorized"), NotAllowed),
        (problem(403, "forbidden"), NotAllowed),
        (problem(404, "task_not_found"), NotFound),
        (problem(409, "not_failed"), Conflict),
    ],
)
def test_what_a_repetition_cannot_mend_is_told_at_once(face: Face, answer: object, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        face.use(lambda client: client.get(ID), answer)

    assert len(face.asked) == 1


def test_an_error_says_which_field_is_wrong_and_what_to_do(face: Face) -> None:
    wrong = [{"field": "resolution", "message": "There is none.", "allowed": ["768P"]}]

    with pytest.raises(InvalidRequest) as told:
        face.use(lambda client: client.create("a"), problem(422, "invalid_request", errors=wrong, advice="Mend it."))

    error = told.value
    assert (error.status, error.code, error.advice) == (422, "invalid_request", "Mend it.")
    assert error.errors == (FieldError("resolution", "There is none.", ("768P",)),)


def test_a_service_that_is_away_is_tried_as_often_as_wanted(face: Face) -> None:
    with pytest.raises(Unavailable, match="ConnectError"):
        face.use(lambda client: client.queue(), UNREACHABLE, retries=2)

    assert len(face.asked) == 3


def test_a_requeue_whose_answer_is_lost_is_not_sent_again_for_it_costs_money(face: Face) -> None:
    with pytest.raises(Unavailable):
        face.use(lambda client: client.requeue(ID), LOST)

    assert len(face.asked) == 1


def test_a_requeue_that_was_never_heard_is_sent_again(face: Face) -> None:
    face.use(lambda client: client.requeue(ID), UNREACHABLE, ok({"task_id": ID}), task())

    assert [request.url.path.rpartition("/")[2] for request in face.asked] == ["requeue", "requeue", ID]


def test_an_address_that_is_none_is_not_tried_again(face: Face) -> None:
    with pytest.raises(Unavailable, match="UnsupportedProtocol"):
        face.use(lambda client: client.queue(), httpx2.UnsupportedProtocol("foo"), base_url="foo")

    assert len(face.asked) == 1


def test_an_answer_that_is_not_the_service_s_is_no_value(face: Face) -> None:
    page = httpx2.Response(200, text="<html>", request=httpx2.Request("GET", "http://x"))

    with pytest.raises(Unavailable, match="no Queue"):
        face.use(lambda client: client.queue(), page)


def test_a_service_that_cannot_do_its_job_is_an_answer(face: Face) -> None:
    def sick(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(503, json={"status": "unavailable", "redis": False}, request=request)

    health = face.use(lambda client: client.health(), sick)

    assert (health.working, health.redis) == (False, False)


def test_what_this_release_does_not_know_is_kept(face: Face) -> None:
    told = face.use(lambda client: client.get(ID), task(colour="red", phase="polishing"))

    assert (told.colour, told.phase, told.raw["colour"]) == ("red", "polishing", "red")


def test_the_key_is_sent_and_not_shown(face: Face) -> None:
    face.use(lambda client: client.get(ID), task(), api_key="k-1")

    assert face.asked[0].headers["authorization"] == "Bearer k-1"
    assert "k-1" not in repr(Client(api_key="k-1")._do)


def test_where_the_service_is_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().base_url == "http://127.0.0.1:8000"
    monkeypatch.setenv("AIGCQ_URL", "http://videos.test/")

    assert Client().base_url == "http://videos.test"
    assert Client("http://other.test").base_url == "http://other.test"


def test_a_list_is_read_page_after_page_and_no_further_than_wanted(face: Face) -> None:
    first = ok({"tasks": [{"task_id": f"{n}", "status": "failed"} for n in range(2)], "next_cursor": "c1"})
    empty = ok({"tasks": [], "next_cursor": "c2"})
    last = ok({"tasks": [{"task_id": f"{n}", "status": "failed"} for n in range(2, 5)], "next_cursor": "c3"})

    listed = face.use(
        lambda client: client.list(status=["failed", "queued"], model="Kling-2.5", metadata={"n": 1}, limit=4, page=2),
        first,
        empty,
        last,
    )

    assert [each.task_id for each in listed] == ["0", "1", "2", "3"]
    asked = [dict(request.url.params.multi_items()) for request in face.asked]
    assert [each.get("cursor") for each in asked] == [None, "c1", "c2"]
    assert face.asked[0].url.params.get_list("status") == ["failed", "queued"]
    assert (asked[0]["model"], asked[0]["metadata.n"], asked[0]["limit"]) == ("Kling-2.5", "1", "2")


def test_both_clients_can_do_the_same() -> None:
    def face_of(kind: type) -> dict[str, list[str]]:
        methods = {name: each for name, each in vars(kind).items() if inspect.isfunction(each) and name[0] != "_"}
        return {name: list(inspect.signature(each).parameters) for name, each in methods.items()}

    assert face_of(Client) == face_of(AsyncClient)


def test_an_application_loads_nothing_of_the_service() -> None:
    code = "import sys, aigcq.client; print([name for name in sys.modules if name.startswith('aigcq.')], *sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    ours, _, others = loaded.partition("]")
    assert all("aigcq.client" in name for name in ours.split(","))
    assert not {"fastapi", "redis", "aiohttp", "rich", "typer", "uvicorn"} & set(others.split())
