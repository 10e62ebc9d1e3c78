"""How long vendor tasks of one kind have taken: a small sketch of what was observed, old observations fading.

Pure values. `store/lua/shared/durations.lua` does to the sketch in Redis what `observe` does here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

GROWTH: Final = 1.1
"""A bucket `n` holds the durations from GROWTH^n to GROWTH^(n+1) seconds: each is known within a tenth."""
LAST_BUCKET: Final = 131
"""It begins beyond the vendor's memory of three days."""
MOST: Final = 100.0
"""Above this weight all observations are halved: when the vendor changes, so does the sketch, within a hundred."""
LEAST: Final = 0.05
"""A bucket that weighs less is forgotten."""
ENOUGH: Final = 10.0
"""Below this weight a sketch foretells nothing."""
TERMS: Final = json.dumps({"growth": GROWTH, "last": LAST_BUCKET, "most": MOST, "least": LEAST})
"""The same, for the script."""

Weights = Mapping[int, float]
"""Bucket -> how much was observed in it."""


def kind_of(model: str, *, off_peak: bool) -> str:
    """Return what tasks that take similarly long have in common; there are at most two for a model."""
    return f"{model}:off-peak" if model and off_peak else model


def bucket_of(seconds: float) -> int:
    """Return the bucket of a duration; what takes less than a second is in the first one."""
    return min(LAST_BUCKET, math.floor(math.log(max(1.0, seconds)) / math.log(GROWTH)))


def observe(weights: Weights, seconds: float) -> Weights:
    """Return the sketch with one more duration in it."""
    bucket = bucket_of(seconds)
    more = {**weights, bucket: weights.get(bucket, 0.0) + 1}
    if sum(more.values()) <= MOST:
        return more
    return {bucket: weight / 2 for bucket, weight in more.items() if weight / 2 >= LEAST}


@dataclass(frozen=True, slots=True)
class Sketch:
    """The durations of one kind, as far as they were observed. Within a bucket they count as evenly spread."""

    weights: Weights

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> Self:
        """Read the hash; fields of a newer release are ignored."""
        return cls({int(name): float(weight) for name, weight in record.items() if name.isdecimal()})

    @classmethod
    def merged(cls, sketches: Iterable[Sketch]) -> Self:
        """Return what was observed in all of them together."""
        weights: dict[int, float] = {}
        for sketch in sketches:
            for bucket, weight in sketch.weights.items():
                weights[bucket] = weights.get(bucket, 0.0) + weight
        return cls(weights)

    @property
    def total(self) -> float:
        return sum(self.weights.values())

    @property
    def tells(self) -> bool:
        """Whether enough was observed to foretell anything."""
        return self.total >= ENOUGH

    def quantile(self, share: float) -> float:
        """Return the seconds after which `share` of them had ended; 0 if nothing was observed."""
        left, end = share * self.total, 0.0
        for bucket, weight in sorted(self.weights.items()):
            begin, end = _bounds(bucket)
            if left <= weight:
                return begin + (end - begin) * (left / weight if weight else 0.0)
            left -= weight
        return end

    def mean(self) -> float:
        """Return their mean, seconds; 0 if nothing was observed."""
        total = self.total
        return sum(weight * sum(_bounds(bucket)) / 2 for bucket, weight in self.weights.items()) / total if total else 0

    def survival(self, seconds: float) -> float:
        """Return the share of them that took longer than `seconds`; 0 if nothing was observed."""
        total = self.total
        return sum(weight * _beyond(bucket, seconds) for bucket, weight in self.weights.items()) / total if total else 0

    def hazard(self, age_seconds: float, within_seconds: float) -> float:
        """Return how likely one that has not ended by this age ends within so long; 1 beyond all that was observed."""
        alive = self.survival(age_seconds)
        return 1 - self.survival(age_seconds + within_seconds) / alive if alive > 0 else 1.0


NOTHING: Final = Sketch({})


def _bounds(bucket: int) -> tuple[float, float]:
    return (GROWTH**bucket if bucket else 0.0), GROWTH ** (bucket + 1)


def _beyond(bucket: int, seconds: float) -> float:
    begin, end = _bounds(bucket)
    return min(1.0, max(0.0, (end - seconds) / (end - begin)))
