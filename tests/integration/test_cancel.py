"""Cancel: an honest answer, and exactly one of cancelled and ran."""

from __future__ import annotations

import pytest

from aigcq.errors import TaskNotFound
from aigcq.model import Cancelled, Event, Status
from tests.conftest import MakeStore, age
from tests.integration.steps import (
    WORKER_B,
    claim,
    complete,
    enqueue,
    fail,
    put_back,
    submitted,
    take,
    together,
    told,
)

pytestmark = pytest.mark.asyncio


async def test_a_queued_task_is_cancelled_and_never_runs(store):
    first, second = await enqueue(store, 2)

    assert await store.tasks.cancel(first) is Cancelled.CANCELLED

    view = await store.tasks.get(first)
    assert (view.task.status, view.position) == (Status.CANCELLED, 0)
    assert [delivery.task_id for delivery in await claim(store)] == [second]
    assert [(event["task"], event["status"]) for event in await told(store, Event.CANCEL)] == [(first, "cancelled")]


async def test_a_cancelled_task_leaves_the_stream_and_the_backlog(store):
    (task_id,) = await enqueue(store)

    await store.tasks.cancel(task_id)

    assert await store.connection.client.xlen(store.connection.keys.stream) == 0


async def test_a_task_that_waits_for_a_retry_is_cancelled_at_once(store):
    delivery = await take(store)
    await put_back(store, delivery, delay_seconds=60)

    assert await store.tasks.cancel(delivery.task_id) is Cancelled.CANCELLED

    await age(store, 61)
    assert await store.upkeep.promote() == 0
    task = (await store.tasks.get(delivery.task_id)).task
    assert (task.status, task.error_code, task.due_ms) == (Status.CANCELLED, "", 0)


async def test_a_running_task_is_asked_to_end_and_its_worker_is_told(store):
    delivery = await submitted(store, await take(store))

    assert await store.tasks.cancel(delivery.task_id) is Cancelled.REQUESTED

    task = (await store.tasks.get(delivery.task_id)).task
    assert (task.status, task.cancel_requested) == (Status.PROCESSING, True)
    assert [event["task"] for event in await told(store, Event.CANCEL_REQUEST)] == [delivery.task_id]


async def test_a_running_task_ends_as_the_vendor_decides(store):
    delivery = await submitted(store, await take(store))
    await store.tasks.cancel(delivery.task_id)

    await complete(store, delivery)

    assert (await store.tasks.get(delivery.task_id)).task.status is Status.COMPLETED


async def test_a_completed_task_keeps_its_outcome(store):
    delivery = await take(store)
    await complete(store, delivery)
    before = await store.tasks.get(delivery.task_id)

    assert await store.tasks.cancel(delivery.task_id) is Cancelled.TOO_LATE

    assert await store.tasks.get(delivery.task_id) == before


async def test_a_repeated_cancel_is_answered_like_the_first(store):
    (task_id,) = await enqueue(store)
    await store.tasks.cancel(task_id)

    assert await store.tasks.cancel(task_id) is Cancelled.CANCELLED
    assert len(await told(store, Event.CANCEL)) == 1


async def test_a_task_that_does_not_exist_cannot_be_cancelled(store):
    with pytest.raises(TaskNotFound):
        await store.tasks.cancel("no-such-task")
    with pytest.raises(TaskNotFound):
        await store.tasks.get("no-such-task")


async def test_a_cancel_that_was_asked_for_does_not_outlive_a_requeue(store):
    delivery = await take(store)
    await store.tasks.cancel(delivery.task_id)
    await fail(store, delivery)
    await store.tasks.requeue(delivery.task_id)

    (heir,) = await claim(store)

    assert not heir.task.cancel_requested
    assert not (await store.deliveries.begin_submission(heir)).ambiguous


@pytest.mark.settings(default_threshold=500, max_threshold=500)
async def test_a_task_is_either_cancelled_or_runs_in_two_hundred_races(make_store: MakeStore):
    client, worker = await make_store(), await make_store()
    task_ids = await enqueue(client, 200)
    cancels = [client.tasks.cancel(task_id) for task_id in task_ids]
    claims = [claim(worker, WORKER_B, 5) for _ in range(40)]
    calls = [call for number in range(40) for call in (*cancels[5 * number : 5 * number + 5], claims[number])]

    answers = await together(*calls)

    ran = {delivery.task_id for answer in answers if isinstance(answer, list) for delivery in answer}
    taken = dict(zip(task_ids, [answer for answer in answers if isinstance(answer, Cancelled)], strict=True))
    assert {task_id for task_id, answer in taken.items() if answer is Cancelled.CANCELLED} == set(task_ids) - ran
    assert {task_id for task_id, answer in taken.items() if answer is Cancelled.REQUESTED} == ran
