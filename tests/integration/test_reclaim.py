"""Reclaim and hand_back: another worker goes on, and what may exist at the vendor is never forgotten."""

from __future__ import annotations

import pytest

from aigcq.errors import LeaseLost
from aigcq.model import Event, Phase, Status
from tests.conftest import MakeStore, age
from tests.integration.steps import (
    A_LEASE,
    WORKER_A,
    WORKER_B,
    claim,
    complete,
    enqueue,
    fail,
    live,
    positions,
    submitted,
    take,
    take_over,
    told,
)

pytestmark = pytest.mark.asyncio


async def test_only_a_lease_that_has_ended_is_reclaimed(store):
    await take(store)

    deliveries, next_end = await store.leases.reclaim(WORKER_B, 10)

    assert deliveries == []
    assert 14 < next_end <= 15
    await age(store, A_LEASE)
    assert (await take_over(store)).consumer == WORKER_B
    assert (await store.leases.reclaim(WORKER_B, 10))[0] == []


async def test_an_empty_queue_has_no_next_end(store):
    assert await store.leases.reclaim(WORKER_B, 10) == ([], None)


async def test_each_reclaim_raises_the_fence(store):
    fences = [(await take(store)).fence]
    for _ in range(3):
        await age(store, A_LEASE)
        fences.append((await take_over(store)).fence)

    assert fences == [1, 2, 3, 4]


async def test_a_task_that_was_not_sent_is_not_ambiguous_when_reclaimed(store):
    await take(store)
    await age(store, A_LEASE)

    heir = await take_over(store)

    assert (heir.task.phase, heir.task.ambiguous) == (Phase.CLAIMED, False)
    assert not (await store.deliveries.begin_submission(heir)).ambiguous


async def test_a_task_that_may_have_been_sent_is_ambiguous_when_reclaimed(store):
    await store.deliveries.begin_submission(await take(store))
    await age(store, A_LEASE)

    heir = await take_over(store)

    assert (heir.task.phase, heir.task.ambiguous) == (Phase.SUBMITTING, True)


async def test_a_vendor_task_that_is_on_record_stays_so_when_reclaimed(store):
    await submitted(store, await take(store), "vod-7")
    await age(store, A_LEASE)

    heir = await take_over(store)

    assert (heir.task.phase, heir.task.vendor_task_id, heir.task.attempt) == (Phase.GENERATING, "vod-7", 1)
    assert not heir.task.ambiguous


@pytest.mark.settings(default_threshold=1, max_threshold=1)
async def test_a_permit_outlives_its_worker(store):
    await submitted(store, await take(store))
    await enqueue(store)
    await age(store, A_LEASE)

    assert await live(store) == 1
    assert await claim(store, WORKER_B) == []
    heir = await take_over(store)
    assert await claim(store, WORKER_B) == []
    await complete(store, heir)
    assert len(await claim(store, WORKER_B)) == 1


async def test_a_saving_delivery_is_reclaimed_without_a_permit_and_settled(store):
    delivery = await submitted(store, await take(store))
    await store.deliveries.release(delivery)
    await age(store, A_LEASE)

    heir = await take_over(store)

    assert (heir.task.phase, await live(store)) == (Phase.SAVING, 0)
    await store.deliveries.release(heir)
    await complete(store, heir)
    assert (await store.tasks.get(heir.task_id)).task.status is Status.COMPLETED


@pytest.mark.settings(limit_policy="ceiling")
async def test_the_law_hears_once_that_a_vendor_task_ended_however_many_workers_save_its_video(store):
    keys, client = store.connection.keys, store.connection.client
    delivery = await submitted(store, await take(store))
    await store.deliveries.release(delivery)
    heard = await client.hgetall(keys.limit)

    for _ in range(3):
        await age(store, A_LEASE)
        await store.deliveries.release(await take_over(store))

    assert await client.hget(keys.limit, "ended") == heard["ended"] == "1"


async def test_a_reclaimed_delivery_keeps_a_cancel_that_was_requested(store):
    delivery = await submitted(store, await take(store))
    await store.tasks.cancel(delivery.task_id)
    await age(store, A_LEASE)

    assert (await take_over(store)).task.cancel_requested


async def test_a_pending_entry_that_was_lost_is_restored(store):
    delivery = await submitted(store, await take(store))
    await store.connection.client.xgroup_delconsumer(store.connection.keys.stream, "workers", WORKER_A)
    await age(store, A_LEASE)

    heir = await take_over(store)

    assert heir.entry_id == delivery.entry_id
    await complete(store, heir)


async def test_an_entry_that_was_lost_is_made_anew(store):
    delivery = await submitted(store, await take(store))
    await store.connection.client.xdel(store.connection.keys.stream, delivery.entry_id)
    await age(store, A_LEASE)

    heir = await take_over(store)

    assert heir.entry_id != delivery.entry_id
    await complete(store, heir)


