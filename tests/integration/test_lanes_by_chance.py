"""Anything, in any order, where models have limits: each claim gives the first of the order that may run."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from aigcq.model import Delivery
from aigcq.store import Store
from tests.integration.learnt import CEILING, answered, ends, learnt, limited
from tests.integration.steps import claim, enqueue, positions, put_back

pytestmark = pytest.mark.asyncio


class Desk:
    """A queue to which anything happens, beside what must come of it."""

    MOST = {"A": 2, "B": 1, "C": 99}

    def __init__(self, store: Store, rng: Random) -> None:
        self.store, self.rng = store, rng
        self.running: list[Delivery] = []
        self.queued: list[str] = []
        self.models: dict[str, str] = {}

    async def enqueue(self) -> None:
        model = self.rng.choice("AAABBC")
        (task_id,) = await enqueue(self.store, model=f"{model}-1", priority=self.rng.randint(-10, 10))
        self.queued.append(task_id)
        self.models[task_id] = model

    async def claim(self) -> None:
        """The next one is the first in the order whose model has room."""
        client, keys = self.store.connection.client, self.store.connection.keys
        for key in (keys.limit, keys.limit_of("A"), keys.limit_of("B")):
            await client.hset(key, mapping={"ended": 0, "hold_until_ms": 0})  # no probes
        live = Counter(self.models[delivery.task_id] for delivery in self.running)
        places = dict(zip(await positions(self.store, self.queued), self.queued, strict=True))
        assert sorted(places) == list(range(1, len(self.queued) + 1))
        may_run = [task_id for _, task_id in sorted(places.items()) if live[self.models[task_id]] < self._most(task_id)]

        given = (await self.store.deliveries.claim("a worker", 1)).deliveries

        assert [delivery.task_id for delivery in given] == may_run[:1]
        for delivery in given:
            self.queued.remove(delivery.task_id)
            self.running.append(await answered(self.store, delivery))

    def _most(self, task_id: str) -> int:
        return self.MOST[self.models[task_id]]

    async def cancel(self) -> None:
        if self.queued:
            await self.store.tasks.cancel(self.queued.pop(self.rng.randrange(len(self.queued))))

    async def end(self) -> None:
        if self.running:
            await ends(self.store, self.running.pop(self.rng.randrange(len(self.running))))

    async def put_back(self) -> None:
        if self.running:
            delivery = self.running.pop(self.rng.randrange(len(self.running)))
            await put_back(self.store, delivery)
            self.queued.append(delivery.task_id)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.settings(**CEILING | {"priority_boost": 5, "max_threshold": 200})
async def test_whatever_happens_the_next_is_the_first_in_the_order_whose_model_has_room(store, seed):
    await learnt(store, threshold=200, base=200, proven=200)
    for model in "AB":
        most = Desk.MOST[model]
        await limited(store, model, threshold=most, base=most, proven=most)
    desk = Desk(store, Random(seed))

    for _ in range(150):
        await getattr(desk, desk.rng.choice(["enqueue"] * 4 + ["claim"] * 5 + ["cancel", "end", "end", "put_back"]))()

    while desk.running or desk.queued:
        await desk.claim()
        await desk.end()
    await claim(store)
    assert await store.connection.client.hget(store.connection.keys.meta, "lanes_to") is None
