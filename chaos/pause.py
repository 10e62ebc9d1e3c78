"""Pause points: the queue is stopped for a moment, and what it says of itself must be exactly true."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from redis.asyncio import Redis

from aigcq.clock import Clock
from aigcq.errors import StoreUnavailable
from aigcq.model import Event
from aigcq.store import Store
from aigcq.store.control import Overview
from chaos.faults import Faults
from chaos.load import Load
from chaos.watch import Seen
from tests.integration.invariants import picture, violations

BACKLOG_SECONDS: Final = 4.0
"""How long tasks come in and none goes out, so that there are positions to look at."""
CALM_SECONDS: Final = 40.0
"""How long what runs may take to end after everything was mended."""


@dataclass
class PausePoints:
    """Looks at the queue while it stands still."""

    store: Store
    redis: Redis
    session: aiohttp.ClientSession
    apis: Sequence[str]
    faults: Faults
    load: Load
    clock: Clock
    looked_at: list[int] = field(default_factory=list)
    """How many tasks were queued at each point."""
    broken: list[str] = field(default_factory=list)
    """What was not true."""
    orders: list[tuple[int, list[str]]] = field(default_factory=list)
    """Redis time in ms of each point, and the queued tasks by the position that clients were told."""

    async def every(self, seconds: float, still: Callable[[], bool]) -> None:
        """Look every so often, as long as it is `still` wanted."""
        due = self.clock.monotonic() + seconds
        while still():
            await self.clock.sleep(0.1)
            if self.clock.monotonic() >= due and still():
                await self.look()
                due = self.clock.monotonic() + seconds

    async def look(self) -> None:
        """Stop the faults, then the claims, then the clients; look; let all go on."""
        self.faults.held = True
        await self.faults.mend()
        try:
            await self._until(lambda: self.store.control.pause("the laboratory looks at the queue"))
            await self.clock.sleep(BACKLOG_SECONDS)
            self.load.held = True
            calm = await self._calm()
            await (self._look(calm) if calm else self._complain())
        finally:
            await self._until(self.store.control.resume)
            self.load.held = self.faults.held = False

    async def _until(self, verb: Callable[[], Any]) -> Any:
        while True:
            with suppress(StoreUnavailable):
                return await verb()
            await self.clock.sleep(0.1)

    async def _calm(self) -> Overview | None:
        """Return the queue once nothing runs, nothing waits and no client is being answered."""
        give_up = self.clock.monotonic() + CALM_SECONDS
        while self.clock.monotonic() < give_up:
            self.faults.replace_deserters()
            overview: Overview = await self._until(self.store.control.overview)
            if not (overview.processing or overview.waiting or self.load.promises.unanswered):
                return overview
            await self.clock.sleep(0.2)
        return None

    async def _complain(self) -> None:
        overview = await self._until(self.store.control.overview)
        unanswered = len(self.load.promises.unanswered)
        self.broken.append(f"{CALM_SECONDS:g} s after everything was mended: {overview}, {unanswered} unanswered")

    async def _look(self, overview: Overview) -> None:
        keys = self.store.connection.keys
        await self._until(self.store.upkeep.repair)  # what it had to mend is an alarm, which the verdict looks for
        seen = await picture(self.redis, keys)
        self.broken += violations(seen, keys)
        positions: dict[str, int] = {}
        for number, task_id in enumerate(seen.zsets["queued"]):
            positions[task_id] = await self._told(f"{self.apis[number % len(self.apis)]}/aigc/status/{task_id}")
        order = sorted(positions, key=lambda task_id: positions[task_id])
        if [positions[task_id] for task_id in order] != list(range(1, overview.queued + 1)):
            self.broken.append(f"{overview.queued} tasks are queued, their positions are {sorted(positions.values())}")
        self.looked_at.append(overview.queued)
        self.orders.append((overview.now_ms, order))

    async def _told(self, url: str) -> int:
        """Return the position that a client is told, who asks again if the connection was one to a killed API."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.session.get(url) as answer:
                    return int((await answer.json())["position"])
            await self.clock.sleep(0.1)


def broken_orders(orders: Sequence[tuple[int, list[str]]], seen: Sequence[Seen]) -> list[str]:
    """Return every task that was claimed before another that had been told a smaller position."""
    found = []
    for ms, order in orders:
        rank = {task_id: number for number, task_id in enumerate(order, start=1)}
        first: dict[str, None] = {}
        for event in seen:
            if event.ms > ms and event.name == Event.CLAIM and event.task_id in rank:
                first.setdefault(event.task_id)
        ranks = [rank[task_id] for task_id in first]
        found += [f"position {one} ran before {two}" for one, two in itertools.pairwise(ranks) if one > two]
    return found
