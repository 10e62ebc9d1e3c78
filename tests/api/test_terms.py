"""When a task may run, and when it is no use any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aigcq.clock import SystemClock
from tests.api.conftest import Service
from tests.conftest import age

NOW = SystemClock().now()


def kinds(value: object) -> str:
    """Name a case by what does not change from one process to the next."""
    return type(value).__name__


def _iso(seconds: float) -> str:
    return (datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds)).isoformat()


def _create(service: Service, **fields: Any) -> Any:
    return service.http.post("/aigc/create", json={"prompt": "a fox", **fields})


def _status(service: Service, task_id: str) -> dict[str, Any]:
    return dict(service.http.get(f"/aigc/status/{task_id}").json())


@pytest.mark.parametrize("moment", [_iso(6000), round(NOW + 6000), NOW + 6000.5], ids=kinds)
def test_a_task_waits_until_the_moment_that_was_named(service: Service, moment: Any) -> None:
    answer = _create(service, not_before=moment).json()

    assert (answer["position"], answer["status"]) == (None, "queued")
    assert service.on_store(service.store.deliveries.claim, "w", 1).deliveries == []
    assert _status(service, answer["task_id"])["run_after"]
    service.on_store(age, service.store, 6100)
    assert service.on_store(service.store.upkeep.promote) == 1


@pytest.mark.parametrize("deadline", [{"start": _iso(6000)}, {"end": round(NOW + 6000)}], ids=kinds)
def test_what_was_not_begun_by_its_deadline_fails_and_costs_nothing(service: Service, deadline: Any) -> None:
    task_id = _create(service, deadline=deadline).json()["task_id"]
    fields = {name: 1 for name in ("start_by_ms", "end_by_ms") if name.startswith(next(iter(deadline)))}
    service.on_store(age, service.store, 6100)
    service.on_store(service.store.connection.client.hset, service.store.connection.keys.task(task_id), mapping=fields)

    service.on_store(service.store.upkeep.expire)

    status = _status(service, task_id)
    assert (status["status"], status["error"]["code"], status["error"]["billed"]) == (
        "failed",
        "deadline_exceeded",
        "no",
    )


def test_who_would_wait_behind_too_many_is_refused(service: Service) -> None:
    _create(service)

    answer = _create(service, max_queue_position=1)

    assert (answer.status_code, answer.json()["code"]) == (429, "position_too_far")
    assert answer.headers["retry-after"] == "30"
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 1
    assert _create(service, max_queue_position=2).json()["position"] == 2


def test_the_vendor_is_told_nothing_of_it(service: Service) -> None:
    fields = {"not_before": _iso(6000), "deadline": {"end": _iso(9000)}, "max_queue_position": 9}

    task_id = _create(service, **fields).json()["task_id"]

    assert not set(fields) & set(_status(service, task_id)["request"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"not_before": _iso(-1)}, "not_before"),
        ({"not_before": 1}, "not_before"),
        ({"not_before": "2026-11-24T12:00:00"}, "not_before"),
        ({"not_before": "soon"}, "not_before"),
        ({"not_before": round(NOW * 1000)}, "not_before"),
        ({"not_before": True}, "not_before"),
        ({"deadline": {"start": _iso(-1)}}, "deadline.start"),
        ({"deadline": {"end": _iso(-1)}}, "deadline.end"),
        ({"deadline": {"start": _iso(9000), "end": _iso(8000)}}, "deadline.end"),
        ({"deadline": {"end": _iso(8000)}, "not_before": _iso(9000)}, "deadline.end"),
        ({"deadline": {"stop": _iso(8000)}}, "deadline.stop"),
        ({"deadline": _iso(8000)}, "deadline"),
        ({"max_queue_position": 0}, "max_queue_position"),
        ({"max_queue_position": "first"}, "max_queue_position"),
    ],
    ids=kinds,
)
def test_a_term_that_cannot_be_is_a_422_that_names_it(service: Service, fields: dict[str, Any], field: str) -> None:
    answer = _create(service, **fields)

    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 0
