"""At the top, one at a time: the next permit waits for the answer to the last submission, and for nothing else."""

from __future__ import annotations

import pytest

from aigcq.model import Event
from tests.conftest import age
from tests.integration.learnt import CEILING, answered, learnt, look, next_of, one_of_many
from tests.integration.steps import claim, complete, enqueue, live, put_back

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(**CEILING)]


async def test_the_next_permit_waits_for_the_vendor_s_answer_to_the_last(store):
    await learnt(store)
    await enqueue(store, 5)
    first = await next_of(store)

    waits = await look(store)
    assert (waits.deliveries, waits.unanswered) == ([], True)
    await answered(store, first)

    assert len(await claim(store)) == 1


async def test_an_answer_that_does_not_come_is_not_waited_for(store):
    await learnt(store)
    await enqueue(store, 5)
    await next_of(store)

    await age(store, 31)

    assert len(await claim(store)) == 1


async def test_what_was_put_back_without_an_answer_is_not_waited_for(store):
    first = await one_of_many(store)
    await put_back(store, first)

    assert len(await claim(store)) == 1


async def test_what_has_ended_without_an_answer_is_not_waited_for(store):
    first = await one_of_many(store)
    await complete(store, first)

    assert len(await claim(store)) == 1


async def test_what_was_handed_back_unsent_is_not_waited_for(store):
    first = await one_of_many(store)
    await store.deliveries.hand_back(first)

    assert len(await claim(store)) == 1


async def test_what_was_given_up_is_not_waited_for(store):
    first = await one_of_many(store)
    await store.deliveries.begin_submission(first)
    await store.deliveries.settle(first, Event.FAIL, {}, error_code="why", quarantine_seconds=100)

    assert len(await claim(store)) == 1
    assert await live(store) == 2


async def test_who_waits_for_an_answer_without_a_permit_is_mended(store):
    client, keys = store.connection.client, store.connection.keys
    await learnt(store)
    (task_id,) = await enqueue(store)
    now_ms = (await store.control.overview()).now_ms
    await client.zadd(keys.unanswered, {"gone": now_ms, task_id: now_ms})
    assert await claim(store) == []

    assert await store.upkeep.repair() == 2

    assert len(await claim(store)) == 1
