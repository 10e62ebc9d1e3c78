"""The vendor's free calls, which all workers share."""

from __future__ import annotations

from dataclasses import dataclass

from aigcq.config import Settings
from aigcq.errors import StoreUnavailable
from aigcq.store import Store
from aigcq.worker.stop import Stop


@dataclass(frozen=True, slots=True)
class Budget:
    """Leave to make one free call."""

    store: Store
    settings: Settings
    stop: Stop

    async def __call__(self) -> None:
        """Wait for a token. While Redis is away there are none to wait for: what runs is still polled."""
        rate, burst = self.settings.describe_rate, self.settings.describe_burst
        try:
            while wait := await self.store.control.spend("describe", rate, burst):
                await self.stop.nap(wait)
        except StoreUnavailable:
            return
