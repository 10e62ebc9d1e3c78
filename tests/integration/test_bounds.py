"""Bounds of the threshold that an operator sets while everything runs."""

from __future__ import annotations

import itertools

import pytest

from aigcq.errors import InvalidRequest
from aigcq.limit import Law, News, threshold
from aigcq.limit.law import Bounds
from aigcq.store import Store
from tests.conftest import MakeStore, age
from tests.integration.steps import claim, enqueue, put_back, submitted, take

pytestmark = pytest.mark.asyncio

NOTHING = Bounds()


async def changes(store: Store) -> list[tuple[str, int | None, int]]:
    """Return cause, old and new of each change, the oldest first."""
    return [(each.cause, each.old, each.new) for each in reversed(await store.control.changes(100))]


async def known(store: Store, level: int) -> None:
    """Let the threshold be so high, as if it had been learnt."""
    await store.connection.client.hset(store.connection.keys.limit, "threshold", level)


@pytest.mark.parametrize("policy", ["ceiling", "step"])
async def test_bounds_hold_at_once_over_the_settings_as_the_law_says(make_store: MakeStore, policy: str) -> None:
    store = await make_store(limit_policy=policy, default_threshold=5, max_threshold=8, min_threshold=2)
    law, client, key = Law.of(store.connection.settings), store.connection.client, store.connection.keys.limit
    found = []
    for minimum, maximum, level in itertools.product((None, 3, 8), (None, 1, 4, 20), (1, 5, 30)):
        bounds = Bounds(minimum, maximum)
        if minimum and maximum and minimum > maximum:
            continue
        await client.delete(key)
        await known(store, level)
        await store.limits.bound(bounds)
        record = await client.hgetall(key)
        held, overview = law.within(bounds), await store.control.overview()
        await claim(store)
        found.append(int((await client.hgetall(key))["threshold"]))
        assert int(record["threshold"]) == max(minimum or 0, min(maximum or level, level)), (bounds, level)
        assert found[-1] == overview.threshold == max(held.minimum, min(held.maximum, level)), (bounds, level)
        assert (overview.minimum, overview.maximum) == (held.minimum, held.maximum)
        assert overview.bounds == await store.limits.bounds() == bounds
    assert len(found) == 27


async def test_every_worker_keeps_to_them_whatever_its_own_settings_say(make_store: MakeStore) -> None:
    store = await make_store(max_threshold=12, default_threshold=12)
    other = await make_store(max_threshold=6, default_threshold=6)
    await enqueue(store, 12)

    await store.limits.bound(Bounds(maximum=2))
    few = len(await claim(other)) + len(await claim(store))
    await store.limits.bound(Bounds(minimum=9, maximum=9))
    more = len(await claim(other))

    assert (few, more) == (2, 7)


async def test_each_change_is_put_down_with_its_cause(store: Store) -> None:
    await put_back(store, await take(store), news=News.REFUSED)

    for bounds in (Bounds(maximum=4), Bounds(maximum=4), Bounds(minimum=14, maximum=20), NOTHING):
        await store.limits.bound(bounds)
    await claim(store)

    assert await changes(store) == [
        ("started", None, 12), ("refused", 12, 10), ("operator", 10, 4), ("operator", 4, 14), ("bounded", 14, 12),
    ]  # fmt: skip


async def test_bounds_are_kept_where_nothing_is_known_yet_and_the_law_begins_within_them(store: Store) -> None:
    assert await store.limits.bound(Bounds(maximum=3)) is True
    assert await store.limits.bound(Bounds(maximum=3)) is False
    before = await changes(store)
    await enqueue(store, 5)

    assert len(await claim(store)) == 3
    assert (before, await changes(store)) == ([], [("started", None, 3)])


@pytest.mark.settings(limit_policy="ceiling", max_threshold=12, default_threshold=2)
@pytest.mark.settings(limit_policy="ceiling")
async def test_the_limit_of_a_model_falls_with_the_maximum_and_does_not_rise_with_the_minimum(store: Store) -> None:
    client, keys = store.connection.client, store.connection.keys
    await known(store, 9)
    await client.hset(keys.limit, "models", '["Kling", "Vidu"]')
    for model, level in (("Kling", 6), ("Vidu", 2)):
        await client.hset(keys.limit_of(model), "threshold", level)

    await store.limits.bound(Bounds(minimum=4, maximum=5))

    assert (await store.control.overview()).model_limits == {"Kling": 5, "Vidu": 2}
    told = [(each.scope, each.cause, each.old, each.new) for each in await store.control.changes(9)]
    assert told == [("model:Kling", "operator", 6, 5), ("account", "operator", 9, 5)]


async def test_beyond_the_settings_the_law_looks_for_more_as_far_as_the_operator_lets_it(store: Store) -> None:
    await store.limits.bound(Bounds(minimum=14, maximum=14))
    await enqueue(store, 16)
    for _ in range(14):
        for delivery in await claim(store, count=1):
            await submitted(store, delivery)
        await age(store, 3)

    overview = await store.control.overview()
    assert (overview.live, overview.threshold) == (14, 14)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [(Bounds(5, 4), "must not be above maximum=4"), (Bounds(minimum=13), "above MAX_THRESHOLD=12")],
)
async def test_a_minimum_above_the_maximum_is_refused_by_name_and_changes_nothing(
    store: Store, bounds: Bounds, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words) as refused:
        await store.limits.bound(bounds)

    assert refused.value.field == "minimum"
    assert await store.limits.bounds() == NOTHING


async def test_what_the_release_before_writes_and_reads_of_the_limit_is_as_it_was(store: Store) -> None:
    await store.limits.bound(Bounds(maximum=4))
    await known(store, 7)  # a worker of that release does not know the bounds

    record = await store.connection.client.hgetall(store.connection.keys.limit)
    await enqueue(store, 6)

    assert threshold(record, Law.of(store.connection.settings), 0) == 7
    assert len(await claim(store)) == 4
