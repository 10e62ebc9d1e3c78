"""A lease that may be somebody else's by now: nothing is sent, nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.errors import StoreUnavailable
from aigcq.model import Status
from aigcq.store import Store
from aigcq.worker.held import Held
from aigcq.worker.worker import Worker
from tests.conftest import age, until
from tests.integration.steps import claim, enqueue, take_over
from tests.worker.scripted import RUNNING, SUCCEEDED, WAITING, Gate, Scripted
from tests.worker.steps import Clock, ended, make_worker, spy, until_phase, working

pytestmark = pytest.mark.asyncio

BUG = RuntimeError("a fault of ours")


async def test_who_was_stalled_before_the_send_does_not_send(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    (task_id,) = await enqueue(store)
    true = store.deliveries.begin_submission

    async def begin_and_stall(delivery: Any) -> Any:
        leave = await true(delivery)
        clock.ahead_seconds += 601
        return leave

    monkeypatch.setattr(store.deliveries, "begin_submission", begin_and_stall)
    async with working(store, vendor, clock) as worker:
        await until_phase(store, task_id, "submitting")
        await until(lambda: not worker._held)

    assert vendor.asked("submit") == []


async def test_who_could_not_renew_but_was_given_leave_to_send_sends(store: Store, vendor: Scripted) -> None:
    """The leave begins the lease anew; that the renewals had failed before does not matter."""
    clock = Clock()
    (task_id,) = await enqueue(store)
    gate = Gate(StoreUnavailable("away"))
    true, tries = store.deliveries.begin_submission, []

    async def begin_late(delivery: Any) -> Any:
        tries.append(delivery)
        if len(tries) == 1:
            await gate()
            clock.ahead_seconds += 601
            raise StoreUnavailable("away")
        return await true(delivery)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.deliveries, "begin_submission", begin_late)
        async with working(store, vendor, clock):
            await gate.reached.wait()
            gate.open.set()
            view = await ended(store, task_id)

    assert (view.task.status, view.task.fence) == (Status.COMPLETED, 1)


@pytest.mark.settings(lease_seconds=3)
async def test_who_learns_that_the_lease_is_lost_stops_polling(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING)

    async with working(store, vendor) as worker:
        await until_phase(store, task_id, "generating")
        await until(lambda: len(vendor.asked("describe")) > 1)
        await store.connection.client.hincrby(store.connection.keys.task(task_id), "fence", 1)  # somebody took it
        await until(lambda: not worker._held)
        assert (await store.tasks.get(task_id)).task.phase == "generating"


async def test_what_a_zombie_finishes_counts_for_nothing(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    gate = Gate(SUCCEEDED)
    vendor.will("describe", gate)

    async with working(store, vendor) as worker:
        await gate.reached.wait()
        await age(store, 601)
        heir = await take_over(store)
        gate.open.set()
        await until(lambda: not worker._held)
        view = await store.tasks.get(task_id)

    assert (view.task.status, view.task.consumer) == (Status.PROCESSING, heir.consumer)


async def test_a_worker_that_takes_over_from_itself_drives_once(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    before, after = Gate(WAITING), Gate(SUCCEEDED)
    vendor.will("describe", before, after)
    true, over = Worker._drive, []

    async def drive(worker: Worker, held: Held) -> None:
        await true(worker, held)
        over.append(held)

    monkeypatch.setattr(Worker, "_drive", drive)
    async with working(store, vendor) as worker:
        await before.reached.wait()
        former = worker._held[task_id]
        await store.deliveries.hand_back(former.delivery)
        await after.reached.wait()
        before.open.set()
        await until(lambda: [held is former for held in over] == [True])
        assert len(vendor.asked("describe")) == 2
        after.open.set()
        assert (await ended(store, task_id)).task.status is Status.COMPLETED


@pytest.mark.settings(lease_seconds=2)
async def test_a_task_that_takes_longer_than_its_lease_stays_with_its_worker(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING)
    client, leases = store.connection.client, store.connection.keys.leases

    async with working(store, vendor):
        await until_phase(store, task_id, "generating")
        first = await client.zscore(leases, task_id)

        async def ends_later() -> bool:
            return bool(await client.zscore(leases, task_id) > first + 2000)

        await until(ends_later)
        assert (await store.tasks.get(task_id)).task.fence == 1


@pytest.mark.settings(default_threshold=450, max_threshold=450, worker_poll_interval=600)
async def test_thousands_of_leases_are_renewed_in_a_few_steps(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue(store, 450)
    worker = make_worker(store, vendor)
    mine = {each.task_id: Held.since(each, 0, 600) for each in await claim(store, worker.consumer, 450)}
    worker._held.update(mine)
    renewals = spy(monkeypatch, store.leases, "renew")

    await worker._renew()

    assert [len(deliveries) for _, deliveries in renewals] == [200, 200, 50]
    assert all(held.proven for held in mine.values())


@pytest.mark.settings(worker_poll_interval=600)
async def test_who_rests_is_woken_when_its_lease_is_lost(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)

    async with working(store, vendor) as worker:
        await until_phase(store, task_id, "generating")
        await store.connection.client.hincrby(store.connection.keys.task(task_id), "fence", 1)  # somebody took it
        await worker._renew()
        await until(lambda: not worker._held)

    assert vendor.asked("describe") == []


@pytest.mark.settings(worker_poll_interval=600)
async def test_a_cancel_reaches_the_vendor_without_waiting_for_the_next_look(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", WAITING)

    async with working(store, vendor) as worker:
        await until_phase(store, task_id, "generating")
        await store.tasks.cancel(task_id)
        await worker._renew()
        await until(lambda: vendor.asked("abort"))
