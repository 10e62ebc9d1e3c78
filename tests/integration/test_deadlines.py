"""Deadlines: what was not begun in time fails, and costs nothing; what runs is asked to end."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.errors import TaskNotFound
from aigcq.model import Event, Status
from aigcq.store import Store
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
