"""Repair: each open task is in one place, whatever was lost or left over. See test_halfway.py for half-done scripts."""

from __future__ import annotations

import pytest

from aigcq.model import Status
from tests.conftest import age, broken
from tests.integration.steps import (
    A_LEASE,
    WORKER_A,
    claim,
    complete,
    enqueue,
    live,
    positions,
    put_back,
    submitted,
    take,
    take_over,
    told,
)

pytestmark = pytest.mark.asyncio


async def test_a_healthy_queue_is_left_alone(store):
    await enqueue(store, 3)
    running, waiting = await claim(store, count=2)
    await submitted(store, running)
    await put_back(store, waiting, delay_seconds=60)

    assert await store.upkeep.repair() == 0
    assert await told(store, "alarm") == []


async def test_all_pages_are_gone_through(store):
    task_ids = await enqueue(store, 25)
    await store.connection.client.delete(store.connection.keys.queued)

    assert await store.upkeep.repair(page=10) == 25

    assert await positions(store, task_ids) == list(range(1, 26))


async def test_a_page_that_is_exactly_full_is_not_the_end(store):
    await enqueue(store, 20)
    await store.connection.client.delete(store.connection.keys.queued)

    assert await store.upkeep.repair(page=10) == 20


async def test_a_task_in_no_order_goes_back_to_its_place_or_waits_until_it_is_due(store):
    await put_back(store, await take(store), delay_seconds=60)
    await enqueue(store, 2)
    keys = store.connection.keys
    await store.connection.client.delete(keys.queued, keys.waiting)

    assert await store.upkeep.repair() == 3

    overview = await store.control.overview()
    assert (overview.queued, overview.waiting) == (2, 1)


async def test_a_task_that_is_queued_and_held_is_only_queued(store):
    delivery = await take(store)
    client, keys = store.connection.client, store.connection.keys
    await client.hset(keys.task(delivery.task_id), "status", Status.QUEUED)

    await store.upkeep.repair()

    assert await positions(store, [delivery.task_id]) == [1]
    assert await live(store) == 0


async def test_a_task_that_waits_and_is_queued_is_only_queued(store):
    (task_id,) = await enqueue(store)
    await store.connection.client.zadd(store.connection.keys.waiting, {task_id: 1})

    assert await store.upkeep.repair() == 1


async def test_a_delivery_without_a_lease_is_reclaimed_with_a_permit(store):
    delivery = await take(store)
    keys = store.connection.keys
    await store.connection.client.zrem(keys.leases, delivery.task_id)
    await store.connection.client.zrem(keys.permits, delivery.task_id)

    await store.upkeep.repair()

    assert (await take_over(store)).task_id == delivery.task_id
    assert await live(store) == 1


async def test_a_permit_that_belongs_to_nothing_is_freed_and_a_quarantined_one_is_not(store):
    client, keys = store.connection.client, store.connection.keys
    await client.zadd(keys.permits, {"gone": 1, "unknown": 1})
    await client.zadd(keys.quarantine, {"unknown": 4_000_000_000_000})

    assert await store.upkeep.repair() == 1

    assert await client.zrange(keys.permits, 0, -1) == ["unknown"]


async def test_an_entry_without_a_record_is_removed_with_all_that_is_left_of_its_task(store):
    (task_id,) = await enqueue(store)
    await store.connection.client.delete(store.connection.keys.task(task_id))

    assert await store.upkeep.repair() == 1

    assert await store.connection.client.xlen(store.connection.keys.stream) == 0
    assert await claim(store) == []


async def test_a_second_entry_of_a_task_is_removed(store):
    (task_id,) = await enqueue(store)
    await store.connection.client.xadd(store.connection.keys.stream, {"task": task_id})

    assert await store.upkeep.repair() == 1
    assert await broken(store) == []


async def test_an_entry_of_a_task_that_has_ended_is_removed_and_its_record_gets_a_ttl(store):
    delivery = await take(store)
    await complete(store, delivery)
    client, keys = store.connection.client, store.connection.keys
    await client.xadd(keys.stream, {"task": delivery.task_id})
    await client.persist(keys.task(delivery.task_id))

    assert await store.upkeep.repair() == 1
    assert await broken(store) == []


async def test_a_pending_entry_whose_entry_is_gone_is_removed(store):
    delivery = await take(store)
    await store.connection.client.xdel(store.connection.keys.stream, delivery.entry_id)
    await age(store, A_LEASE)
    heir = await take_over(store, WORKER_A)
    await store.connection.client.xdel(store.connection.keys.stream, heir.entry_id)
    await store.connection.client.hset(store.connection.keys.task(heir.task_id), "entry", "1-1")

    await store.upkeep.repair()

    pending = await store.connection.client.xpending(store.connection.keys.stream, "workers")
    assert pending["pending"] == 0
    await age(store, A_LEASE)
    await complete(store, await take_over(store))
