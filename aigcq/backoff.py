"""How long to wait before the next try."""

from __future__ import annotations

from random import Random


def full_jitter(tries: int, base_seconds: float, max_seconds: float, rng: Random) -> float:
    """Return a delay between 0 and `base × 2^(tries-1)`, capped: retries of many tasks spread out.

    `tries` counts the failures so far, from 1.
    """
    ceiling = min(max_seconds, base_seconds * 2 ** min(tries - 1, 32))
    return rng.uniform(0.0, ceiling)


def equal_jitter(tries: int, base_seconds: float, max_seconds: float, rng: Random) -> float:
    """Like `full_jitter`, but never under half the ceiling: for a caller that must not hammer."""
    ceiling = min(max_seconds, base_seconds * 2 ** min(tries - 1, 32))
    return rng.uniform(ceiling / 2, ceiling)


def spread(seconds: float, rng: Random, share: float = 0.1) -> float:
    """Return `seconds` within ± `share`: calls that were made together drift apart."""
    return seconds * rng.uniform(1 - share, 1 + share)
