"""Leases and fences: a worker that lost a delivery writes nothing any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from aigcq.errors import LeaseLost
from aigcq.model import Delivery, Event, Phase, Status
from aigcq.store import Store
from aigcq.store.leases import Renewal
from tests.conftest import age
from tests.integration.steps import (
    A_LEASE,
    WORKER_A,
    WORKER_B,
    claim,
    complete,
    enqueue,
    live,
    phase,
    put_back,
    record,
    submitted,
    take,
    take_over,
)

pytestmark = pytest.mark.asyncio


async def overtaken(store: Store) -> tuple[Delivery, Delivery]:
    """Return a delivery of a stalled worker, and that of its heir."""
    stalled = await submitted(store, await take(store, WORKER_A))
    await age(store, A_LEASE)
    return stalled, await take_over(store, WORKER_B)


async def refused_and_nothing_written(store: Store, write: Callable[[Delivery], Awaitable[object]]) -> None:
    stalled, heir = await overtaken(store)
    before = await record(store, stalled.task_id)

    with pytest.raises(LeaseLost):
        await write(stalled)

    assert await record(store, stalled.task_id) == before
    assert await store.leases.renew(WORKER_B, [heir]) == [Renewal.RENEWED]


async def test_a_stalled_worker_cannot_take_its_delivery_back(store):
    stalled, heir = await overtaken(store)

    assert await store.leases.renew(WORKER_A, [stalled]) == [Renewal.LOST]
    assert await store.leases.renew(WORKER_B, [heir]) == [Renewal.RENEWED]


async def test_a_stalled_worker_may_not_call_the_vendor(store):
    await refused_and_nothing_written(store, store.deliveries.begin_submission)


async def test_a_stalled_worker_cannot_record_a_submission(store):
    await refused_and_nothing_written(store, lambda it: store.deliveries.record_submission(it, "vod-stale"))


async def test_a_stalled_worker_cannot_record_progress(store):
    await refused_and_nothing_written(store, lambda it: store.deliveries.record_progress(it, 50))


async def test_a_stalled_worker_cannot_release_a_permit(store):
    await refused_and_nothing_written(store, store.deliveries.release)
    assert await live(store) == 1


async def test_a_stalled_worker_cannot_settle(store):
    await refused_and_nothing_written(store, lambda it: complete(store, it, "https://stale"))


async def test_a_stalled_worker_cannot_put_a_task_back(store):
    await refused_and_nothing_written(store, lambda it: put_back(store, it))


async def test_a_stalled_worker_cannot_hand_back(store):
    await refused_and_nothing_written(store, store.deliveries.hand_back)


async def test_the_heir_s_result_is_the_one_that_counts(store):
    stalled, heir = await overtaken(store)
    with pytest.raises(LeaseLost):
        await complete(store, stalled, "https://stale")

    await complete(store, heir, "https://fresh")

    view = await store.tasks.get(heir.task_id)
    assert (view.task.status, view.outcome, view.task.fence) == (Status.COMPLETED, {"url": "https://fresh"}, 2)


async def test_the_same_name_is_not_enough_a_fence_tells_two_deliveries_apart(store):
    first = await take(store, WORKER_A)
    await age(store, A_LEASE)
    second = await take_over(store, WORKER_A)

    with pytest.raises(LeaseLost):
        await complete(store, first)

    await complete(store, second)


async def test_the_record_is_not_enough_the_pending_entry_must_be_there(store):
    delivery = await take(store)
    await store.connection.client.xack(store.connection.keys.stream, "workers", delivery.entry_id)

    with pytest.raises(LeaseLost):
        await store.deliveries.begin_submission(delivery)

    await age(store, A_LEASE)
    assert (await take_over(store)).task_id == delivery.task_id


async def test_a_settled_delivery_is_over_for_its_own_worker_too(store):
    delivery = await take(store)
    await complete(store, delivery)

    for write in (complete(store, delivery), put_back(store, delivery), store.deliveries.hand_back(delivery)):
        with pytest.raises(LeaseLost):
            await write


async def test_a_renewed_lease_starts_anew(store):
    delivery = await take(store)
    await age(store, 14)

    await store.leases.renew(WORKER_A, [delivery])

    await age(store, 14)
    assert (await store.leases.reclaim(WORKER_B, 10))[0] == []


async def test_many_leases_are_renewed_at_once_and_each_is_answered_for_itself(store):
    await enqueue(store, 3)
    kept, settled, cancelled = await claim(store)
    await complete(store, settled)
    await store.tasks.cancel(cancelled.task_id)

    answers = await store.leases.renew(WORKER_A, [kept, settled, cancelled])

    assert answers == [Renewal.RENEWED, Renewal.LOST, Renewal.CANCEL_REQUESTED]
    assert await store.leases.renew(WORKER_A, []) == []


async def test_a_renewal_restores_a_lease_that_was_lost(store):
    delivery = await take(store)
    await store.connection.client.zrem(store.connection.keys.leases, delivery.task_id)

    assert await store.leases.renew(WORKER_A, [delivery]) == [Renewal.RENEWED]


async def test_leave_to_submit_starts_the_lease_anew(store):
    delivery = await take(store)
    await age(store, 14)

    await store.deliveries.begin_submission(delivery)

    await age(store, 14)
    assert (await store.leases.reclaim(WORKER_B, 10))[0] == []


async def test_progress_is_recorded_and_told(store):
    delivery = await submitted(store, await take(store))

    await store.deliveries.record_progress(delivery, 42)

    task = (await store.tasks.get(delivery.task_id)).task
    assert (task.progress, await phase(store, delivery.task_id)) == (42, Phase.GENERATING)
    events = [fields for _, fields in await store.control.events("0", 0.01) if fields["event"] == Event.PROGRESS]
    assert [(event["task"], event["progress"]) for event in events] == [(delivery.task_id, "42")]
