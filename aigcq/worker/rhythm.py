"""When each vendor task of this worker is looked at again, so that all of them keep to the shared budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.durations import NOTHING, Sketch
from aigcq.store import Store
from aigcq.worker.cadence import pause_seconds, stretch
from aigcq.worker.held import Held
from aigcq.worker.stop import Stop

MEASURE_SECONDS: Final = 5.0
"""How often it is looked what was observed, and how large this worker's share is."""
PART: Final = 0.9
"""Of the budget so much is for looks that are planned; the rest is for searches, hints and other workers' haste."""
LISTED_SECONDS: Final = 60.0
"""Even where the vendor's list says what has ended, each vendor task is looked at by itself so often."""
LISTED_PART: Final = 0.5
"""of the share, at most."""
EVEN: Final = 0.1
UNEVEN: Final = 0.5
"""How far pauses are spread; where they are stretched, so far that what was submitted together drifts apart at once:
else all would be due in the same seconds, and the budget of those between be lost."""
REPLAN_SECONDS: Final = 10.0
"""A long rest is planned anew so often: it must not outlast the reason for which it is long."""
AT_ONCE: Final = float("-inf")
"""Due before all that was planned."""


@dataclass(slots=True)
class Rhythm:
    """Plans the looks of one worker."""

    store: Store
    settings: Settings
    clock: Clock
    rng: Random
    stop: Stop
    held: Mapping[str, Held]
    listed: bool = False
    """The vendor's list is read and shows what ends."""
    _sketches: Mapping[str, Sketch] = field(default_factory=dict)
    _wanted: float = 0.0
    """Calls per second, if each vendor task were looked at when that pays."""
    _part: float = 1.0
    """Which part of all deliveries is this worker's."""

    async def rest(self, held: Held) -> float:
        """Wait until the next look at it is due, or until its bell rings; return since when it is due, monotonic.

        Raises:
            Stopping: the process ends.
        """
        began, uneven = self.clock.monotonic(), self.rng.uniform(-1, 1)
        while True:
            due = began + self._pause(held, uneven)
            left = due - self.clock.monotonic()
            if await self.stop.nap_unless(min(left, REPLAN_SECONDS), held.bell):
                return AT_ONCE
            if left <= REPLAN_SECONDS:
                return due

    def leave(self, held: Held) -> None:
        """Take note that it is looked at no more."""
        self._wanted -= held.wish
        held.wish = 0.0

    async def measure(self) -> None:
        """Learn what was observed of the kinds that are held, and which part of the budget is this worker's."""
        mine = list(self.held.values())
        self._wanted = sum(held.wish for held in mine)
        if not mine:
            return
        overview = await self.store.control.overview()
        self._part = len(mine) / max(len(mine), overview.processing)
        self._sketches = await self.store.observations.durations({held.kind for held in mine if held.kind})

    @property
    def share(self) -> float:
        """Calls per second that are this worker's: who holds more may ask more."""
        return self.settings.describe_rate * PART * self._part

    @property
    def pressure(self) -> float:
        """How many times its share it would need to see every end in time."""
        return self._wanted / self.share

    def _pause(self, held: Held, uneven: float) -> float:
        """Return the seconds of a rest as things are; `uneven`, from -1 to 1, is how far it is off the mean."""
        age = max(self.clock.monotonic() - held.made_at, held.age_seconds)
        sketch = self._sketches.get(held.kind, NOTHING)
        pause = pause_seconds(age, sketch, self.settings.worker_poll_interval)
        self._wanted += 1 / pause - held.wish
        held.wish = 1 / pause
        if self.listed:
            pause = max(pause, LISTED_SECONDS)
            longer = stretch(len(self.held) / pause, self.share * LISTED_PART)
        else:
            longer = stretch(self._wanted, self.share)
        return pause * longer * (1 + uneven * (EVEN if longer == 1 else UNEVEN))
