"""Lists: every task once, a page at a time, in either direction."""

from __future__ import annotations

import pytest

from aigcq.errors import TaskOpen
from aigcq.model import Status
from aigcq.store import Store
from aigcq.store.listing import LOOKED_AT, Wanted
from tests.conftest import age
from tests.integration.steps import claim, complete, enqueue, fail, submitted

pytestmark = pytest.mark.asyncio


async def listed(store: Store, wanted: Wanted = Wanted(), cursor: str = "") -> list[str]:  # noqa: B008  # frozen
    return [each.task.id async for each in store.lists.tasks(wanted, cursor)]


async def ended(store: Store, count: int, *, seconds: float = 1.0) -> list[str]:
    """Make tasks that have completed, so many seconds apart."""
    task_ids = await enqueue(store, count)
    for delivery in await claim(store, count=count):
        await complete(store, await submitted(store, delivery))
        await age(store, seconds)
    return task_ids


@pytest.mark.settings(default_threshold=50, max_threshold=50, limit_policy="step", create_burst=50)
async def test_the_newest_come_first_and_open_ones_before_those_that_have_ended(store):
    old = await ended(store, 3)
    fresh = await enqueue(store, 3)

    assert await listed(store) == [*reversed(fresh), *reversed(old)]
    assert await listed(store, Wanted(newest=False)) == [*old, *fresh]


@pytest.mark.settings(default_threshold=50, max_threshold=50, limit_policy="step", create_burst=50)
@pytest.mark.parametrize("newest", [True, False])
async def test_behind_each_cursor_comes_what_has_not_been_seen(store, newest):
    await ended(store, 4, seconds=0)  # in one millisecond, or nearly
    await enqueue(store, 4)
    wanted = Wanted(newest=newest)

    whole = [each async for each in store.lists.tasks(wanted)]

    for i, each in enumerate(whole):
        assert await listed(store, wanted, each.cursor) == [other.task.id for other in whole[i + 1 :]]
        assert await store.lists.cursor_of(each.task.id) == each.cursor


@pytest.mark.settings(default_threshold=50, max_threshold=50, limit_policy="step", create_burst=50)
async def test_only_what_is_wanted_is_listed(store):
    (kling,) = await enqueue(store, 1, model="Kling-2.5")
    (hailuo,) = await enqueue(store, 1, model="Hailuo-2.3")
    (failed,) = await enqueue(store, 1, model="Hailuo-2.3")
    first, *_, last = await claim(store)
    await fail(store, last)

    assert await listed(store, Wanted(fields={"model": ["Kling-2.5"]})) == [kling]
    assert await listed(store, Wanted(open=False)) == [failed]
    assert await listed(store, Wanted(ended=False)) == [hailuo, kling]
    assert await listed(store, Wanted(fields={"status": [Status.PROCESSING, Status.FAILED]})) == [hailuo, kling, failed]


@pytest.mark.settings(default_threshold=50, max_threshold=50, limit_policy="step", create_burst=50)
async def test_what_was_erased_is_listed_no_more_and_what_is_open_cannot_be(store):
    gone, kept = await ended(store, 2)
    (queued,) = await enqueue(store)

    await store.tasks.erase(gone)
    with pytest.raises(TaskOpen):
        await store.tasks.erase(queued)

    assert await listed(store) == [queued, kept]


async def test_what_is_rare_is_found_behind_many_others(store):
    (first,) = await enqueue(store, 1, model="rare")
    await enqueue(store, LOOKED_AT + 5, model="common")

    assert await listed(store, Wanted(fields={"model": ["rare"]})) == [first]


@pytest.mark.parametrize(
    "cursor",
    [
        "open:",
        "open:x",
        "open:0-00",
        f"open:{2**64}-1",
        "open:1-9999999999999999999",
        "queued:1-1",
        "ended:5",
        "ended:5:*",
        "'",
    ],
)
async def test_a_cursor_that_no_list_has_given_is_refused(store, cursor):
    with pytest.raises(ValueError):
        await listed(store, cursor=cursor)
