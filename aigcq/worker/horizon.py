"""The vendor forgets after three days: what has not ended by then is given up before, with an explanation.

Ages are measured on Redis' clock, now and then, and never on this machine's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aigcq import telemetry
from aigcq.clock import Clock
from aigcq.config import VENDOR_MEMORY_SECONDS, Settings
from aigcq.errors import StoreUnavailable, VendorError, VendorTaskGone
from aigcq.store import Store
from aigcq.vendors.base import Job
from aigcq.worker.held import Held

log = telemetry.logger()

BATCH = 50
"""Deliveries measured by one script."""
GONE_SECONDS = 60.0
"""A vendor task must be unknown to the vendor for so long, time and again: one server of many may not know it yet."""
SILENT_SECONDS = 600.0
"""How long a vendor that does not answer is asked for what it should have forgotten by now."""


class NotCollected(VendorTaskGone):
    """The vendor has forgotten its task, or will before that ends: it is not asked again."""

    def __init__(self, message: str, answer: VendorError | None, had_seconds: float) -> None:
        super().__init__(message)
        if answer:
            self.vendor_code, self.request_id = answer.vendor_code, answer.request_id
        self.had_seconds = had_seconds
        """Of the time that its model takes at most so much is over; 0 where the vendor has not denied it."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """Measures what a worker holds."""

    store: Store
    settings: Settings
    consumer: str
    held: Mapping[str, Held]

    async def measure(self) -> None:
        """Take note of how old everything is, and warn once of each task that is overdue."""
        everyone = list(self.held.values())
        for first in range(0, len(everyone), BATCH):
            await self._measure(everyone[first : first + BATCH])

    async def measure_heritage(self, held: Held) -> None:
        """Take note of how old it is what a worker before this one has sent; if Redis is away, later."""
        if held.delivery.task.sent_ms:
            with suppress(StoreUnavailable):
                await self._measure([held])

    async def _measure(self, batch: Sequence[Held]) -> None:
        ages = await self.store.horizon.measure(self.consumer, [held.delivery for held in batch])
        for held, age in zip(batch, ages, strict=True):
            held.age_seconds = age.seconds
            if age.alarmed:
                self._warn(held)

    def _warn(self, held: Held) -> None:
        task, settings = held.delivery.task, self.settings
        log.warning(
            "overdue",
            task=held.delivery.task_id,
            session_id=task.session_id,
            sent_hours_ago=round(held.age_seconds / 3600, 1),
            todo=f"Look for it in the vendor's console: at {hours(settings.horizon_seconds)} it is given up, "
            f"because the vendor forgets it at {hours(VENDOR_MEMORY_SECONDS)}.",
        )


@dataclass(slots=True)
class Watch:
    """What the vendor says of one vendor task, look by look, and when that has to do."""

    held: Held
    vendor_task_id: str
    settings: Settings
    clock: Clock
    _last_word: str = "nothing"
    _gone_at: float | None = None
    _silent_at: float | None = None

    def judge(self, sight: Job | VendorError) -> None:
        """Return if it is worth looking again at what has not ended.

        Raises:
            NotCollected: it is not.
        """
        over = self.held.age_seconds >= self.settings.horizon_seconds
        gone_seconds, silent_seconds = self._seconds_of(sight)
        match sight:
            case Job():
                self._last_word = f"{sight.status}, {sight.progress} %"
                if over:
                    raise self._end("has not ended")
            case VendorTaskGone() if over or gone_seconds > GONE_SECONDS:
                raise self._end(f"is not known any more ({sight})", sight, had_seconds=self.held.age_seconds)
            case VendorError() if self.held.forgotten and silent_seconds > SILENT_SECONDS:
                raise self._end(f"is not answered for ({sight})", sight)

    def _seconds_of(self, sight: Job | VendorError) -> tuple[float, float]:
        """Return for how long it was unknown time and again, and for how long nothing was said of it."""
        now = self.clock.monotonic()
        self._gone_at = _first(self._gone_at, now) if isinstance(sight, VendorTaskGone) else None
        self._silent_at = _first(self._silent_at, now) if isinstance(sight, VendorError) else None
        return now - _first(self._gone_at, now), now - _first(self._silent_at, now)

    def _end(self, fate: str, error: VendorError | None = None, had_seconds: float = 0.0) -> NotCollected:
        age, memory = self.held.age_seconds, hours(VENDOR_MEMORY_SECONDS)
        sent = f"It was sent {hours(age)} ago, and the vendor forgets its tasks after {memory}; " if age else ""
        return NotCollected(
            f"The vendor task {self.vendor_task_id} {fate}. {sent}what was said of it last: {self._last_word}.",
            error,
            had_seconds,
        )


def _first(before: float | None, now: float) -> float:
    return now if before is None else before


def hours(seconds: float) -> str:
    """Return a time of hours as a person says it."""
    return f"{round(seconds / 3600, 1):g} hours"
