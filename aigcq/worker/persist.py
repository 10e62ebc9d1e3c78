"""Writing to a store that may be away.

What finishes while Redis is away is kept, and written with its fence when Redis is back;
the fence decides whether it still counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import ParamSpec, TypeVar

from aigcq import telemetry
from aigcq.backoff import equal_jitter
from aigcq.errors import StoreUnavailable
from aigcq.worker.stop import Stop

P = ParamSpec("P")
T = TypeVar("T")
log = telemetry.logger()

LONGEST_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Persist:
    """Calls a verb of the store until it answers."""

    stop: Stop
    rng: Random

    async def __call__(self, verb: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `verb` returns, however often Redis must be asked.

        Raises:
            Stopping: the process ends before Redis was back.
            LeaseLost: another consumer owns the delivery by now.
        """
        tries = 0
        while True:
            try:
                return await verb(*args, **kwargs)
            except StoreUnavailable as error:
                tries += 1
                if tries == 1:
                    log.warning("store away", verb=verb.__name__, why=str(error))
                await self.stop.nap(equal_jitter(tries, 0.1, LONGEST_PAUSE_SECONDS, self.rng))
