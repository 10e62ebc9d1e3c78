"""The vendor's free calls, which all workers share."""

from __future__ import annotations

from dataclasses import dataclass, field

from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import StoreUnavailable
from aigcq.store import Store
from aigcq.worker.stop import Stop
from aigcq.worker.turns import Turns

TOGETHER_SECONDS = 0.1
"""Where many wait, tokens are asked for at most so often: one question for several."""
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
    _taken: int = 0
    """Tokens for those that wait now."""
    _away_until: float = float("-inf")

    async def __call__(self, due: float = float("-inf")) -> None:
        """Wait for a token; of all that wait whoever is `due` first gets the next one.

        While Redis is away this worker keeps the rate alone: what runs is still polled.
        One coroutine asks at a time, and for all that wait: thousands that ask again and again would leave
        Redis and this process no time to renew their leases.

        Raises:
            Stopping: the process ends.
        """
        async with self._turns.turn(due):
            self.stop.check()
            self._taken = (self._taken or await self._take()) - 1
            if not self._turns.waiting:  # who a token was meant for may have gone: nothing is hoarded
                self._taken = 0

    async def _take(self) -> int:
        """Return how many tokens there are for those that wait, as soon as there is one."""
        rate, burst = self.settings.describe_rate, self.settings.describe_burst
        if self.clock.monotonic() < self._away_until:
            await self.stop.nap(1 / rate)
            return 1
        try:
            while True:
                wanted = min(burst, 1 + self._turns.waiting)
                taken, wait_seconds = await self.store.control.spend("describe", rate, burst, wanted=wanted)
                if taken:
                    return taken
                await self.stop.nap(max(wait_seconds, min(TOGETHER_SECONDS, (wanted - 1) / rate)))
        except StoreUnavailable:
            self._away_until = self.clock.monotonic() + AWAY_SECONDS
            return 1
