"""How much there is of everything, and since when."""

from __future__ import annotations

import pytest

from aigcq.store import Store
from tests.conftest import MakeStore, age
from tests.integration.steps import A_LEASE, WORKER_A, claim, enqueue, fail, put_back, submitted, take

pytestmark = pytest.mark.asyncio


async def test_an_empty_queue_has_nothing_and_no_age(make_store: MakeStore) -> None:
    store = await make_store()

    depth = await store.depths.read()

    assert (depth.stream, depth.pending, depth.queued_seconds, depth.pending_seconds) == (0, 0, 0, 0)
    assert depth.last_change == "0-0"


async def test_ages_are_those_of_the_oldest(make_store: MakeStore) -> None:
    store = await make_store()
    await enqueue(store, 2, priority=0)
    held = (await claim(store, count=1))[0]
    await age(store, 100)
    await enqueue(store, 1, priority=10)

    depth = await store.depths.read()

    assert (depth.stream, depth.pending) == (3, 1)
    assert depth.queued_seconds >= 100  # not that of the one which is next
    assert depth.pending_seconds >= 100
    assert depth.lapsed_seconds >= 100 - A_LEASE
    assert held.task.status == "processing"


async def test_what_failed_and_what_the_law_did_is_counted(make_store: MakeStore) -> None:
    store = await make_store(default_threshold=4)
    before = await store.depths.read()
    await fail(store, await submitted(store, await take(store)))
    (delivery,) = await _claimed(store)
    await put_back(store, delivery, news="refused")

    after = await store.depths.read()

    assert (before.dead, after.dead) == (0, 1)
    changes = await store.depths.changes_after(before.last_change)
    assert [each.new for each in changes] and after.last_change != before.last_change
    assert await store.depths.changes_after(after.last_change) == []


async def _claimed(store: Store):  # type: ignore[no-untyped-def]
    await enqueue(store)
    return await claim(store, WORKER_A, 1)
