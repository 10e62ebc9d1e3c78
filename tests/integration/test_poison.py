"""A task that kills its workers is found out, and nobody beside it is blamed."""

from __future__ import annotations

import pytest

from aigcq.store.leases import Renewal
from tests.conftest import MakeStore, age
from tests.integration.steps import (
    A_LEASE,
    WORKER_A,
    WORKER_B,
    claim,
    enqueue,
    put_back,
    record,
    submitted,
    take,
    take_over,
)

pytestmark = pytest.mark.asyncio


async def test_a_death_before_the_first_renewal_counts(store):
    delivery = await take(store)

    await age(store, A_LEASE)
    again = await take_over(store)
    await age(store, A_LEASE)
    third = await take_over(store)

    assert [each.task.deaths for each in (delivery, again, third)] == [0, 1, 2]


async def test_a_death_after_the_first_renewal_is_not_the_tasks(store):
    delivery = await take(store)
    await age(store, 5)
    await store.leases.renew(WORKER_A, [delivery])

    await age(store, A_LEASE)

    assert (await take_over(store)).task.deaths == 0


async def test_a_worker_that_lives_on_has_not_died_of_what_it_was_never_told(store):
    """The answer to its claim was lost: it goes on beating, and renews nothing."""
    await take(store)
    await age(store, 5)
    await store.control.beat(WORKER_A, {})

    await age(store, A_LEASE)

    assert (await take_over(store)).task.deaths == 0


async def test_a_beat_before_the_claim_says_nothing_of_what_came_after(store):
    await store.control.beat(WORKER_A, {})
    await age(store, 1)
    await take(store)

    await age(store, A_LEASE)

    assert (await take_over(store)).task.deaths == 1


async def test_a_renewed_lease_clears_what_was_held_against_the_task(store):
    await take(store)
    await age(store, A_LEASE)
    suspect = await take_over(store)

    await age(store, 5)
    assert await store.leases.renew(WORKER_B, [suspect]) == [Renewal.RENEWED]

    assert "deaths" not in await record(store, suspect.task_id)


async def test_a_death_while_submitting_counts(store):
    await store.deliveries.begin_submission(await take(store))

    await age(store, A_LEASE)

    assert (await take_over(store)).task.deaths == 1


async def test_a_worker_that_puts_the_task_back_has_outlived_it(store):
    """However seldom a task that is throttled all the time is held until the first renewal."""
    await take(store)
    await age(store, A_LEASE)
    survived = await take_over(store)
    await put_back(store, survived)

    await claim(store)
    await age(store, A_LEASE)

    assert (survived.task.deaths, (await take_over(store)).task.deaths) == (1, 1)


async def test_handing_back_never_counts(store):
    delivery = await submitted(store, await take(store))

    await store.deliveries.hand_back(delivery)

    assert (await take_over(store)).task.deaths == 0


async def test_a_suspect_is_given_alone(store):
    await enqueue(store, 3)
    await claim(store)
    await age(store, A_LEASE)
    together, _ = await store.leases.reclaim(WORKER_B, 100)

    await age(store, A_LEASE)
    given = [(await store.leases.reclaim(f"worker-{number}", 100))[0] for number in range(4)]

    assert len(together) == 3
    assert [len(deliveries) for deliveries in given] == [1, 1, 1, 0]


async def test_no_bystander_is_given_beside_a_suspect(store):
    suspect = await take(store)
    await age(store, A_LEASE)
    await take_over(store)
    bystander = await take(store)
    await store.leases.renew(WORKER_A, [bystander])
    await age(store, A_LEASE)

    alone, _ = await store.leases.reclaim(WORKER_A, 100)
    after, _ = await store.leases.reclaim(WORKER_B, 100)

    assert [[each.task_id for each in given] for given in (alone, after)] == [[suspect.task_id], [bystander.task_id]]


async def test_a_worker_with_an_unproven_delivery_is_given_no_suspect(store):
    await take(store)
    await age(store, A_LEASE)
    await take_over(store)
    await age(store, A_LEASE)

    beside, _ = await store.leases.reclaim(WORKER_A, 100, unproven=1)
    alone, _ = await store.leases.reclaim(WORKER_A, 100)

    assert (len(beside), len(alone)) == (0, 1)


async def test_suspects_in_front_do_not_hide_who_is_behind_them(make_store: MakeStore):
    store = await make_store(max_deaths=2)
    await enqueue(store, 60)
    await store.deliveries.claim(WORKER_A, 5)
    await age(store, A_LEASE)
    for number in range(5):  # each is a suspect from its first death on
        assert len((await store.leases.reclaim(f"worker-{number}", 100))[0]) == 1
    innocent, *_ = await claim(store)
    await store.leases.renew(WORKER_A, [innocent])
    await age(store, 2 * A_LEASE)

    given, _ = await store.leases.reclaim(WORKER_B, 1, unproven=1)

    assert [delivery.task_id for delivery in given] == [innocent.task_id]


async def test_a_requeue_forgets_the_deaths(store):
    delivery = await take(store)
    await age(store, A_LEASE)
    delivery = await take_over(store)
    await store.deliveries.settle(delivery, "fail", {"code": "poisoned"}, error_code="poisoned")

    await store.tasks.requeue(delivery.task_id)

    assert "deaths" not in await record(store, delivery.task_id)
