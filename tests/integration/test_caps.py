"""Caps: a tenant at its own lets others pass, keeps its places, and nobody's room stands empty for it."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from redis.exceptions import ResponseError

from aigcq.model import Delivery
from aigcq.store import Store
from aigcq.tenant import Tenant
from tests.integration.steps import alter, claim, complete, enqueue, live, positions, put_back, together

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(default_threshold=6, max_threshold=6)]


async def capped(store: Store, most: int, tenant: str = "red") -> None:
    await store.tenants.put(Tenant(name=tenant, max_live=most))


def ids(deliveries: list[Delivery]) -> list[str]:
    return [delivery.task_id for delivery in deliveries]


async def test_a_tenant_has_no_more_at_once_than_its_cap_and_others_have_all_the_rest(store):
    await capped(store, 2)
    red, blue = await enqueue(store, 10, tenant="red"), await enqueue(store, 10, tenant="blue")

    taken = ids(await claim(store))

    assert sorted(taken) == sorted([*red[:2], *blue[:4]])
    assert await live(store) == 6


async def test_who_is_at_its_cap_goes_on_as_soon_as_one_of_its_own_has_ended(store):
    await capped(store, 1)
    red, blue = await enqueue(store, 3, tenant="red"), await enqueue(store, 3, tenant="blue")
    deliveries = await claim(store)
    assert ids(deliveries) == [red[0], *blue]
    await complete(store, deliveries[1])
    assert await claim(store) == []

    await complete(store, deliveries[0])

    assert ids(await claim(store)) == [red[1]]


async def test_who_is_at_its_cap_keeps_its_places(store):
    await capped(store, 1)
    red, blue = await enqueue(store, 3, tenant="red"), await enqueue(store, 3, tenant="blue")

    await claim(store, count=3)

    assert await positions(store, [*red, *blue]) == [0, 1, 2, 0, 0, 3]


async def test_a_retry_of_who_is_at_its_cap_is_the_next_of_its_tenant(store):
    await capped(store, 1)
    red = await enqueue(store, 3, tenant="red")
    (delivery,) = await claim(store)

    await put_back(store, delivery)

    assert ids(await claim(store)) == red[:1]


async def test_a_cap_that_is_raised_or_taken_away_counts_at_once(store):
    await capped(store, 1)
    red = await enqueue(store, 6, tenant="red")
    assert ids(await claim(store)) == red[:1]
    assert await claim(store) == []

    await capped(store, 3)
    assert ids(await claim(store)) == red[1:3]
    assert await claim(store) == []

    await store.tenants.remove("red")
    assert ids(await claim(store)) == red[3:]


async def test_what_runs_already_counts_when_a_cap_is_set(store):
    red = await enqueue(store, 4, tenant="red")
    deliveries = await claim(store, count=2)
    await capped(store, 2)

    assert await claim(store) == []
    await complete(store, deliveries[0])
    assert ids(await claim(store)) == red[2:3]


async def test_the_tenant_without_a_name_may_have_a_cap(store):
    await capped(store, 1, tenant="")
    mine, blue = await enqueue(store, 3), await enqueue(store, 3, tenant="blue")

    deliveries = await claim(store)

    assert ids(deliveries) == [mine[0], *blue]
    await complete(store, deliveries[0])
    assert ids(await claim(store)) == [mine[1]]


async def test_once_nobody_is_at_its_cap_there_are_no_lanes(store):
    await capped(store, 1)
    await enqueue(store, 3, tenant="red")
    client, keys = store.connection.client, store.connection.keys
    for _ in range(3):
        deliveries = await claim(store)
        await complete(store, deliveries[0])
    assert await claim(store) == []

    names = [keys.lanes, keys.full, f"{keys.full}:permits", keys.lane("", "red")]
    assert await client.exists(*names) == 0
    assert not await client.hexists(keys.meta, "lanes_to")


async def test_what_an_older_release_has_claimed_counts_after_the_next_repair(store):
    """Its workers note no permits of tenants."""
    await capped(store, 2)
    red = await enqueue(store, 4, tenant="red")
    await claim(store, count=1)
    alter(store, "claim", line="    of_tenant(first)\n", instead="")
    await claim(store, count=1)
    alter(store, "claim")

    await store.upkeep.repair()

    assert await claim(store) == []
    assert await positions(store, red) == [0, 0, 1, 2]


@pytest.mark.settings(default_threshold=50, max_threshold=50)
async def test_a_long_backlog_of_who_is_at_its_cap_is_passed_and_costs_the_next_claims_nothing(store):
    await capped(store, 1)
    await together(*(enqueue(store, 300, tenant="red") for _ in range(4)))
    (blue,) = await enqueue(store, tenant="blue", cost_seconds=1)
    assert blue in ids(await claim(store))
    assert await claim(store) == []
    (green,) = await enqueue(store, tenant="green")
    look = "local record = redis.call('HMGET', task_prefix .. first.task_id,"
    counted = f"lookups = lookups + 1\n if lookups > 2 then error('it looks at more') end\n {look}"
    alter(store, "claim", lua="local lookups = 0", line=look, instead=counted)

    try:
        taken = ids(await claim(store))
    except ResponseError as error:
        pytest.fail(str(error))

    assert taken == [green]


class Room:
    """Tenants with caps, to which anything happens, beside what must come of it."""

    CAPS = {"a": 1, "b": 2, "c": 0, "": 3}

    def __init__(self, store: Store, rng: Random) -> None:
        self.store, self.rng = store, rng
        self.running: list[Delivery] = []
        self.queued: list[str] = []
        self.whose: dict[str, str] = {}
        self.caps = dict(self.CAPS)

    async def enqueue(self) -> None:
        tenant = self.rng.choice("aabbc ").strip()
        how = {"priority": self.rng.randint(-10, 10), "cost_seconds": self.rng.choice([20, 300])}
        (task_id,) = await enqueue(self.store, tenant=tenant, model=self.rng.choice(["A-1", "B-1"]), **how)
        self.queued.append(task_id)
        self.whose[task_id] = tenant

    async def claim(self) -> None:
        """The next one is the first in the order whose tenant has room."""
        busy = Counter(self.whose[delivery.task_id] for delivery in self.running)
        places = dict(zip(await positions(self.store, self.queued), self.queued, strict=True))
        may_run = [each for _, each in sorted(places.items()) if busy[self.whose[each]] < (self._cap(each) or 999)]

        given = await claim(self.store, count=1)

        assert ids(given) == may_run[:1]
        for delivery in given:
            self.queued.remove(delivery.task_id)
            self.running.append(delivery)

    def _cap(self, task_id: str) -> int:
        return self.caps[self.whose[task_id]]

    async def cap(self) -> None:
        tenant = self.rng.choice(list(self.caps))
        self.caps[tenant] = self.rng.randint(0, 3)
        await capped(self.store, self.caps[tenant], tenant)

    async def cancel(self) -> None:
        if self.queued:
            await self.store.tasks.cancel(self.queued.pop(self.rng.randrange(len(self.queued))))

    async def reorder(self) -> None:
        if self.queued:
            await self.store.tasks.reorder(self.rng.choice(self.queued), self.rng.randint(-10, 10))

    async def end(self) -> None:
        if self.running:
            await complete(self.store, self.running.pop(self.rng.randrange(len(self.running))))

    async def put_back(self) -> None:
        if self.running:
            delivery = self.running.pop(self.rng.randrange(len(self.running)))
            await put_back(self.store, delivery)
            self.queued.append(delivery.task_id)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.settings(priority_boost=3, default_threshold=200, max_threshold=200)
async def test_whatever_happens_the_next_is_the_first_in_the_order_whose_tenant_has_room(store, seed):
    room = Room(store, Random(seed))
    for tenant, most in room.caps.items():
        await capped(store, most, tenant)

    moves = ["enqueue"] * 5 + ["claim"] * 6 + ["cancel", "reorder", "end", "end", "end", "put_back", "cap"]
    for _ in range(200):
        await getattr(room, room.rng.choice(moves))()

    while room.running or room.queued:
        await room.claim()
        await room.end()
