"""The outbox: what a client is to be told is noted in the step that makes it true."""

from __future__ import annotations

import pytest

from aigcq.store import Store
from tests.conftest import age
from tests.integration.steps import claim, complete, enqueue, fail, put_back, submitted

pytestmark = pytest.mark.asyncio


async def outbox(store: Store) -> list[str]:
    return list(await store.connection.client.zrange(store.connection.keys.outbox, 0, -1))


async def test_who_wants_to_hear_of_the_end_is_noted_when_it_completes(store):
    (task_id,) = await enqueue(store, webhook="end")
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    assert await outbox(store) == []

    await complete(store, delivery)

    assert await outbox(store) == [f"{task_id}:end"]


async def test_who_wants_to_hear_of_the_start_is_noted_when_the_vendor_has_it(store):
    (task_id,) = await enqueue(store, webhook="start,end")
    (delivery,) = await claim(store)

    await submitted(store, delivery)

    assert await outbox(store) == [f"{task_id}:start"]


async def test_a_failure_and_a_cancel_are_ends_too(store):
    failed, cancelled = await enqueue(store, 2, webhook="end")
    (delivery,) = await claim(store, count=1)

    await fail(store, delivery)
    await store.tasks.cancel(cancelled)

    assert sorted(await outbox(store)) == sorted([f"{failed}:end", f"{cancelled}:end"])


async def test_a_deadline_that_is_over_is_an_end_too(store):
    now_ms = (await store.control.overview()).now_ms
    (task_id,) = await enqueue(store, webhook="end", start_by_ms=now_ms + 1000)
    await age(store, 2)

    await store.upkeep.expire()

    assert await outbox(store) == [f"{task_id}:end"]


async def test_what_goes_back_to_the_queue_has_not_ended(store):
    await enqueue(store, webhook="end")
    (delivery,) = await claim(store)

    await put_back(store, delivery)

    assert await outbox(store) == []


async def test_who_wants_to_hear_nothing_is_not_noted(store):
    await enqueue(store)
    (delivery,) = await claim(store)

    await complete(store, await submitted(store, delivery))

    assert await outbox(store) == []
