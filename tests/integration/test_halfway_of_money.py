"""A script that stops halfway, at every single write: of the money too much may stay counted, and never too little."""

from __future__ import annotations

from dataclasses import replace

import pytest
from redis.exceptions import ResponseError

from aigcq.model import Event
from aigcq.prices import Estimate
from aigcq.store import Store
from tests.conftest import FakeClock, MakeStore
from tests.integration.steps import alter, claim, fail, new, put_back, submitted
from tests.integration.test_halfway import CUT, Step, mended

pytestmark = pytest.mark.asyncio

TEN = Estimate(amount=10, price="0.000002", currency="CNY")


async def _new(store: Store) -> Step:
    return lambda: store.tasks.enqueue(new(estimate=TEN))


async def _saved(store: Store) -> Step:
    await store.tasks.enqueue(new(estimate=TEN))
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    return lambda: store.deliveries.settle(delivery, Event.SUCCEED, {}, cost=10)


async def _charged(store: Store) -> Step:
    await store.tasks.enqueue(new(estimate=TEN))
    (delivery,) = await claim(store)
    return lambda: put_back(store, delivery, next_attempt=True, charged=True)


async def _failed(store: Store) -> Step:
    await store.tasks.enqueue(new(estimate=TEN))
    (delivery,) = await claim(store)
    await fail(store, delivery)
    return lambda: store.tasks.requeue(delivery.task_id)


def on_one_day(store: Store) -> Store:
    """The same queue, where no midnight comes between two looks."""
    return Store.over(replace(store.connection, clock=FakeClock()))


async def total(store: Store) -> int:
    return sum(await store.ledger.total("", store.connection.today))


STORIES = [("enqueue", _new, 0), ("settle", _saved, 10), ("retry", _charged, 10), ("requeue", _failed, 10)]


@pytest.mark.parametrize(("verb", "begin", "least"), STORIES, ids=[verb for verb, *_ in STORIES])
async def test_wherever_a_script_stops_no_money_is_forgotten(make_store: MakeStore, settings, verb, begin, least):
    for writes in range(60):
        store = on_one_day(await make_store(queue=f"{settings.queue}-{writes}"))
        step = await begin(store)
        alter(store, verb, CUT.format(writes=writes))
        try:
            await step()
        except ResponseError as error:
            assert "cut" in str(error)
        else:
            break
        alter(store, verb)
        assert await total(store) >= least
        await store.tasks.enqueue(new(estimate=TEN))  # what was cut before it had a TTL gets it with the next one
        await mended(store)
        settled, committed = await store.ledger.total("", store.connection.today)
        assert settled + committed >= least + 10
        assert committed >= 0
    else:
        raise AssertionError("the script never came to its end")
    assert writes > 1
