"""As in test_halfway: what moves in the order of several tenants, and what is put aside at a cap, mends itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from aigcq.store import Store
from aigcq.tenant import Tenant
from tests.integration import test_halfway as halfway
from tests.integration.steps import claim, complete, enqueue, new, put_back, take

pytestmark = pytest.mark.asyncio


async def _one_at_its_cap(store: Store) -> halfway.Step:
    await store.tenants.put(Tenant(name="red", max_live=1))
    await enqueue(store, 3, tenant="red", model="A-1")
    await enqueue(store, 1, tenant="blue", model="A-1")
    return lambda: claim(store)


async def _one_below_its_cap_again(store: Store) -> halfway.Step:
    await store.tenants.put(Tenant(name="red", max_live=1))
    await enqueue(store, 3, tenant="red", model="A-1")
    (first,) = await claim(store)
    await complete(store, first)
    return lambda: claim(store)


async def _taken_back_among_its_own(store: Store) -> halfway.Step:
    (task_id, *_) = await enqueue(store, 4, tenant="red")
    return lambda: store.tasks.cancel(task_id)


async def _urgent_among_its_own(store: Store) -> halfway.Step:
    await enqueue(store, 4, tenant="red")
    return lambda: store.tasks.enqueue(new(tenant="red", priority=5))


async def _reordered_among_its_own(store: Store) -> halfway.Step:
    (*_, task_id) = await enqueue(store, 4, tenant="red")
    return lambda: store.tasks.reorder(task_id, 5)


async def _retried_among_its_own(store: Store) -> halfway.Step:
    delivery = await take(store)
    await enqueue(store, 2, priority=5)
    return lambda: put_back(store, delivery)


STORIES: list[tuple[str, Callable[[Store], Awaitable[halfway.Step]]]] = [
    ("claim", _one_at_its_cap),
    ("claim", _one_below_its_cap_again),
    ("cancel", _taken_back_among_its_own),
    ("enqueue", _urgent_among_its_own),
    ("reorder", _reordered_among_its_own),
    ("retry", _retried_among_its_own),
]


@pytest.mark.parametrize(("verb", "begin"), STORIES, ids=[begin.__name__ for _, begin in STORIES])
async def test_wherever_a_script_stops_the_order_of_tenants_mends_itself(make_store, settings, verb, begin):
    await halfway.test_wherever_a_script_stops_the_queue_mends_itself_and_every_task_ends(
        make_store, settings, verb, begin
    )
