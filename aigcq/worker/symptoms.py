"""What a worker notices of its own trouble; with each beat it tells what is new, and `/health` makes findings of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from aigcq.clock import Clock
from aigcq.diagnosis.seen import Shelf

SKEW_MS: Final = 5_000
"""A clock that is off by less is not worth a word."""
_FULL: Final = re.compile(r"No space left|os error 28\b|[Qq]uota|InsufficientStorage|XMinioStorageFull")


class Symptoms:
    """What was noticed since it was last told."""

    def __init__(self, clock: Clock, consumer: str = "") -> None:
        self._clock = clock
        self._consumer = consumer
        self._noticed: dict[str, str | int] = {}
        self._claimed = 0
        self._lost = 0
        self.storage_fails = False
        """The last that was heard of the storage was an error."""

    def tell(self) -> Mapping[str, str | int]:
        """Return what is new, by the names of the fields in Redis."""
        noticed, self._noticed, self._lost = self._noticed, {}, 0
        return noticed

    def told_claims(self) -> int:
        """Return how many tasks were claimed since the last call."""
        claimed, self._claimed = self._claimed, 0
        return claimed

    def claimed(self, count: int) -> None:
        self._claimed += count

    def lost(self) -> None:
        """A lease turned out to be another's."""
        self._lost += 1
        self._noticed |= {"lost_ms": self._now_ms(), "lost": self._lost}

    def kept(self) -> None:
        """Something was written where videos are kept."""
        self.storage_fails = False
        self._noticed |= {"storage_ok_ms": self._now_ms(), "storage_ok_by": self._consumer}

    def not_kept(self, why: str) -> None:
        """It could not be written."""
        self.storage_fails = True
        full = int(bool(_FULL.search(why)))
        self._noticed |= {
            "storage_error_ms": self._now_ms(), "storage_error": why[:200], "storage_full": full,
            "storage_error_by": self._consumer,
        }  # fmt: skip

    def saw(self, shelf: Shelf) -> None:
        """The folder of videos was looked at."""
        if shelf.free_bytes is not None:
            self._noticed["storage_free"] = shelf.free_bytes
        if shelf.error:
            self.not_kept(shelf.error)

    def heard_time(self, redis_ms: int) -> None:
        """Redis has told its time a moment ago."""
        skew_ms = self._now_ms() - redis_ms
        if abs(skew_ms) > SKEW_MS:
            self._noticed |= {"skewed_ms": redis_ms, "skew_ms": skew_ms}

    def _now_ms(self) -> int:
        return round(self._clock.now() * 1000)
