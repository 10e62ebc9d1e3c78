"""`Prefer: wait=n`: the answer comes once the task has ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aigcq.api.prefer import wanted_seconds
from aigcq.clock import SystemClock
from aigcq.model import Event
from tests.api.conftest import Service
from tests.conftest import until

FOX = {"prompt": "a fox"}
RESULT = {"video_url": "http://v/1.mp4"}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Who waits while the test goes on."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


async def _waiting(service: Service) -> None:
    listening = service.http.app.state.streams.hub._listening  # type: ignore[attr-defined]  # Starlette's
    for _ in range(1000):
        if any(each._news._waiters for many in listening.values() for each in many):
            return
        await SystemClock().sleep(0.005)
    raise AssertionError("nobody waits")


def _complete(service: Service) -> None:
    service.on_store(_waiting, service)
    (delivery,) = service.on_store(service.store.deliveries.claim, "w", 1).deliveries
    service.on_store(service.store.deliveries.settle, delivery, Event.SUCCEED, RESULT)


def _created(service: Service) -> str:
    return str(service.http.post("/aigc/create", json=FOX).json()["task_id"])


def test_a_create_that_waits_is_answered_with_the_video(service: Service, pool: ThreadPoolExecutor) -> None:
    call: Any = lambda: service.http.post("/aigc/create", json=FOX, headers={"Prefer": "wait=30"})  # noqa: E731
    waits = pool.submit(call)

    _complete(service)

    answer = waits.result(10)
    assert (answer.json()["status"], answer.json()["result"]) == ("completed", RESULT)
    assert {"task_id", "position", "status"} < set(answer.json())
    assert answer.headers["preference-applied"] == "wait=30"
    assert answer.headers["location"] == f"/aigc/status/{answer.json()['task_id']}"


def test_a_status_that_waits_is_answered_at_the_end(service: Service, pool: ThreadPoolExecutor) -> None:
    task_id = _created(service)
    waits = pool.submit(lambda: service.http.get(f"/aigc/status/{task_id}", headers={"Prefer": "wait=30"}))

    _complete(service)

    answer = waits.result(10)
    assert answer.json() == service.http.get(f"/aigc/status/{task_id}").json()
    assert answer.headers["preference-applied"] == "wait=30"


def test_what_does_not_end_in_time_is_told_as_it_stands(service: Service) -> None:
    answer = service.http.post("/aigc/create", json=FOX, headers={"Prefer": "wait=1"})
    status = service.http.get(f"/aigc/status/{answer.json()['task_id']}", headers={"Prefer": "wait=1"})

    assert (answer.json()["status"], status.json()["status"]) == ("queued", "queued")
    assert status.json()["eta"]["reason"] == "no_worker"


def test_what_has_ended_is_not_waited_for(service: Service) -> None:
    task_id = _created(service)
    service.http.post(f"/aigc/tasks/{task_id}/cancel")

    assert service.http.get(f"/aigc/status/{task_id}", headers={"Prefer": "wait=60"}).json()["status"] == "cancelled"


@pytest.mark.settings(stream_clients=1)
def test_who_cannot_wait_is_answered_at_once(service: Service, pool: ThreadPoolExecutor) -> None:
    task_id = _created(service)
    waits = pool.submit(lambda: service.http.get(f"/aigc/status/{task_id}", headers={"Prefer": "wait=30"}))
    service.on_store(_waiting, service)

    answer = service.http.get(f"/aigc/status/{task_id}", headers={"Prefer": "wait=30"})

    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    assert "preference-applied" not in answer.headers
    _complete(service)
    assert waits.result(10).json()["status"] == "completed"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/aigc/create", FOX),
        ("GET", "/aigc/status/{}", None),
        ("POST", "/v1/models/minimax/hailuo-2.3/predictions", {"input": FOX}),
    ],
)
def test_the_place_of_a_client_that_went_away_is_free_at_once(
    service: Service, method: str, path: str, body: Mapping[str, Any] | None
) -> None:
    app: Any = service.http.app
    hub = app.state.streams.hub
    headers = {"host": "testserver", "prefer": "wait=60", "content-type": "application/json"}
    scope = {
        "type": "http",
        "scheme": "http",
        "method": method,
        "path": path.format(_created(service)),
        "query_string": b"",
    }
    scope |= {"headers": [(name.encode(), value.encode()) for name, value in headers.items()]}

    async def leave() -> None:
        left, said = asyncio.Event(), [json.dumps(body).encode() if body else b""]

        async def receive() -> dict[str, Any]:
            if said:
                return {"type": "http.request", "body": said.pop(), "more_body": False}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(_: Any) -> None: ...

        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(app(scope, receive, send))
            await until(lambda: hub._count == 1)
            left.set()
            await until(lambda: hub._count == 0)

    service.on_store(leave)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait", 60),
        ("wait=5", 5),
        ("wait=1.5", 1.5),
        ("respond-async, wait = 7", 7),
        ("wait = 5; x", 5),
        ('WAIT="5"', 5),
        ("wait=600", 60),
        ("wait=0", 0),
        ("wait=-1", None),
        ("wait=soon", None),
        ("await=5", None),
        ("waiting", None),
        ("respond-async", None),
        ("", None),
    ],
)
def test_a_preference_that_is_not_understood_is_none(prefer: str, seconds: float | None) -> None:
    assert wanted_seconds(prefer) == seconds
