"""How old is what the vendor was sent, and the alarm before it forgets."""

from __future__ import annotations

import pytest

from aigcq.store import Store
from aigcq.store.horizon import Age
from tests.conftest import age
from tests.integration.steps import (
    A_LEASE,
    WORKER_A,
    WORKER_B,
    claim,
    complete,
    enqueue,
    fail,
    put_back,
    submitted,
    take,
    take_over,
    told,
)

pytestmark = pytest.mark.asyncio

HOUR = 3600.0


async def measured(store: Store, delivery, consumer: str = WORKER_A) -> Age:
    (answer,) = await store.horizon.measure(consumer, [delivery])
    return answer


async def overdue(store: Store) -> int:
    return (await store.control.overview()).overdue


async def test_what_was_never_sent_has_no_age_however_long_it_waits(store):
    delivery = await take(store)
    await age(store, 100 * HOUR)

    assert await measured(store, delivery) == Age(seconds=0, alarmed=False)
    assert await overdue(store) == 0


async def test_a_submission_of_unknown_outcome_is_as_old_as_its_first_send(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await age(store, 10 * HOUR)
    await store.deliveries.begin_submission(delivery)

    assert 10 * HOUR <= (await measured(store, delivery)).seconds < 10 * HOUR + 60


async def test_a_vendor_task_is_as_old_as_it_can_be_at_most(store):
    """It was made by the last send if that was accepted, else by any since the first one."""
    accepted, found = await take(store), await take(store)
    for delivery in (accepted, found):
        await store.deliveries.begin_submission(delivery)
    await age(store, 10 * HOUR)
    await store.deliveries.begin_submission(accepted)
    await store.deliveries.record_submission(accepted, "vod-1")
    first_ms = (await store.deliveries.begin_submission(found)).first_sent_ms
    await store.deliveries.record_submission(found, "vod-2", first_ms)

    ages = await store.horizon.measure(WORKER_A, [accepted, found])

    assert ages[0].seconds < 60
    assert 10 * HOUR <= ages[1].seconds < 10 * HOUR + 60


async def test_a_task_that_a_release_before_this_one_sent_is_as_old_as_its_first_send(store):
    delivery = await submitted(store, await take(store))
    await store.connection.client.hdel(store.connection.keys.task(delivery.task_id), "made_ms")
    await age(store, 50 * HOUR)

    assert (await measured(store, delivery)).seconds >= 50 * HOUR


async def test_the_alarm_is_raised_once_from_forty_eight_hours_on_whoever_holds_the_task(store):
    delivery = await submitted(store, await take(store))
    await age(store, 48 * HOUR - 60)
    assert not (await measured(store, delivery)).alarmed
    assert await overdue(store) == 0
    await age(store, 61)

    assert [(await measured(store, delivery)).alarmed for _ in range(3)] == [True, False, False]

    heir = await take_over(store)
    assert not (await measured(store, heir, WORKER_B)).alarmed
    assert await overdue(store) == 1
    (alarm,) = await told(store, "alarm")
    assert alarm["task"] == delivery.task_id
    assert "48 hours" in alarm["cause"]


async def test_an_alarm_ends_with_its_task(store):
    for end in (complete, fail, put_back):
        delivery = await submitted(store, await take(store))
        await age(store, 49 * HOUR)
        assert (await measured(store, delivery)).alarmed
        assert await overdue(store) == 1

        await end(store, delivery)

        assert await overdue(store) == 0


async def test_the_next_attempt_is_young_again(store):
    delivery = await submitted(store, await take(store))
    await age(store, 49 * HOUR)
    await measured(store, delivery)
    await put_back(store, delivery, next_attempt=True)

    (heir,) = await claim(store)
    assert await measured(store, heir) == Age(seconds=0, alarmed=False)
    await submitted(store, heir)

    assert (await measured(store, heir)).seconds < 60


async def test_a_requeued_task_is_young_again(store):
    delivery = await submitted(store, await take(store))
    await age(store, 49 * HOUR)
    await measured(store, delivery)
    await fail(store, delivery)
    await store.tasks.requeue(delivery.task_id)

    (heir,) = await claim(store)

    assert await measured(store, heir) == Age(seconds=0, alarmed=False)


async def test_a_stalled_worker_learns_no_age_and_raises_no_alarm(store):
    stalled = await submitted(store, await take(store))
    await age(store, 49 * HOUR + A_LEASE)
    heir = await take_over(store)

    assert await measured(store, stalled) == Age(seconds=0, alarmed=False)

    assert await told(store, "alarm") == []
    assert (await measured(store, heir, WORKER_B)).alarmed


async def test_many_are_measured_at_once_each_for_itself(store):
    await enqueue(store, 3)
    old, young, unsent = await claim(store)
    await submitted(store, old)
    await age(store, 50 * HOUR)
    await submitted(store, young)

    ages = await store.horizon.measure(WORKER_A, [old, young, unsent])

    assert [each.alarmed for each in ages] == [True, False, False]
    assert [round(each.seconds / HOUR) for each in ages] == [50, 0, 0]


async def test_an_alarm_that_outlived_its_delivery_is_ended_by_the_repair(store):
    delivery = await submitted(store, await take(store))
    await age(store, 49 * HOUR)
    await measured(store, delivery)
    client, keys = store.connection.client, store.connection.keys
    sent_ms = await client.zscore(keys.overdue, delivery.task_id)
    await complete(store, delivery)
    await client.zadd(keys.overdue, {delivery.task_id: sent_ms})

    assert await store.upkeep.repair() == 1

    assert await overdue(store) == 0
