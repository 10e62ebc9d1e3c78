"""What is learnt of how long the vendor takes: once for each vendor task, in a sketch that stays small."""

from __future__ import annotations

import pytest

from aigcq.durations import MOST, Sketch, Weights, bucket_of, observe
from aigcq.store import Store
from tests.conftest import age
from tests.integration.steps import submitted, take, take_over

pytestmark = pytest.mark.asyncio

KIND = "Kling-2.5"


async def learnt(store: Store) -> Sketch:
    return (await store.observations.durations([KIND]))[KIND]


async def test_a_release_tells_how_long_the_vendor_took(store):
    await store.deliveries.release(await submitted(store, await take(store)), kind=KIND, took_seconds=63.0)

    assert (await learnt(store)).weights == {bucket_of(63): 1}


async def test_where_the_vendor_does_not_say_it_counts_from_when_it_was_made(store):
    delivery = await submitted(store, await take(store))
    await age(store, 100)

    await store.deliveries.release(delivery, kind=KIND)

    assert (await learnt(store)).quantile(1) == pytest.approx(100, rel=0.11)


async def test_a_task_that_is_released_again_is_not_learnt_from_again(store):
    delivery = await submitted(store, await take(store))
    await store.deliveries.release(delivery, kind=KIND, took_seconds=63.0)
    await age(store, 16)

    await store.deliveries.release(await take_over(store), kind=KIND, took_seconds=63.0)

    assert (await learnt(store)).total == 1


async def test_a_task_of_no_kind_teaches_nothing(store):
    await store.deliveries.release(await submitted(store, await take(store)))

    assert await store.connection.client.exists(store.connection.keys.durations("")) == 0


async def test_the_sketch_in_redis_fades_as_the_one_in_python(store):
    weights: Weights = {}
    for number in range(int(MOST) + 20):
        seconds = 20.0 + number * 7 % 90
        weights = observe(weights, seconds)
        delivery = await submitted(store, await take(store))
        await store.deliveries.release(delivery, kind=KIND, took_seconds=seconds)

    assert (await learnt(store)).weights == weights
    assert sum(weights.values()) < MOST