async def test_a_record_that_lost_its_entry_id_stops_no_other(store):
    first, second = await take(store), await take(store)
    await store.connection.client.hdel(store.connection.keys.task(first.task_id), "entry")
    await age(store, A_LEASE)

    deliveries, _ = await store.leases.reclaim(WORKER_B, 10)

    assert {delivery.task_id for delivery in deliveries} == {first.task_id, second.task_id}
    await store.upkeep.repair()


async def test_a_lease_and_a_permit_without_a_record_are_freed_with_an_alarm(store):
    delivery = await take(store)
    keys = store.connection.keys
    await store.connection.client.delete(keys.task(delivery.task_id), keys.request(delivery.task_id))
    await age(store, A_LEASE)

    assert await store.leases.reclaim(WORKER_B, 10) == ([], None)

    assert [event["task"] for event in await told(store, "alarm")] == [delivery.task_id]
    assert await live(store) == 0
    await store.upkeep.repair()


@pytest.mark.settings(default_threshold=100, max_threshold=100)
async def test_the_living_in_front_do_not_hide_the_dead(store):
    await enqueue(store, 60)
    dead, *living = await claim(store)
    await age(store, A_LEASE)
    await store.leases.renew(WORKER_A, living)

    (heir,), _ = await store.leases.reclaim(WORKER_B, 1)

    assert heir.task_id == dead.task_id


@pytest.mark.settings(default_threshold=100, max_threshold=100)
async def test_the_longest_dead_come_first_and_in_batches(store):
    task_ids = []
    for _ in range(5):
        task_ids.append((await take(store)).task_id)
        await age(store, 1)
    await age(store, A_LEASE)

    batches = [(await store.leases.reclaim(WORKER_B, 2))[0] for _ in range(3)]

    assert [[delivery.task_id for delivery in batch] for batch in batches] == [
        task_ids[0:2],
        task_ids[2:4],
        task_ids[4:],
    ]


async def test_what_was_never_sent_goes_back_to_its_old_place_without_a_permit(store):
    delivery = await take(store)
    later = await enqueue(store, 2)

    await store.deliveries.hand_back(delivery)

    assert await positions(store, [delivery.task_id, *later]) == [1, 2, 3]
    assert await live(store) == 0
    assert (await claim(store, WORKER_B))[0].fence == 3


@pytest.mark.parametrize("sent", ["begun", "recorded"])
async def test_what_may_exist_at_the_vendor_keeps_its_permit_and_is_reclaimed_at_once(store, sent):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    if sent == "recorded":
        await store.deliveries.record_submission(delivery, "vod-1")

    await store.deliveries.hand_back(delivery)

    assert await live(store) == 1
    assert await positions(store, [delivery.task_id]) == [0]
    heir = await take_over(store)
    assert (heir.task.ambiguous, heir.task.vendor_task_id) == ((True, "") if sent == "begun" else (False, "vod-1"))


async def test_what_was_sent_keeps_its_permit(store):
    delivery = await submitted(store, await take(store))

    await store.deliveries.hand_back(delivery)

    assert await live(store) == 1
    await complete(store, await take_over(store))


async def test_what_was_handed_back_is_over_for_its_worker(store):
    delivery = await submitted(store, await take(store))
    await store.deliveries.hand_back(delivery)

    with pytest.raises(LeaseLost):
        await complete(store, delivery)
    with pytest.raises(LeaseLost):
        await store.deliveries.hand_back(delivery)


async def test_after_a_restart_of_redis_only_what_was_handed_back_is_reclaimed(store):
    dead = await take(store)
    handed_back = await submitted(store, await take(store))
    await age(store, A_LEASE)
    await store.leases.renew(WORKER_A, [handed_back])
    await store.deliveries.hand_back(handed_back)

    (heir,), _ = await store.leases.reclaim(WORKER_B, 10, expired=False)

    assert heir.task_id == handed_back.task_id
    assert (await take_over(store)).task_id == dead.task_id


@pytest.mark.settings(default_threshold=1, max_threshold=1)
async def test_a_quarantined_permit_stays_taken_and_is_freed_when_its_time_is_over(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await fail(store, delivery, error_code="submission_unknown", quarantine_seconds=600)
    await enqueue(store)
    assert await live(store) == 1

    await age(store, 599)
    await store.leases.reclaim(WORKER_B, 10)
    assert await claim(store) == []

    await age(store, 2)
    await store.leases.reclaim(WORKER_B, 10)
    assert len(await claim(store)) == 1
    assert [event["task"] for event in await told(store, Event.RELEASE)] == [delivery.task_id]


async def test_two_sweepers_share_no_delivery(make_store: MakeStore):
    first, second = await make_store(), await make_store()
    await enqueue(first, 10)
    await claim(first)
    await age(first, A_LEASE)

    (one, _), (two, _) = await first.leases.reclaim(WORKER_A, 6), await second.leases.reclaim(WORKER_B, 6)

    assert len({delivery.task_id for delivery in (*one, *two)}) == len(one) + len(two) == 10
