"""How long to wait before a vendor task is looked at again. Pure.

A look is worth as much as an end is likely: sparse while the model can hardly have ended, dense where tasks
of its kind do end, and at the plain interval while nothing is known or failures show.
"""

from __future__ import annotations

import math
from typing import Final

from aigcq.durations import Sketch

YOUNG_SECONDS: Final = 15.0
"""Up to this age failures show."""
EARLY: Final = 0.05
"""Before this share of its kind has ended, a vendor task has hardly."""
LIKELY: Final = 0.02
"""Where an end within one interval is as likely as this, every interval is worth a look."""
LONGEST: Final = 6
"""Nothing waits longer than so many intervals, unless the budget makes all of them wait."""


def pause_seconds(age_seconds: float, sketch: Sketch, interval: float) -> float:
    """Return the seconds until the next look at a vendor task of this age, if there were calls for all."""
    if age_seconds < YOUNG_SECONDS or not sketch.tells:
        return interval
    longest, early = LONGEST * interval, sketch.quantile(EARLY)
    if age_seconds < early:
        return min(longest, max(interval, early - age_seconds))
    # Between looks that cost and ends that are seen late, the best pause goes with the root of the hazard.
    chance = sketch.hazard(age_seconds, interval)
    return min(longest, interval * max(1.0, math.sqrt(LIKELY / max(chance, 1e-9))))


def stretch(wanted: float, share: float) -> float:
    """Return by how much every pause is longer, where `wanted` calls per second have to do with `share`."""
    return max(1.0, wanted / share)
