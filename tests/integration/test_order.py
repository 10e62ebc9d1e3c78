"""The order: the position is the exact dispatch rank, whatever happened before."""

from __future__ import annotations

from random import Random

import pytest

from aigcq.store import Store
from tests.conftest import age
from tests.integration.steps import claim, complete, enqueue, fail, positions, put_back, submitted, take

pytestmark = pytest.mark.asyncio


async def test_tasks_run_in_the_order_in_which_they_came(store):
    task_ids = await enqueue(store, 5)

    assert await positions(store, task_ids) == [1, 2, 3, 4, 5]
    assert [delivery.task_id for delivery in await claim(store)] == task_ids


async def test_the_position_is_0_once_a_task_runs_or_has_ended(store):
    running, cancelled, last = await enqueue(store, 3)
    await claim(store, count=1)
    await store.tasks.cancel(cancelled)

    assert await positions(store, [running, cancelled, last]) == [0, 0, 1]


async def test_a_cancel_moves_everyone_behind_it_up_at_once(store):
    task_ids = await enqueue(store, 4)

    await store.tasks.cancel(task_ids[1])

    assert await positions(store, task_ids) == [1, 0, 2, 3]


@pytest.mark.settings(priority_boost=2)
async def test_a_step_of_priority_moves_a_task_forward_by_the_boost(store):
    first, second, third = await enqueue(store, 3)
    (urgent,) = await enqueue(store, priority=1)

    assert await positions(store, [first, second, urgent, third]) == [1, 2, 3, 4]


@pytest.mark.settings(priority_boost=3)
async def test_nobody_is_overtaken_by_more_than_the_boost_of_ten_steps(store):
    (patient,) = await enqueue(store, priority=0)

    await enqueue(store, 40, priority=10)

    assert await positions(store, [patient]) == [30]


@pytest.mark.settings(priority_boost=2)
async def test_a_negative_priority_lets_others_pass(store):
    (modest,) = await enqueue(store, priority=-2)
    await enqueue(store, 5)

    assert await positions(store, [modest]) == [4]


@pytest.mark.settings(priority_boost=2)
async def test_of_two_in_one_place_the_older_is_first(store):
    task_ids = [(await enqueue(store, priority=priority))[0] for priority in (0, 0, 1)]

    assert await positions(store, task_ids) == [1, 3, 2]


async def test_a_retry_keeps_its_place(store):
    task_ids = await enqueue(store, 4)
    first, second = await claim(store, count=2)

    await put_back(store, second)
    await put_back(store, first)

    assert await positions(store, task_ids) == [1, 2, 3, 4]


async def test_a_retry_that_has_waited_comes_back_to_its_place(store):
    task_ids = await enqueue(store, 3)
    (first,) = await claim(store, count=1)
    await put_back(store, first, delay_seconds=60)
    assert await positions(store, task_ids) == [None, 1, 2]

    await age(store, 61)
    await store.upkeep.promote()

    assert await positions(store, task_ids) == [1, 2, 3]


async def test_a_requeued_task_comes_back_to_its_place(store):
    delivery = await take(store)
    later = await enqueue(store, 2)
    await fail(store, delivery)

    await store.tasks.requeue(delivery.task_id)

    assert await positions(store, [delivery.task_id, *later]) == [1, 2, 3]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.settings(priority_boost=5)
async def test_after_anything_the_positions_are_1_to_n_and_are_the_order_of_the_claims(store, seed):
    queued = await _something(store, Random(seed))

    found = dict(zip(await positions(store, queued), queued, strict=True))

    assert sorted(found) == list(range(1, len(queued) + 1))
    dispatched = []
    while deliveries := await claim(store, count=5):
        for delivery in deliveries:
            dispatched.append(delivery.task_id)
            await complete(store, await submitted(store, delivery))
    assert dispatched == [found[position] for position in sorted(found)]


async def _something(store: Store, rng: Random) -> list[str]:
    """Do this and that; return the tasks that are queued."""
    queued: list[str] = []
    for _ in range(40):
        match rng.choice(["enqueue", "enqueue", "enqueue", "cancel", "retry", "complete"]):
            case "enqueue":
                queued += await enqueue(store, priority=rng.randint(-10, 10))
            case "cancel" if queued:
                await store.tasks.cancel(queued.pop(rng.randrange(len(queued))))
            case "retry":
                for delivery in await claim(store, count=2):
                    await put_back(store, delivery)
            case "complete":
                for delivery in await claim(store, count=1):
                    queued.remove(delivery.task_id)
                    await complete(store, await submitted(store, delivery))
    return queued
