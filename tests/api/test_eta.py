"""When a task will be done is told from what was measured, or why it is not known."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.api.eta import foretold, pace_of, remaining
from aigcq.config import Settings
from aigcq.durations import Sketch, bucket_of
from aigcq.model import Status, Task
from aigcq.schemas import Eta
from aigcq.store.control import Overview
from aigcq.store.tasks import View
from tests.api.conftest import Service

NOW = 1_800_000_000_000
HUNDRED = Sketch({bucket_of(100): 40.0})
"""Forty that took about a hundred seconds."""
ALIVE = {"w": NOW - 1000}


def _overview(**changes: Any) -> Overview:
    usual: dict[str, Any] = {
        "now_ms": NOW, "queued": 10, "waiting": 0, "processing": 4, "live": 4, "threshold": 4, "maximum": 12,
        "paused": "", "paused_by": "", "workers": ALIVE, "vendor": {},
    }  # fmt: skip
    return Overview(**usual | changes)


def _foretold(
    position: int | None = 1, starts: Any = (), sketch: Sketch = HUNDRED, over: Any = None, **task: Any
) -> Eta:
    view = View(task=Task(id="t", status=Status(task.pop("status", "queued")), **task), position=position)
    return foretold(view, over or _overview(), starts, sketch, Settings())


def _both(eta: Eta) -> tuple[float, float]:
    assert eta.p50_seconds is not None
    assert eta.p90_seconds is not None
    return eta.p50_seconds, eta.p90_seconds


def test_where_there_is_room_it_takes_as_long_as_the_vendor_does() -> None:
    p50, p90 = _both(_foretold(1, over=_overview(live=0)))

    assert 95 < p50 < p90 < 106


def test_who_stands_further_back_waits_for_longer() -> None:
    etas = [_both(_foretold(position)) for position in (1, 5, 50)]

    assert etas == sorted(etas)
    assert etas[-1][0] == pytest.approx(100 + 50 * 100 / 4, rel=0.1)  # four at a time, a hundred seconds each


def test_the_pace_is_that_of_the_starts_that_were_seen() -> None:
    every_ten = [NOW - 10_000 * i for i in range(50, 0, -1)]

    eta = _foretold(20, every_ten)

    assert eta.p50_seconds == pytest.approx(100 + 20 * 10, rel=0.05)
    assert eta.samples == 40


@pytest.mark.parametrize(
    "starts",
    [
        [NOW - 1000 * i for i in range(4, 0, -1)],  # few
        [NOW - 1000 - i for i in range(12)][::-1],  # all at once, when there was room
        [NOW - 3_600_000 - 1000 * i for i in range(50)][::-1],  # long ago
    ],
)
def test_what_shows_no_pace_is_not_taken_for_one(starts: list[int]) -> None:
    rate, seen = pace_of(starts, _overview(), 100, 110)

    assert (rate, seen) == (4 / 100, 0)


def test_what_runs_has_the_rest_of_its_time() -> None:
    fresh, old = (_foretold(0, status="processing", made_ms=NOW - age * 1000) for age in (10, 90))

    assert _both(fresh)[0] == pytest.approx(90, abs=6)
    assert _both(old)[0] == pytest.approx(10, abs=6)


def test_what_takes_longer_than_any_did_is_not_foretold() -> None:
    eta = _foretold(0, status="processing", made_ms=NOW - 500_000)

    assert (eta.p50_seconds, eta.reason, eta.samples) == (None, "longer_than_ever", 40)
    assert remaining(HUNDRED, 500, 0.5) is None


def test_what_waits_until_a_moment_is_done_after_it() -> None:
    assert _both(_foretold(None, due_ms=NOW + 600_000))[0] == pytest.approx(700, rel=0.05)


@pytest.mark.parametrize(
    ("over", "sketch", "reason"),
    [
        (_overview(paused="maintenance"), HUNDRED, "paused"),
        (_overview(workers={}), HUNDRED, "no_worker"),
        (_overview(workers={"w": NOW - 60_000}), HUNDRED, "no_worker"),
        (_overview(), Sketch({}), "not_measured"),
        (_overview(), Sketch({bucket_of(100): 9.0}), "not_measured"),
    ],
)
def test_what_is_not_known_has_a_reason(over: Overview, sketch: Sketch, reason: str) -> None:
    eta = _foretold(over=over, sketch=sketch)

    assert (eta.p50_seconds, eta.p90_seconds, eta.reason) == (None, None, reason)


def test_a_pause_does_not_stop_what_runs() -> None:
    assert _foretold(0, over=_overview(paused="x"), status="processing", made_ms=NOW - 1000).reason is None


def _created(service: Service) -> str:
    return str(service.http.post("/aigc/create", json={"prompt": "a fox"}).json()["task_id"])


def test_a_status_tells_when_it_will_be_done(service: Service) -> None:
    store = service.store
    task_id = _created(service)
    service.on_store(
        store.connection.client.hset, store.connection.keys.durations("Hailuo-2.3"), mapping={bucket_of(100): 20}
    )
    service.on_store(store.control.beat, "w", {})

    eta = service.http.get(f"/aigc/status/{task_id}").json()["eta"]

    assert (eta["samples"], eta["reason"]) == (20, None)
    assert 90 < eta["p50_seconds"] < eta["p90_seconds"] < 120


def test_many_who_ask_are_told_from_one_reading(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = _created(service)
    overview, read = service.store.control.overview, []

    async def counted() -> Overview:
        read.append(1)
        return await overview()

    monkeypatch.setattr(service.store.control, "overview", counted)
    monkeypatch.setattr("aigcq.api.eta.FRESH_SECONDS", 60)

    for _ in range(5):
        assert service.http.get(f"/aigc/status/{task_id}").json()["eta"]["reason"] == "no_worker"

    assert len(read) == 1


def test_only_starts_behind_which_others_wait_are_counted(service: Service) -> None:
    for _ in range(2):
        _created(service)
    deliveries = service.store.deliveries
    first, last = (service.on_store(deliveries.claim, "w", 1).deliveries[0] for _ in range(2))

    service.on_store(deliveries.record_submission, last, "vod-2")
    assert service.on_store(service.store.observations.starts) == []

    _created(service)
    at = service.on_store(deliveries.record_submission, first, "vod-1")
    assert service.on_store(service.store.observations.starts) == [at]
