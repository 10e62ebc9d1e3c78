"""Redis is away, or was: what runs is watched, nothing is submitted, and the living are not taken for dead."""

from __future__ import annotations

import pytest

from aigcq.errors import StoreUnavailable
from aigcq.model import Status
from aigcq.store import Store
from tests.conftest import age, until
from tests.integration.steps import claim, enqueue, submitted
from tests.worker.scripted import RUNNING, SUCCEEDED, Scripted
from tests.worker.steps import ended, spy, working

pytestmark = pytest.mark.asyncio


def away(times: int) -> list[StoreUnavailable]:
    return [StoreUnavailable("away")] * times


async def test_an_end_that_cannot_be_put_on_record_is_kept_until_redis_is_back(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    spy(monkeypatch, store.deliveries, "settle", *away(3))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.fence) == (Status.COMPLETED, 1)
    assert len(vendor.asked("describe")) == 1


async def test_while_redis_is_away_nothing_is_submitted(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue(store)
    tries = spy(monkeypatch, store.deliveries, "begin_submission", *away(1000))

    async with working(store, vendor):
        await until(lambda: len(tries) >= 3)

    assert vendor.calls == []


async def test_progress_that_cannot_be_told_stops_no_polling(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING, RUNNING, SUCCEEDED)
    spy(monkeypatch, store.deliveries, "record_progress", *away(1))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


@pytest.mark.settings(lease_seconds=2)
async def test_after_a_start_of_redis_nobody_is_taken_for_dead_before_a_lease_has_passed(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    await age(store, 3)
    up, sweeps = [1], spy(monkeypatch, store.leases, "reclaim")

    async def uptime_seconds() -> int:
        return up[0]

    monkeypatch.setattr(store.control, "uptime_seconds", uptime_seconds)
    async with working(store, vendor):
        await until(lambda: len(sweeps) >= 3)
        assert (await store.tasks.get(task_id)).task.fence == 1
        up[0] = 2
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


async def test_what_a_broken_write_left_behind_is_repaired(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    await store.connection.client.zrem(store.connection.keys.queued, task_id)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
