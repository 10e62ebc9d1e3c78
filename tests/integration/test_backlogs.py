"""How many of its tasks a tenant may have unfinished, and what a task is expected to take of its share."""

from __future__ import annotations

import pytest

from aigcq.durations import ENOUGH
from aigcq.errors import TenantBacklogFull
from aigcq.store import Store
from aigcq.store.costs import UNKNOWN_SECONDS
from aigcq.tenant import Tenant
from tests.integration.steps import alter, claim, complete, enqueue, fail, new, put_back, submitted

pytestmark = pytest.mark.asyncio


async def limited(store: Store, most: int, tenant: str = "red") -> None:
    await store.tenants.put(Tenant(name=tenant, backlog_limit=most))


async def test_a_tenant_at_its_limit_is_refused_and_others_are_not(store):
    await limited(store, 2)
    await enqueue(store, 2, tenant="red")

    with pytest.raises(TenantBacklogFull):
        await enqueue(store, tenant="red")

    await enqueue(store, 3, tenant="blue")
    await enqueue(store, 3)
    assert (await store.control.overview()).queued == 8


async def test_a_limit_of_its_own_does_not_count_what_others_have(store):
    await limited(store, 2)
    await limited(store, 2, "")
    await enqueue(store, 5, tenant="blue")

    await enqueue(store, 2, tenant="red")
    await enqueue(store, 2)


@pytest.mark.parametrize("tenant", ["red", ""])
async def test_what_runs_and_what_waits_counts_and_what_has_ended_does_not(store, tenant):
    await limited(store, 4, tenant)
    await enqueue(store, 2, tenant="blue")
    (first, *_) = await enqueue(store, 3, tenant=tenant)
    await enqueue(store, tenant=tenant, due_ms=4_000_000_000_000)
    mine = [each for each in await claim(store) if each.task.tenant == tenant]
    await put_back(store, mine[0], delay_seconds=60)
    with pytest.raises(TenantBacklogFull):
        await enqueue(store, tenant=tenant)

    await store.tasks.cancel(first)
    await complete(store, mine[1])
    await fail(store, mine[2])
    await store.tasks.requeue(mine[2].task_id)

    await enqueue(store, 2, tenant=tenant)
    with pytest.raises(TenantBacklogFull):
        await enqueue(store, tenant=tenant)


async def test_a_deadline_that_is_over_makes_room(store):
    await limited(store, 1)
    (task_id,) = await enqueue(store, tenant="red", end_by_ms=4_000_000_000_000)
    client, keys = store.connection.client, store.connection.keys
    await client.zadd(keys.deadlines, {task_id: 1})
    await client.hset(keys.task(task_id), "end_by_ms", 1)

    await store.upkeep.expire()

    await enqueue(store, tenant="red")


async def test_what_an_older_release_has_ended_counts_until_the_next_repair(store):
    await limited(store, 1)
    await enqueue(store, tenant="red")
    line = "has_ended(stream, task, task_id)\nfor _, kept"
    alter(store, "settle", line=line, instead="for _, kept")
    (delivery,) = await claim(store)
    await complete(store, delivery)

    await store.upkeep.repair()

    await enqueue(store, tenant="red")


async def test_a_limit_that_is_set_later_counts_all_there_are(store):
    await enqueue(store, 3, tenant="red")
    await limited(store, 3)

    with pytest.raises(TenantBacklogFull):
        await enqueue(store, tenant="red")


async def observed(store: Store, kind: str, seconds: float) -> None:
    for _ in range(int(ENOUGH)):
        await enqueue(store)
        (delivery,) = await claim(store)
        await submitted(store, delivery)
        await store.deliveries.release(delivery, kind=kind, took_seconds=seconds)
        await complete(store, delivery)


async def cost(store: Store, tenant: str, **fields: str) -> float:
    """Return how far a new task moves the end of its tenant's share."""
    client, keys = store.connection.client, store.connection.keys
    await store.tasks.enqueue(new(tenant=tenant, **fields))
    before = float(await client.hget(keys.finish, tenant))
    await store.tasks.enqueue(new(tenant=tenant, **fields))
    return float(await client.hget(keys.finish, tenant)) - before


async def test_a_task_costs_what_its_kind_was_observed_to_take(store):
    await observed(store, "long-1", 300)
    await observed(store, "short-1", 20)

    assert await cost(store, "red", kind="long-1") == pytest.approx(300, rel=0.06)
    assert await cost(store, "blue", kind="short-1") == pytest.approx(20, rel=0.06)


async def test_while_nothing_is_known_every_task_costs_a_minute(store):
    assert await cost(store, "green", kind="new-1") == UNKNOWN_SECONDS


async def test_what_is_not_known_yet_costs_the_mean_of_what_is(store):
    await observed(store, "long-1", 300)
    await observed(store, "short-1", 20)
    for kind in ("long-1", "short-1"):
        await enqueue(store, kind=kind)

    assert await cost(store, "red", kind="new-1") == pytest.approx(160, rel=0.06)
