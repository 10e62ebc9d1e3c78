"""When a task will be done, from what was measured: how fast the queue moves, and how long the vendor takes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.durations import ENOUGH, Sketch, kind_of
from aigcq.model import ENDED, Status, Task
from aigcq.schemas import Eta
from aigcq.store import Store
from aigcq.store.control import Overview
from aigcq.store.tasks import View

FRESH_SECONDS: Final = 1.0
"""For so long what was read is good for all who ask."""
FRESH_SKETCH_SECONDS: Final = 10.0
GAP_SECONDS: Final = 60.0
"""Starts that lie further apart, or than the vendor takes three times, say nothing of one pace."""
TENTH: Final = 1.2816
"""Standard deviations beyond which a tenth lies."""

Reason = Literal["paused", "no_worker", "not_measured", "longer_than_ever"]


@dataclass(slots=True)
class Measured:
    """What one process has read of the queue's pace; a moment old at most, however many ask."""

    store: Store
    settings: Settings
    clock: Clock
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _read_at: float = float("-inf")
    _overview: Overview | None = None
    _starts: Sequence[int] = ()
    _sketches: dict[str, tuple[float, Sketch]] = field(default_factory=dict)
    _oldest: float | None = None
    _aged_at: float = float("-inf")

    def of(self, account: str) -> Measured:
        """Return what was read of the account that a task is in; where there is one account, that is this."""
        return self

    async def pace(self) -> tuple[Overview, Sequence[int]]:
        """Return the queue as it is, and when the last tasks started behind which others waited, ms."""
        async with self._lock:
            now = self.clock.monotonic()
            if self._overview is None or now - self._read_at >= FRESH_SECONDS:
                self._overview = await self.store.control.overview()
                self._starts = await self.store.observations.starts() if self._overview.queued else ()
                self._read_at = now
            return self._overview, self._starts

    async def oldest_seconds(self) -> float | None:
        """Return for how long the oldest task that could run has waited; None: there is none."""
        async with self._lock:
            now = self.clock.monotonic()
            if now - self._aged_at >= FRESH_SECONDS:
                self._oldest, self._aged_at = await self.store.observations.oldest_seconds(), now
            return self._oldest

    async def sketch(self, kind: str) -> Sketch:
        """Return how long the vendor takes for what is of this kind."""
        return (await self.sketches({kind}))[kind]

    async def sketches(self, kinds: Collection[str]) -> Mapping[str, Sketch]:
        """Return how long the vendor takes for what is of each of these kinds."""
        async with self._lock:
            now = self.clock.monotonic()
            old = {
                kind for kind in kinds
                if kind not in self._sketches or now - self._sketches[kind][0] >= FRESH_SKETCH_SECONDS
            }  # fmt: skip
            if old:
                found = await self.store.observations.durations(old)
                self._sketches |= {kind: (now, sketch) for kind, sketch in found.items()}
            return {kind: self._sketches[kind][1] for kind in kinds}

    async def of_new(self, kinds: Collection[str]) -> Eta:
        """Return when a task would be done that were created now, if it took as long as what was made of any kind."""
        overview, starts = await self.pace()
        sketch = Sketch.merged((await self.sketches(kinds)).values())
        last = View(task=Task(id="", status=Status.QUEUED), position=overview.queued + 1)
        return foretold(last, overview, starts, sketch, self.settings)


async def eta_of(view: View, measured: Measured) -> Eta | None:
    """Return when a task will be done; None once it has ended.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    if view.task.status in ENDED:
        return None
    measured = measured.of(view.account)
    overview, starts = await measured.pace()
    sketch = await measured.sketch(kind_of(view.task.model, off_peak=view.request.get("off_peak") == "Enabled"))
    return foretold(view, overview, starts, sketch, measured.settings)


def foretold(view: View, overview: Overview, starts: Sequence[int], sketch: Sketch, settings: Settings) -> Eta:
    """Return when a task that has not ended will be done."""
    samples = int(sketch.total)
    if reason := _unknown(view.task, overview, sketch, settings):
        return Eta(samples=samples, reason=reason)
    if view.task.made_ms:
        age = max(0, overview.now_ms - view.task.made_ms) / 1000
        left = [remaining(sketch, age, share) for share in (0.5, 0.9)]
        if left[0] is None or left[1] is None:
            return Eta(samples=samples, reason="longer_than_ever")
        return Eta(p50_seconds=round(left[0], 1), p90_seconds=round(left[1], 1), samples=samples)
    p50, p90 = sketch.quantile(0.5), sketch.quantile(0.9)
    begins50 = begins90 = max(0, view.task.due_ms - overview.now_ms) / 1000
    if (ahead := (view.position or 0) - max(0, overview.threshold - overview.live)) > 0:
        rate, seen = pace_of(starts, overview, p50, p90)
        rate, samples = min(rate, settings.create_rate), min(samples, seen or samples)
        begins50, begins90 = ahead / rate, (ahead + TENTH * math.sqrt(ahead)) / rate
    return Eta(p50_seconds=round(begins50 + p50, 1), p90_seconds=round(begins90 + p90, 1), samples=samples)


def pace_of(starts: Sequence[int], overview: Overview, p50: float, p90: float) -> tuple[float, int]:
    """Return how many tasks start in a second, and out of how many starts; 0: out of how long the vendor takes."""
    gap_ms, stretch = max(GAP_SECONDS, 3 * p90) * 1000, [overview.now_ms]
    for start in reversed(starts):
        if stretch[-1] - start > gap_ms:
            break
        stretch.append(start)
    count, took = len(stretch) - 1, (overview.now_ms - stretch[-1]) / 1000
    # Of what starts together when there is room, the next ones only follow once it has ended.
    if count >= ENOUGH and took >= 2 * p50:
        return count / took, count
    return max(1, overview.threshold) / max(p50, 1.0), 0


FULL_SECONDS: Final = 30
"""How long who finds the backlog full is asked to wait if nobody knows how fast it moves."""
LONGEST_FULL_SECONDS: Final = 120
"""Clients' libraries give up at once when they are told to wait longer."""


async def room_in(measured: Measured) -> int:
    """Return the seconds after which a full backlog has room for one more, as far as can be told.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    overview, starts = await measured.pace()
    silent_ms = measured.settings.lease_seconds * 1000
    if overview.paused or not any(overview.now_ms - beat <= silent_ms for beat in overview.workers.values()):
        return LONGEST_FULL_SECONDS
    # Without a sketch of how long the vendor takes: it is not known yet which model it would be.
    rate, seen = pace_of(starts, overview, 0.5, GAP_SECONDS)
    return max(1, min(LONGEST_FULL_SECONDS, math.ceil(1 / rate))) if seen else FULL_SECONDS


def remaining(sketch: Sketch, age: float, share: float) -> float | None:
    """Return the seconds after which `share` of those have ended that are as old; None: none was as old."""
    alive = sketch.survival(age)
    if alive <= 0:
        return None
    return max(0.0, sketch.quantile(1 - alive * (1 - share)) - age)


def _unknown(task: Task, overview: Overview, sketch: Sketch, settings: Settings) -> Reason | None:
    silent_ms = settings.lease_seconds * 1000
    if not any(overview.now_ms - beat <= silent_ms for beat in overview.workers.values()):
        return "no_worker"
    if overview.paused and task.status is Status.QUEUED:
        return "paused"
    return None if sketch.tells else "not_measured"
