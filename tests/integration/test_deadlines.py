"""Deadlines: what was not begun in time fails, and costs nothing; what runs is asked to end."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.errors import InvalidRequest, TaskNotFound
from aigcq.model import Event, Status
from aigcq.store import Store
from aigcq.store.deliveries import OverdueBeforeSending
from tests.conftest import age
from tests.integration.steps import claim, complete, new, put_back, record, submitted, told

pytestmark = pytest.mark.asyncio


async def enqueue(store: Store, **after: int) -> str:
    """Enqueue a task whose deadlines are so many seconds from now."""
    now_ms = (await store.control.overview()).now_ms
    deadlines: dict[str, Any] = {name: now_ms + seconds * 1000 for name, seconds in after.items()}
    return (await store.tasks.enqueue(new(**deadlines))).task.id


async def status(store: Store, task_id: str) -> Status:
    return (await store.tasks.get(task_id)).task.status


async def test_a_task_that_nobody_took_in_time_fails_and_costs_nothing(store):
    task_id = await enqueue(store, start_by_ms=60)
    await age(store, 61)

    assert await store.upkeep.expire() == 1

    view = await store.tasks.get(task_id)
    assert (view.task.status, view.task.error_code, view.position) == (Status.FAILED, "deadline_exceeded", 0)
    assert view.outcome and view.outcome["billed"] == "no"
    assert await claim(store) == []
    assert [event["task"] for event in await told(store, Event.EXPIRE)] == [task_id]


async def test_before_its_deadline_a_task_is_left_alone(store):
    task_id = await enqueue(store, start_by_ms=60, end_by_ms=90)
    await age(store, 59)

    assert await store.upkeep.expire() == 0
    assert await status(store, task_id) is Status.QUEUED


async def test_what_was_begun_in_time_may_come_back_and_wait(store):
    task_id = await enqueue(store, start_by_ms=60)
    (delivery,) = await claim(store)
    await put_back(store, delivery)
    await age(store, 61)

    await store.upkeep.expire()

    assert await status(store, task_id) is Status.QUEUED


async def test_a_task_that_waits_for_a_retry_fails_when_all_its_time_is_over(store):
    task_id = await enqueue(store, start_by_ms=30, end_by_ms=60)
    (delivery,) = await claim(store)
    await put_back(store, delivery, delay_seconds=1000)
    await age(store, 31)
    await store.upkeep.expire()
    assert await status(store, task_id) is Status.QUEUED
    await age(store, 30)

    await store.upkeep.expire()

    assert await status(store, task_id) is Status.FAILED


async def test_what_runs_at_its_deadline_is_asked_to_end_and_may_still_complete(store):
    task_id = await enqueue(store, end_by_ms=60)
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    await age(store, 61)

    await store.upkeep.expire()

    assert (await store.tasks.get(task_id)).task.cancel_requested
    await complete(store, delivery)
    assert await status(store, task_id) is Status.COMPLETED


async def test_the_deadline_of_a_task_that_has_ended_means_nothing(store):
    task_id = await enqueue(store, end_by_ms=60)
    (delivery,) = await claim(store)
    await complete(store, await submitted(store, delivery))
    await age(store, 61)

    await store.upkeep.expire()

    assert await status(store, task_id) is Status.COMPLETED
    assert await told(store, Event.EXPIRE) == []


async def test_a_task_that_is_requeued_by_a_person_has_no_deadline_any_more(store):
    task_id = await enqueue(store, start_by_ms=60)
    await age(store, 61)
    await store.upkeep.expire()

    await store.tasks.requeue(task_id)
    await age(store, 61)
    await store.upkeep.expire()

    assert await status(store, task_id) is Status.QUEUED
    assert "start_by_ms" not in await record(store, task_id)


async def test_an_erased_task_is_only_in_the_books(store):
    task_id = await enqueue(store)
    (delivery,) = await claim(store)
    await complete(store, await submitted(store, delivery))

    await store.tasks.erase(task_id)

    with pytest.raises(TaskNotFound):
        await store.tasks.get(task_id)
    keys = store.connection.keys
    assert await store.connection.client.exists(keys.request(task_id), keys.result(task_id)) == 0
    assert (await record(store, task_id))["status"] == Status.COMPLETED


async def test_what_is_too_late_is_given_to_nobody_and_those_behind_it_are_given_then(store):
    late = await enqueue(store, start_by_ms=60)
    (behind,) = [(await store.tasks.enqueue(new())).task.id]
    await age(store, 61)

    claimed = await store.deliveries.claim("worker-a", 10)
    await store.upkeep.expire()

    assert (claimed.deliveries, claimed.overdue) == ([], True)
    assert [delivery.task_id for delivery in await claim(store)] == [behind]
    assert await status(store, late) is Status.FAILED


async def test_what_was_taken_in_time_and_is_too_late_now_is_not_sent(store):
    task_id = await enqueue(store, end_by_ms=60)
    (delivery,) = await claim(store)
    await age(store, 61)

    with pytest.raises(OverdueBeforeSending):
        await store.deliveries.begin_submission(delivery)

    assert "sent_ms" not in await record(store, task_id)


async def test_of_an_attempt_before_it_is_not_proven_that_it_was_free(store):
    task_id = await enqueue(store, end_by_ms=60)
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    await put_back(store, delivery, next_attempt=True)
    await age(store, 61)

    await store.upkeep.expire()

    outcome = (await store.tasks.get(task_id)).outcome
    assert outcome and outcome["billed"] == "unknown"


async def test_a_deadline_that_is_over_is_refused_but_not_to_who_asked_in_time(store):
    now_ms = (await store.control.overview()).now_ms
    task = {"idempotency_key": "k", "fingerprint": "f", "end_by_ms": now_ms + 60_000}
    first = await store.tasks.enqueue(new(**task))
    over = task | {"end_by_ms": now_ms - 1}

    again = await store.tasks.enqueue(new(**over))

    assert (again.task.id, again.replayed) == (first.task.id, True)
    with pytest.raises(InvalidRequest):
        await store.tasks.enqueue(new(**over | {"idempotency_key": "other"}))


@pytest.mark.settings(result_ttl_seconds=60)
async def test_a_key_outlives_the_record_that_it_names(store):
    first = await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))
    client, keys = store.connection.client, store.connection.keys
    key = keys.idempotency("", "create", "k")
    task_id, fingerprint, position, created_ms = str(await client.get(key)).split()
    await client.set(key, f"{task_id} {fingerprint} {position} {int(created_ms) - 61_000}", keepttl=True)
    await store.tasks.cancel(task_id)
    await age(store, 61)

    again = await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))

    assert (again.task.id, again.replayed) == (first.task.id, True)
