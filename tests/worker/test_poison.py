"""What a worker does with a task that its predecessors have died of."""

from __future__ import annotations

import pytest

from aigcq.errors import StoreUnavailable
from aigcq.model import Status
from aigcq.store import Store
from tests.conftest import age, until
from tests.integration.steps import claim, enqueue, live, submitted, take_over
from tests.worker.scripted import RUNNING, SUCCEEDED, Gate, Scripted
from tests.worker.steps import ended, spy, working

# A short lease: for one lease after a start of Redis nobody is taken for dead.
pytestmark = [pytest.mark.asyncio, pytest.mark.settings(lease_seconds=2)]

LEASE_OVER = 5
LONG_AGO_MS = 1_000_000
"""A lease deadline that is over, and later than its lease is long."""


async def _dies(store: Store, times: int) -> None:
    """Let as many workers die with what they have just been given."""
    for number in range(times):
        await age(store, LEASE_OVER)
        if number < times - 1:
            await take_over(store)


async def test_a_task_that_killed_three_workers_fails_as_poisoned_and_is_never_sent(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    await claim(store)
    await _dies(store, 3)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "poisoned")
    assert view.outcome and "3 workers" in view.outcome["message"]
    assert vendor.asked("submit") == []
    assert await live(store) == 0


async def test_a_poisoned_task_that_may_have_been_sent_keeps_its_permit(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await store.deliveries.begin_submission(delivery)
    await _dies(store, 3)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.error_code == "poisoned"
    assert await live(store) == 1


async def test_what_is_paid_for_is_collected_however_many_have_died(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    vendor.will("describe", SUCCEEDED)
    await _dies(store, 4)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


AWAY = [StoreUnavailable("away")] * 1000


async def _long_up() -> int:
    return 10**6


@pytest.mark.settings(lease_seconds=600)
async def test_beside_a_suspect_nothing_is_claimed(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue(store)
    await claim(store)
    await age(store, 601)
    await take_over(store)
    await age(store, 601)
    monkeypatch.setattr(store.control, "uptime_seconds", _long_up)
    spy(monkeypatch, store.leases, "renew", *AWAY)
    gate = Gate("vod-1")
    vendor.will("submit", gate)

    async with working(store, vendor):
        await gate.reached.wait()
        claims = spy(monkeypatch, store.deliveries, "claim")
        (other,) = await enqueue(store)
        await until(lambda: claims and claims[-1][1] == 0)
        assert (await store.tasks.get(other)).task.status is Status.QUEUED
        gate.open.set()


@pytest.mark.settings(lease_seconds=600)
async def test_beside_what_has_not_been_renewed_yet_no_suspect_is_taken(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (suspect,) = await enqueue(store)
    await claim(store)
    await age(store, 601)
    await take_over(store)
    await enqueue(store)
    monkeypatch.setattr(store.control, "uptime_seconds", _long_up)
    spy(monkeypatch, store.leases, "renew", *AWAY)
    reclaims = spy(monkeypatch, store.leases, "reclaim")
    gate = Gate("vod-1")
    vendor.will("submit", gate)

    async with working(store, vendor) as worker:
        await gate.reached.wait()
        for begun in (2, 3):  # the first sweep may have begun before anything was claimed
            worker.listener.handed_back.set()
            await until(lambda count=begun: len(reclaims) >= count)
            await store.connection.client.zadd(store.connection.keys.leases, {suspect: LONG_AGO_MS})
        await until(lambda: not worker.listener.handed_back.is_set())
        assert (await store.tasks.get(suspect)).task.fence == 2
        assert reclaims[-1][-1] == 1
        gate.open.set()


@pytest.mark.settings(lease_seconds=600)
async def test_suspects_that_run_at_the_vendor_are_watched_again_one_right_after_the_other(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that did not kill the worker clears a suspect: nobody waits a renewal for each of many."""
    task_ids = await enqueue(store, 5)
    for delivery in await claim(store):
        await submitted(store, delivery, f"vod-{delivery.task_id}")
    await age(store, 601)
    await store.leases.reclaim("another", 10)
    await age(store, 601)
    monkeypatch.setattr(store.control, "uptime_seconds", _long_up)
    vendor.will("describe", RUNNING)

    async with working(store, vendor):
        await until(lambda: len(set(vendor.asked("describe"))) == 5)
        leases = await store.connection.client.zcard(store.connection.keys.leases)

    assert leases == len(task_ids)
