"""The store as it is, before a vendor in virtual time: tasks take what they take, and nobody waits for it."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID

from aigcq.model import Delivery, Event
from aigcq.store import Store
from aigcq.store.records import View
from aigcq.store.tasks import NewTask

SLOTS: Final = 8
KINDS: Final[Mapping[str, float]] = {"short-1": 20.0, "long-1": 300.0}
"""Median seconds of what a model makes."""
SIGMA: Final = 0.2
OBSERVED: Final = 100
"""So many of each kind were made before; what a task is expected to take is learnt from them."""
VIDEO: Final = {"video_url": "http://127.0.0.1/video.mp4"}


@dataclass(frozen=True, slots=True)
class Work:
    """A task, and how long the vendor will take for it."""

    tenant: str
    kind: str
    seconds: float


def work(rng: Random, tenant: str, kind: str) -> Work:
    return Work(tenant, kind, KINDS[kind] * rng.lognormvariate(0, SIGMA))


def backlog(rng: Random, tenant: str, kinds: Sequence[str], seconds: float) -> list[Work]:
    """Return tasks of these kinds, in any order, that take so long together."""
    found: list[Work] = []
    while seconds > 0:
        found.append(work(rng, tenant, rng.choice(kinds)))
        seconds -= found[-1].seconds
    return found


@dataclass(slots=True)
class Shop:
    """One queue, all of its slots, and the time."""

    store: Store
    rng: Random
    now: float = 0.0
    waiting: Counter[str] = field(default_factory=Counter)
    """How many of each tenant are queued."""
    used: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Slot-seconds of each tenant."""
    started: dict[str, float] = field(default_factory=dict)
    """When each task got its slot."""
    _works: dict[str, Work] = field(default_factory=dict)
    _running: list[tuple[float, str, Delivery]] = field(default_factory=list)

    async def observe(self) -> None:
        """Make some of each kind, so that it is known how long they take; a create asks for that only afterwards."""
        for kind in KINDS:
            for _ in range(OBSERVED):
                it = work(self.rng, "before", kind)
                await self.store.tasks.enqueue(self._new(it, cost_seconds=1))
                (delivery,) = (await self.store.deliveries.claim("bench", 1)).deliveries
                await self._submit(delivery)
                await self.store.deliveries.release(delivery, kind=kind, took_seconds=it.seconds)
                await self.store.deliveries.settle(delivery, Event.SUCCEED, VIDEO)

    async def put(self, works: Sequence[Work]) -> list[View]:
        """Enqueue them, about in this order."""
        views: list[View] = []
        for first in range(0, len(works), 50):
            async with asyncio.TaskGroup() as group:
                batch = [group.create_task(self._put(it)) for it in works[first : first + 50]]
            views += [each.result() for each in batch]
        return views

    async def _put(self, it: Work) -> View:
        new = self._new(it)
        self._works[new.id] = it
        view = await self.store.tasks.enqueue(new)
        self.waiting[it.tenant] += 1
        return view

    def _new(self, it: Work, cost_seconds: float = 0.0) -> NewTask:
        task_id = str(UUID(int=self.rng.getrandbits(128), version=4))
        return NewTask(
            id=task_id, request="{}", tenant=it.tenant, model=it.kind, kind=it.kind, cost_seconds=cost_seconds
        )  # fmt: skip

    async def fill(self) -> None:
        """Let every free slot be taken."""
        while self.free and (claimed := (await self.store.deliveries.claim("bench", self.free)).deliveries):
            for delivery in claimed:
                await self._submit(delivery)
                it = self._works[delivery.task_id]
                self.waiting[it.tenant] -= 1
                self.started[delivery.task_id] = self.now
                heapq.heappush(self._running, (self.now + it.seconds, delivery.task_id, delivery))

    async def _submit(self, delivery: Delivery) -> None:
        await self.store.deliveries.begin_submission(delivery)
        await self.store.deliveries.record_submission(delivery, f"vod-{delivery.task_id}")

    @property
    def free(self) -> int:
        return SLOTS - len(self._running)

    @property
    def next_end(self) -> float:
        return self._running[0][0] if self._running else float("inf")

    async def end_one(self) -> None:
        """Go on to where the next one ends."""
        self.now, task_id, delivery = heapq.heappop(self._running)
        it = self._works[task_id]
        self.used[it.tenant] += it.seconds
        await self.store.deliveries.settle(delivery, Event.SUCCEED, VIDEO)

    async def until_one_runs_out(self, tenants: Iterable[str]) -> dict[str, float]:
        """Return the slot-seconds of each up to where the first of them has nothing queued any more."""
        tenants = tuple(tenants)
        await self.fill()
        while all(self.waiting[tenant] for tenant in tenants):
            await self.end_one()
            await self.fill()
        used = dict(self.used)
        for _, task_id, _ in self._running:
            tenant = self._works[task_id].tenant
            used[tenant] = used.get(tenant, 0.0) + self.now - self.started[task_id]
        return {tenant: used.get(tenant, 0.0) for tenant in tenants}


def by_turns(works: Sequence[Work], weights: Mapping[str, int]) -> dict[str, float]:
    """Return the same where tenants take turns, task by task: so many in a turn as they weigh."""
    queues: dict[str, deque[Work]] = {tenant: deque() for tenant in weights}
    for it in works:
        queues[it.tenant].append(it)
    now, used, running = 0.0, dict.fromkeys(weights, 0.0), list[tuple[float, float, str]]()
    turns = [tenant for tenant, weight in weights.items() for _ in range(weight)]
    while True:
        for tenant in turns:
            if len(running) == SLOTS:
                now, begun, other = heapq.heappop(running)
                used[other] += now - begun
            heapq.heappush(running, (now + queues[tenant].popleft().seconds, now, tenant))
            if not queues[tenant]:
                for _, begun, other in running:
                    used[other] += now - begun
                return used


def in_turn(works: Sequence[tuple[float, Work]]) -> list[float]:
    """Return how long each of what comes at these times waits where the first to come is the first to go."""
    slots, waits = [0.0] * SLOTS, list[float]()
    for came, it in works:
        begins = max(came, slots[0])
        waits.append(begins - came)
        heapq.heapreplace(slots, begins + it.seconds)
    return waits
