"""`Prefer: wait=n`: the answer comes once the task has ended."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aigcq.api.prefer import wished
from aigcq.clock import SystemClock
from aigcq.model import Event
from tests.api.conftest import Service

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
    ("prefer", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait=5", 5),
        ("wait = 5; x", 5),
        ('WAIT="5"', 5),
        ("wait=600", 60),
        ("wait=-1", 0),
        ("wait=soon", 0),
        ("await=5", 0),
        ("", 0),
    ],
)
def test_a_preference_that_is_not_understood_is_none(prefer: str, seconds: int) -> None:
    assert wished(prefer) == seconds
