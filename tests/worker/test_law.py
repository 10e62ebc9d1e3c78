"""What the concurrency law hears of a task, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aigcq.clock import SystemClock
from aigcq.errors import VendorError, VendorFailed, VendorRateLimited, VendorRejected, VendorThrottled
from aigcq.limit import News
from aigcq.model import Delivery, Status, Task
from aigcq.store import Store
from aigcq.worker.held import Held
from tests.conftest import FakeClock, until
from tests.integration.steps import claim, enqueue, submitted
from tests.worker.scripted import RUNNING, SUCCEEDED, WAITING, Scripted, failed
from tests.worker.steps import Clock, ended, spy, working

pytestmark = pytest.mark.asyncio


def heard(monkeypatch: pytest.MonkeyPatch, store: Store) -> list[tuple[News | None, float]]:
    """Return the news that the store will be told, and how long ago each was over."""
    news: list[tuple[News | None, float]] = []
    for verb in ("retry", "settle"):
        true = getattr(store.deliveries, verb)

        async def noting(*args: Any, true: Any = true, **how: Any) -> Any:
            news.append((how.get("news"), how.get("ended_seconds", 0.0)))
            return await true(*args, **how)

        monkeypatch.setattr(store.deliveries, verb, noting)
    return news


@pytest.mark.parametrize(
    ("error", "news"),
    [
        (VendorThrottled("too many"), News.REFUSED),
        (VendorRateLimited("too fast"), News.RATE_LIMITED),
        (VendorFailed("try later"), None),
        (VendorRejected("no such prompt"), None),
    ],
)
async def test_what_was_refused_tells_why(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch, error: VendorError, news: News | None
) -> None:
    told = heard(monkeypatch, store)
    (task_id,) = await enqueue(store)
    vendor.will("submit", error, "vod-1")

    async with working(store, vendor):
        await ended(store, task_id)

    assert told[0] == (news, 0.0)


@pytest.mark.parametrize(
    ("error", "news"),
    [(VendorThrottled("over the concurrency"), News.FAILED), (VendorFailed("broken"), News.ENDED)],
)
async def test_what_the_vendor_failed_tells_why(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch, error: VendorError, news: News
) -> None:
    told = heard(monkeypatch, store)
    (task_id,) = await enqueue(store)
    vendor.will("describe", failed(error), SUCCEEDED)

    async with working(store, vendor):
        await ended(store, task_id)

    assert told[0][0] is news


async def test_a_video_tells_when_the_vendor_finished_it(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = spy(monkeypatch, store.deliveries, "release")
    clock = Clock()
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING)

    async with working(store, vendor, clock):
        await until(lambda: len(vendor.asked("describe")) > 1)
        clock.ahead_seconds = 40
        vendor.will("describe", replace(SUCCEEDED, finished_at=clock.now() - 30))
        await ended(store, task_id)

    ((_, over, *_),) = released
    assert 29 < over < 40


@pytest.mark.parametrize(
    ("alive_ago", "finished_ago", "over"),
    [
        (10, 4, 4),
        (10, 60, 10),  # it was seen running after that
        (10, -60, 0),  # the vendor's clock is ahead
        (10, None, 5),
        (None, 60, 60),
        (None, None, 0),
    ],
)
async def test_a_vendor_task_was_over_between_two_looks(
    alive_ago: float | None, finished_ago: float | None, over: float
) -> None:
    clock = FakeClock()
    await clock.advance(100)
    held = Held(Delivery(task=Task(id="a", status=Status.PROCESSING), entry_id="1-0", request=""), until=0)
    held.alive_at = None if alive_ago is None else clock.monotonic() - alive_ago

    assert held.over_seconds(None if finished_ago is None else clock.now() - finished_ago, clock) == over


@pytest.mark.settings(
    limit_policy="ceiling", worker_poll_interval=60, default_threshold=4, max_threshold=4, worker_concurrency=1
)
async def test_the_vendor_s_answer_to_one_submission_lets_the_next_go(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.connection.client.hset(
        store.connection.keys.limit, mapping={"started_ms": 1, "known": 1, "threshold": 4, "base": 4}
    )
    await enqueue(store, 2)
    (first,) = await claim(store)
    reads = spy(monkeypatch, store.control, "events")

    async with working(store, vendor, SystemClock()):
        await until(lambda: reads)
        await submitted(store, first)
        await until(lambda: vendor.asked("submit"))


@pytest.mark.parametrize(("late", "told"), [(0, 0), (11, 1)])
async def test_a_vendor_that_queues_the_task_is_told_of_once(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch, late: float, told: int
) -> None:
    waits, clock = spy(monkeypatch, store.deliveries, "record_waiting"), Clock()
    (task_id,) = await enqueue(store)
    vendor.will("describe", WAITING)

    async with working(store, vendor, clock):
        await until(lambda: vendor.asked("describe"))
        clock.ahead_seconds = late
        looks = len(vendor.asked("describe"))
        await until(lambda: len(vendor.asked("describe")) > looks + 3)
        vendor.will("describe", SUCCEEDED)
        await ended(store, task_id)

    assert len(waits) == told
