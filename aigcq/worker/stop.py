"""Ending early, in order: everything that waits, waits here."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

CANCEL_AGAIN_SECONDS = 0.1
"""Before Python 3.12 a cancellation can get lost in asyncio.wait_for, with which redis-py sends."""


class Stopping(Exception):
    """The process was asked to stop: hand back what others can go on with."""


class Stop:
    """A process's wish to end. Waits end with `Stopping` when it is made."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._bells: set[asyncio.Event] = set()

    def request(self) -> None:
        """Make the wish; may be called again, and from a signal handler of the loop."""
        self._event.set()
        for bell in self._bells:
            bell.set()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise Stopping if the wish was made."""
        if self.requested:
            raise Stopping

    async def nap(self, seconds: float) -> None:
        """Return after `seconds`.

        Raises:
            Stopping: the wish was made before.
        """
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._event.wait()
        except TimeoutError:
            return
        raise Stopping

    async def nap_unless(self, seconds: float, bell: asyncio.Event) -> bool:
        """Return after `seconds`, or as soon as `bell` rings, and whether it has; it is silent again then.

        Raises:
            Stopping: the wish was made before.
        """
        self._bells.add(bell)
        try:
            if not self.requested:
                async with asyncio.timeout(max(0.0, seconds)):
                    await bell.wait()
        except TimeoutError:
            pass
        finally:
            self._bells.discard(bell)
        rang = bell.is_set()
        bell.clear()
        self.check()
        return rang

    async def ends(self, timeout: asyncio.Timeout, seconds: float) -> None:
        """Return once the wish is made; `timeout` is over so long after it, whatever is waited for at that moment."""
        await self._event.wait()
        timeout.reschedule(asyncio.get_running_loop().time() + seconds)

    async def unless(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, or raise what it raises; for reads, which may be cut off at any point.

        Raises:
            Stopping: the wish was made before it was done; it was cancelled.
        """
        try:
            async with asyncio.TaskGroup() as group:
                working = group.create_task(work)
                watching = group.create_task(self._event.wait())
                await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
                watching.cancel()
                while not working.done():
                    working.cancel()
                    await asyncio.wait({working}, timeout=CANCEL_AGAIN_SECONDS)
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None  # only `work` can fail
        if working.cancelled():
            raise Stopping
        return working.result()
