"""The vendor's free calls, which all workers share."""

from __future__ import annotations

from dataclasses import dataclass, field

from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import StoreUnavailable
from aigcq.store import Store
from aigcq.worker.stop import Stop
from aigcq.worker.turns import Turns

AWAY_SECONDS = 10.0
"""After Redis did not answer it is not asked for tokens for so long."""


@dataclass(slots=True)
class Budget:
    """Leave to make one free call."""

    store: Store
    settings: Settings
    clock: Clock
    stop: Stop
    _turns: Turns = field(default_factory=Turns)
    _away_until: float = float("-inf")

    async def __call__(self, due: float = float("-inf")) -> None:
        """Wait for a token; of all that wait whoever is `due` first gets the next one.

        While Redis is away this worker keeps the rate alone: what runs is still polled.
        One coroutine asks at a time: thousands that ask again and again would leave Redis and this
        process no time to renew their leases.

        Raises:
            Stopping: the process ends.
        """
        async with self._turns.turn(due):
            self.stop.check()
            if self.clock.monotonic() < self._away_until:
                await self.stop.nap(1 / self.settings.describe_rate)
            else:
                await self._spend()

    async def _spend(self) -> None:
        rate, burst = self.settings.describe_rate, self.settings.describe_burst
        try:
            while wait := await self.store.control.spend("describe", rate, burst):
                await self.stop.nap(wait)
        except StoreUnavailable:
            self._away_until = self.clock.monotonic() + AWAY_SECONDS
