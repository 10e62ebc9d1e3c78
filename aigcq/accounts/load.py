"""How busy an account is, as one process sees it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from aigcq.clock import Clock
from aigcq.durations import kind_of
from aigcq.store import Store
from aigcq.store.control import Overview

FRESH_SECONDS: Final = 1.0
"""For so long what was read is good for all who ask."""
FRESH_DURATIONS_SECONDS: Final = 10.0


@dataclass(slots=True)
class Load:
    """What was read of one account, a moment ago at most, and what was sent to it since then."""

    store: Store
    clock: Clock
    sent: int = 0
    """Tasks that this process has put there since it was read: many may come within that moment."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _read_at: float = float("-inf")
    _overview: Overview | None = None
    _seconds: dict[str, tuple[float, float | None]] = field(default_factory=dict)

    async def overview(self, *, anew: bool = False) -> Overview:
        """Return the queue as it is, or was a moment ago."""
        async with self._lock:
            now = self.clock.monotonic()
            if anew or self._overview is None or now - self._read_at >= FRESH_SECONDS:
                self._overview = await self.store.control.overview()
                self._read_at, self.sent = now, 0
            return self._overview

    async def seconds(self, model: str) -> float | None:
        """Return how long the vendor takes for a video of this model; None: not enough were measured."""
        kind = kind_of(model, off_peak=False)
        async with self._lock:
            now = self.clock.monotonic()
            read_at, seconds = self._seconds.get(kind, (float("-inf"), None))
            if now - read_at >= FRESH_DURATIONS_SECONDS:
                sketch = (await self.store.observations.durations({kind}))[kind]
                seconds = sketch.quantile(0.5) if sketch.tells else None
                self._seconds[kind] = now, seconds
            return seconds

    def turns(self, overview: Overview) -> float:
        """Return how many times all permits must come free until one more task would run: 0, it may at once."""
        ahead = overview.queued + overview.live + self.sent + 1 - overview.threshold
        return max(0.0, ahead / max(1, overview.threshold))

    @staticmethod
    def works(overview: Overview, lease_seconds: float) -> bool:
        """Return whether a worker of the account is alive."""
        return any(overview.now_ms - beat <= lease_seconds * 1000 for beat in overview.workers.values())
