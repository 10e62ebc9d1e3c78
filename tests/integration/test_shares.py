"""Shares: several tenants stand in one order, each by what it has used of the account, and by its weight."""

from __future__ import annotations

from random import Random

import pytest

from aigcq.store import Store
from aigcq.tenant import Tenant
from tests.conftest import age
from tests.integration.steps import (
    alter,
    claim,
    complete,
    enqueue,
    fail,
    positions,
    put_back,
    record,
    submitted,
    take,
    together,
)

pytestmark = pytest.mark.asyncio


async def given(store: Store, count: int = 1000) -> list[str]:
    """Return the ids of what is given, one after the other; each is done before the next is asked for."""
    found: list[str] = []
    while len(found) < count and (deliveries := await claim(store, count=1)):
        found.append(deliveries[0].task_id)
        await complete(store, deliveries[0])
    return found


async def tags(store: Store, task_ids: list[str]) -> list[float]:
    found = await store.connection.client.zmscore(store.connection.keys.queued, task_ids)
    return [float(tag) for tag in found]


async def test_a_single_task_of_a_light_tenant_is_the_next_beside_ten_thousand_of_another(store):
    for _ in range(20):
        await together(*(enqueue(store, 50, tenant="heavy") for _ in range(10)))
    await claim(store, count=1)

    (light,) = await enqueue(store, tenant="light")

    assert await positions(store, [light]) == [1]
    assert (await claim(store, count=1))[0].task_id == light


async def test_two_that_have_come_at_once_take_turns(store):
    red, blue = await enqueue(store, 3, tenant="red"), await enqueue(store, 3, tenant="blue")

    assert await given(store) == [red[0], blue[0], red[1], blue[1], red[2], blue[2]]


async def test_who_has_short_videos_has_more_of_them(store):
    long = await enqueue(store, 3, tenant="long", cost_seconds=300)
    short = await enqueue(store, 10, tenant="short", cost_seconds=60)

    assert await given(store, 8) == [long[0], *short[:5], long[1], short[5]]


async def test_who_weighs_twice_as_much_has_twice_as_many(store):
    await store.tenants.put(Tenant(name="red", weight=2))
    red, blue = await enqueue(store, 6, tenant="red"), await enqueue(store, 3, tenant="blue")

    assert await given(store) == [red[0], blue[0], red[1], red[2], blue[1], red[3], red[4], blue[2], red[5]]


async def test_who_comes_late_is_not_owed_what_was_used_before(store):
    red = await enqueue(store, 10, tenant="red")
    await given(store, 5)

    blue = await enqueue(store, 4, tenant="blue")

    assert await given(store, 5) == [blue[0], red[5], blue[1], red[6], blue[2]]


async def test_of_tenants_that_come_at_the_same_moment_the_older_is_first(store):
    ids = [(await enqueue(store, tenant=f"t{number}"))[0] for number in range(30)]

    assert await given(store) == ids


async def test_a_tenant_that_was_idle_has_no_credit(store):
    red = await enqueue(store, tenant="red")
    blue = await enqueue(store, 6, tenant="blue")
    assert await given(store, 5) == [blue[0] if each is None else each for each in [red[0], *blue[:4]]]

    more = await enqueue(store, 3, tenant="red")

    assert await given(store) == [more[0], blue[4], more[1], blue[5], more[2]]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.settings(priority_boost=3)
async def test_after_anything_of_anyone_the_tasks_leave_in_the_order_of_their_positions(store, seed):
    rng, queued = Random(seed), list[str]()
    for tenant in "abc":
        await store.tenants.put(Tenant(name=tenant, weight=rng.choice([0.5, 1, 2, 3])))
    for _ in range(60):
        await _something(store, rng, queued)

    found = dict(zip(await positions(store, queued), queued, strict=True))

    assert sorted(found) == list(range(1, len(queued) + 1))
    assert await given(store) == [found[position] for position in sorted(found)]


async def _something(store: Store, rng: Random, queued: list[str]) -> None:
    """Do this or that; keep `queued` true."""
    match rng.choice(["enqueue"] * 4 + ["cancel", "retry", "complete", "reorder"]):
        case "enqueue":
            how = {"priority": rng.randint(-10, 10), "cost_seconds": rng.choice([20, 60, 300])}
            queued += await enqueue(store, tenant=rng.choice(["", "a", "b", "c"]), **how)
        case "cancel" if queued:
            await store.tasks.cancel(queued.pop(rng.randrange(len(queued))))
        case "retry":
            for delivery in await claim(store, count=2):
                await put_back(store, delivery)
        case "complete":
            for task_id in await given(store, 1):
                queued.remove(task_id)
        case "reorder" if queued:
            await store.tasks.reorder(rng.choice(queued), rng.randint(-10, 10))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.settings(priority_boost=5)
async def test_the_priorities_of_one_tenant_move_no_task_of_another(make_store, settings, seed):
    """The same is done twice, once with priorities of one tenant: the others' tasks have the same places."""
    places = []
    for urgent in (False, True):
        store, rng = await make_store(queue=f"{settings.queue}-{urgent}"), Random(seed)
        of_others = []
        for _ in range(40):
            tenant, priority = rng.choice("aab"), rng.randint(-10, 10)
            (task_id,) = await enqueue(store, tenant=tenant, priority=priority if urgent and tenant == "a" else 0)
            of_others += [task_id] if tenant == "b" else []
        places.append(await positions(store, of_others))

    assert places[0] == places[1]


