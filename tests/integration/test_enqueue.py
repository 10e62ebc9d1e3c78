"""Enqueue: once, whole, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from aigcq.errors import IdempotencyConflict, PositionTooFar, QueueFull, StoreUnavailable, TaskNotFound
from aigcq.model import Event, Status
from aigcq.store import Store, open_store
from tests.conftest import MakeStore, age, broken, redis_server
from tests.integration.steps import (
    claim,
    complete,
    enqueue,
    new,
    positions,
    put_back,
    record,
    submitted,
    take,
    together,
)

pytestmark = pytest.mark.asyncio


async def open_tasks(store: Store) -> int:
    return int(await store.connection.client.xlen(store.connection.keys.stream))


async def test_a_new_task_is_the_last_in_the_order(store):
    await enqueue(store, 2, tenant="acme")

    view = await store.tasks.enqueue(new(tenant="acme", model="Hailuo-2.3", priority=0))

    assert (view.position, view.replayed) == (3, False)
    assert (view.task.status, view.task.tenant, view.task.model, view.task.attempt) == (
        Status.QUEUED,
        "acme",
        "Hailuo-2.3",
        1,
    )
    assert view.request == {"prompt": "a fox"}


async def test_the_same_task_id_adds_nothing(store):
    task = new()
    first = await store.tasks.enqueue(task)

    again = await store.tasks.enqueue(task)

    assert again == first
    assert await open_tasks(store) == 1


async def test_an_idempotency_key_names_the_first_task_from_then_on(store):
    first = await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))

    again = await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))

    assert (again.task.id, again.replayed) == (first.task.id, True)
    assert await open_tasks(store) == 1


async def test_an_idempotency_key_without_a_fingerprint_is_still_a_key(store):
    first = await store.tasks.enqueue(new(idempotency_key="k"))

    again = await store.tasks.enqueue(new(idempotency_key="k"))

    assert again.task.id == first.task.id


async def test_a_repeated_call_is_answered_as_the_first_time_even_when_the_task_has_ended(store):
    first = await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))
    (delivery,) = await claim(store)
    await complete(store, await submitted(store, delivery))

    again = await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))

    assert replace(again, replayed=False) == first


async def test_an_idempotency_key_with_another_request_is_a_conflict_and_adds_nothing(store):
    await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))

    with pytest.raises(IdempotencyConflict):
        await store.tasks.enqueue(new(idempotency_key="k", fingerprint="other"))

    assert await open_tasks(store) == 1


async def test_two_tenants_may_use_the_same_idempotency_key(store):
    await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f", tenant="a"))
    await store.tasks.enqueue(new(idempotency_key="k", fingerprint="other", tenant="b"))

    assert await open_tasks(store) == 2


@pytest.mark.settings(idempotency_ttl_seconds=60)
async def test_an_idempotency_key_is_forgotten_after_its_time(store):
    first = await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))
    await age(store, 61)

    again = await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))

    assert again.task.id != first.task.id


async def test_a_hundred_clients_with_one_idempotency_key_make_one_task(store):
    calls = [store.tasks.enqueue(new(idempotency_key="k", fingerprint="f")) for _ in range(100)]

    views = await together(*calls)

    assert len({view.task.id for view in views}) == 1
    assert sum(not view.replayed for view in views) == 1
    assert await open_tasks(store) == 1


@pytest.mark.settings(backlog_limit=2)
async def test_beyond_the_backlog_limit_nothing_is_written(store):
    await enqueue(store, 2)
    refused = new(idempotency_key="k", fingerprint="f")

    with pytest.raises(QueueFull):
        await store.tasks.enqueue(refused)

    keys = store.connection.keys
    written = (keys.task(refused.id), keys.request(refused.id), keys.idempotency("", "create", "k"))
    assert await store.connection.client.exists(*written) == 0
    assert await open_tasks(store) == 2


@pytest.mark.settings(backlog_limit=2)
async def test_tasks_that_run_or_wait_for_a_retry_count_as_backlog_and_ended_ones_do_not(store):
    running, waiting = await take(store), await take(store)
    await put_back(store, waiting, delay_seconds=60)

    with pytest.raises(QueueFull):
        await enqueue(store)

    await complete(store, running)
    await enqueue(store)


async def test_a_known_task_is_answered_even_when_the_backlog_is_full(make_store: MakeStore):
    task = new(idempotency_key="k", fingerprint="f")
    await (await make_store()).tasks.enqueue(task)
    full = await make_store(backlog_limit=1)

    assert (await full.tasks.enqueue(replace(task, id=new().id))).task.id == task.id


async def test_a_task_for_later_waits_without_a_position_and_then_runs(store):
    now_ms = (await store.control.overview()).now_ms
    view = await store.tasks.enqueue(new(due_ms=now_ms + 60_000))

    assert (view.position, view.task.due_ms, await claim(store)) == (None, now_ms + 60_000, [])

    await age(store, 61)
    assert await store.upkeep.promote() == 1
    assert [delivery.task_id for delivery in await claim(store)] == [view.task.id]


async def test_a_client_s_text_never_becomes_part_of_a_key(store):
    key = store.connection.keys.idempotency("tenant", "create", "a }{ *\n" * 50)

    assert len(key) < 128
    assert not set(key) & set(" *\n")


async def test_a_record_lists_no_field_that_says_nothing(store):
    (task_id,) = await enqueue(store)

    assert set(await record(store, task_id)) == {"status", "seq", "score", "entry", "created_ms", "attempt"}


async def test_a_queued_task_with_a_long_prompt_costs_little_over_a_kilobyte(store):
    task_ids = await enqueue(store, 200, request=json.dumps({"prompt": "x" * 500}))
    client, keys = store.connection.client, store.connection.keys

    names = [name for task_id in task_ids for name in (keys.task(task_id), keys.request(task_id))]
    bytes_used = [await client.memory_usage(name, samples=0) for name in (*names, keys.stream, keys.queued)]

    assert sum(bytes_used) / len(task_ids) < 1200


async def test_a_full_redis_refuses_new_tasks_and_lets_the_old_ones_end(settings):
    with redis_server() as url:
        async with open_store(settings, url) as store:
            (first, second) = await enqueue(store, 2)
            await store.connection.client.config_set("maxmemory", "1mb")

            refused = new()
            with pytest.raises(StoreUnavailable):
                await store.tasks.enqueue(refused)
            running, back = await claim(store)
            await put_back(store, back, delay_seconds=1)
            await submitted(store, running)
            await store.leases.renew(running.consumer, [running])
            await store.deliveries.release(running)
            await store.deliveries.settle(running, Event.SUCCEED, {"url": "x" * 1000})
            await store.tasks.cancel(second)
            await store.upkeep.repair()

            assert (await store.tasks.get(first)).task.status is Status.COMPLETED
            assert await store.connection.client.exists(store.connection.keys.task(refused.id)) == 0
            assert await broken(store) == []


async def test_a_worker_that_starts_while_redis_is_full_can_work(settings):
    with redis_server() as url:
        async with open_store(settings, url) as store:
            await enqueue(store)
            await store.connection.client.config_set("maxmemory", "1mb")
            await store.connection.client.script_flush()

            async with open_store(settings, url) as late:
                await late.connection.prepare()
                await complete(late, (await claim(late))[0])


async def test_who_would_rather_not_wait_is_refused_at_a_position_too_far_back(store):
    await enqueue(store, 2)
    near = await store.tasks.enqueue(new(max_position=3))

    with pytest.raises(PositionTooFar, match="position 4; max_queue_position allows 3"):
        await store.tasks.enqueue(new(max_position=3))

    assert near.position == 3
    assert await open_tasks(store) == 3
    assert (await store.tasks.enqueue(new())).position == 4


async def test_another_priority_moves_a_task_to_the_place_it_would_have_had(store):
    first, second, third = await enqueue(store, 3)

    assert await store.tasks.reorder(third, 1)

    assert await positions(store, [third, first, second]) == [1, 2, 3]
    assert (await store.tasks.get(third)).task.priority == 1


async def test_what_runs_has_no_place_to_move_to(store):
    delivery = await take(store)

    assert not await store.tasks.reorder(delivery.task_id, 5)
    with pytest.raises(TaskNotFound):
        await store.tasks.reorder(str(uuid4()), 5)


async def test_a_task_that_waits_takes_its_new_place_when_it_is_due(store):
    delivery = await take(store)
    await put_back(store, delivery, delay_seconds=5)
    await enqueue(store, 2)
    await store.tasks.reorder(delivery.task_id, -1)
    await age(store, 6)

    await store.upkeep.promote()

    assert (await store.tasks.get(delivery.task_id)).position == 3
