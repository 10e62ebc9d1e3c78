"""The one clock of a process, passed in by its door.

`time.time` and `asyncio.sleep` are banned everywhere else by lint: two clocks in one
process are a fault that no test can see.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the rest of the house may know of time; all of it in seconds."""

    def now(self) -> float:
        """Return the wall clock, seconds since 1970 UTC."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never steps back."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once (but after a turn of the loop) if there are none."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