@pytest.mark.settings(priority_boost=2)
async def test_an_urgent_task_passes_those_of_its_own_tenant_only(store):
    red, blue = await enqueue(store, 3, tenant="red"), await enqueue(store, 3, tenant="blue")

    (urgent,) = await enqueue(store, tenant="red", priority=10)

    assert await given(store) == [urgent, blue[0], red[0], blue[1], red[1], blue[2], red[2]]


@pytest.mark.settings(priority_boost=2)
async def test_a_retry_after_an_urgent_task_has_come_waits_for_it_and_leaves_others_where_they_are(store):
    red, blue = await enqueue(store, 2, tenant="red"), await enqueue(store, 2, tenant="blue")
    (first,) = await claim(store, count=1)
    (urgent,) = await enqueue(store, tenant="red", priority=10)

    await put_back(store, first)

    assert await given(store) == [urgent, blue[0], red[0], blue[1], red[1]]


async def test_what_is_taken_back_costs_its_tenant_nothing(store):
    red = await enqueue(store, 200, tenant="red")
    for task_id in red[:-1]:
        await store.tasks.cancel(task_id)
    blue = await enqueue(store, 2, tenant="blue")

    more = await enqueue(store, tenant="red")

    assert await given(store) == [red[-1], blue[0], blue[1], more[0]]


async def test_what_is_taken_back_from_the_end_costs_its_tenant_nothing(store):
    red = await enqueue(store, 200, tenant="red")
    blue = await enqueue(store, 3, tenant="blue")
    for task_id in reversed(red[1:]):
        await store.tasks.cancel(task_id)

    more = await enqueue(store, tenant="red")

    assert await given(store) == [red[0], blue[0], blue[1], more[0], blue[2]]


async def test_what_has_missed_its_deadline_costs_its_tenant_nothing(store):
    red = await enqueue(store, 5, tenant="red", end_by_ms=4_000_000_000_000)
    last = await enqueue(store, tenant="red")
    blue = await enqueue(store, 2, tenant="blue")
    await store.connection.client.zadd(store.connection.keys.deadlines, dict.fromkeys(red, 1))
    for task_id in red:
        await store.connection.client.hset(store.connection.keys.task(task_id), "end_by_ms", 1)

    await store.upkeep.expire()

    assert await given(store) == [last[0], blue[0], blue[1]]


@pytest.mark.settings(priority_boost=3)
async def test_the_place_after_a_reorder_is_that_among_its_own(store):
    red, blue = await enqueue(store, 3, tenant="red"), await enqueue(store, 3, tenant="blue")

    await store.tasks.reorder(red[2], 1)

    assert await given(store) == [red[2], blue[0], red[0], blue[1], red[1], blue[2]]


async def test_what_an_older_release_has_queued_comes_first_and_keeps_its_order(store):
    """It knew one score for all: the sequence, less priority; and neither tenants nor their own orders."""
    old = await enqueue(store, 3)
    await _as_of_an_older_release(store, old)
    red = await enqueue(store, 2, tenant="red")
    blue = await enqueue(store, 1, tenant="blue")
    mine = await enqueue(store, 1)

    assert await store.upkeep.repair() == 0

    assert await positions(store, [*old, red[0], blue[0], mine[0], red[1]]) == list(range(1, 8))
    await store.tasks.reorder(old[2], 10)
    assert await given(store, 3) == [old[2], old[0], old[1]]


async def _as_of_an_older_release(store: Store, task_ids: list[str]) -> None:
    client, keys = store.connection.client, store.connection.keys
    await client.delete(keys.finish, keys.own(""))
    await client.hdel(keys.meta, "vtime")
    for seq, task_id in enumerate(task_ids, 1):
        await client.hset(keys.task(task_id), "score", seq)
        await client.zadd(keys.queued, {task_id: seq})


async def test_what_a_worker_of_an_older_release_has_taken_is_dropped_from_the_own_order(store):
    """It takes a task out of `queued` alone."""
    alter(store, "claim", line="redis.call('ZREM', own_of(order, task.tenant), task.task_id)", instead="")
    taken, *others = await enqueue(store, 3)
    (delivery,) = await claim(store, count=1)
    assert delivery.task_id == taken

    (urgent,) = await enqueue(store, priority=1)

    keys = store.connection.keys
    assert await store.connection.client.zrange(keys.own(""), 0, -1) == [urgent, *others]


async def test_a_retry_keeps_its_tag_and_a_requeue_too(store):
    delivery = await take(store)
    before = (await record(store, delivery.task_id))["score"]
    await enqueue(store, 3)

    await put_back(store, delivery, delay_seconds=60)
    await age(store, 61)
    await store.upkeep.promote()
    (again,) = await claim(store, count=1)
    await fail(store, await submitted(store, again))
    await store.tasks.requeue(again.task_id)

    assert await tags(store, [again.task_id]) == [float(before)]
