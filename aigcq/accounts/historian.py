"""Who keeps the history: any process that is alive, and one of them at a time.

There is no election: each looks now and then, and whoever finds that nobody has looked for a while folds what there
is. Two who do it at once are sorted out by the store. Processes without a worker wait longer, so that it is a worker
who does it where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aigcq import telemetry
from aigcq.errors import StoreUnavailable
from aigcq.store import Store

log = telemetry.logger()

LOOK_SECONDS: Final = 2.0
"""Between two looks of the process that folds,"""
IDLE_SECONDS: Final = 5.0
"""and of one that has found nothing to fold."""
WORKER_STALE_SECONDS: Final = 1.5
"""What was folded so long ago a worker folds anew,"""
API_STALE_SECONDS: Final = 3.5
"""and after so long an API. Before 10,000 events are dropped there is time for that at 1,000 a second."""


class Historian:
    """What one process does for the history of its accounts."""

    def __init__(self, stores: Sequence[Store], stale_seconds: float) -> None:
        self._stores = stores
        self._stale_seconds = stale_seconds
        self._away = False
        self.pause_seconds = LOOK_SECONDS
        """After so long another turn is worth it."""

    async def turn(self) -> int:
        """Fold what nobody else has folded; return how many events that were. Redis being away is no error."""
        total, away = 0, False
        for store in self._stores:
            try:
                total += await store.history.fold(self._stale_seconds)
            except StoreUnavailable as error:
                away = True
                if not self._away:
                    log.warning("store away", step="history", why=str(error))
        self._away = away
        self.pause_seconds = LOOK_SECONDS if total else IDLE_SECONDS
        return total
