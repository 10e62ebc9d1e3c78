"""One at a time, the most urgent first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Turns:
    """A lock whose next holder is not who came first but who is due first."""

    def __init__(self) -> None:
        self.waiting = 0
        """How many wait for it now."""
        self._taken = False
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrivals = count()

    @asynccontextmanager
    async def turn(self, due: float) -> AsyncIterator[None]:
        """Hold the lock; of all that wait the one with the smallest `due` is next, then the first to come."""
        if self._taken:
            await self._wait(due)
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, due: float) -> None:
        mine = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (due, next(self._arrivals), mine))
        self.waiting += 1
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it was given the turn as it was cancelled
                self._pass_on()
            raise
        finally:
            self.waiting -= 1

    def _pass_on(self) -> None:
        while self._waiting:
            *_, next_one = heapq.heappop(self._waiting)
            if not next_one.done():
                next_one.set_result(None)
                return  # it stays taken: whoever comes meanwhile waits
        self._taken = False
