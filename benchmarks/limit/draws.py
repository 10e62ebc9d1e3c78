"""What is drawn from a seed: quotas that move, an outsider's wants, storms, bursts and how long a video takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import Final

from benchmarks.limit.scenario import HOURS_3, Levels, Mix, Spans

VIDEOS: Final = {"short": (45.0, 0.40), "mid": (100.0, 0.50), "long": (180.0, 0.50), "tiny": (22.0, 0.20)}
"""The median in seconds, and sigma of the logarithm."""
SHORTEST: Final = 15.0
LONGEST: Final = 900.0


def video_seconds(rng: Random, mix: Mix) -> float:
    """Draw how long the vendor renders one video."""
    drawn, shares = rng.random(), accumulate(share for _, share in mix)
    kind = next((kind for (kind, _), share in zip(mix, shares, strict=True) if drawn <= share), mix[-1][0])
    median, sigma = VIDEOS[kind]
    return min(LONGEST, max(SHORTEST, median * math.exp(rng.gauss(0.0, sigma))))


def wave(low: int, high: int, period: float, every: float = 10.0) -> Levels:
    """Return a quota that swings between two levels, looked at `every` so many seconds."""
    levels: list[tuple[float, int]] = []
    for step in range(int(HOURS_3 / every) + 1):
        swing = math.cos(2 * math.pi * step * every / period)
        quota = round((low + high) / 2 + (high - low) / 2 * swing)
        if not levels or quota != levels[-1][1]:
            levels.append((step * every, quota))
    return tuple(levels)


def walk(low: int, high: int, start: int, mean_seconds: float) -> Callable[[Random], Levels]:
    """Return a quota that moves by one now and then."""

    def draw(rng: Random) -> Levels:
        levels = [(0.0, start)]
        while (at := levels[-1][0] + rng.expovariate(1 / mean_seconds)) <= HOURS_3:
            levels.append((at, min(high, max(low, levels[-1][1] + rng.choice((-1, 1))))))
        return tuple(levels)

    return draw


def tiers(choices: tuple[int, ...], mean_seconds: float) -> Callable[[Random], Levels]:
    """Return a quota that jumps between tiers, as a vendor provisions an account anew."""

    def draw(rng: Random) -> Levels:
        levels = [(0.0, rng.choice(choices))]
        while (at := levels[-1][0] + rng.expovariate(1 / mean_seconds)) <= HOURS_3:
            levels.append((at, rng.choice([tier for tier in choices if tier != levels[-1][1]])))
        return tuple(levels)

    return draw


def visits(most: int, stay_seconds: float, away_seconds: float) -> Callable[[Random], Levels]:
    """Return the wants of an outsider who comes with several tasks, which then end one by one."""

    def draw(rng: Random) -> Levels:
        at, levels = 0.0, []
        while at < HOURS_3:
            at += rng.expovariate(1 / away_seconds)
            wanted = rng.randint(2, most)
            levels.append((at, wanted))
            at += rng.expovariate(1 / stay_seconds)
            for left in reversed(range(wanted)):
                levels.append((at, left))
                at += rng.expovariate(1 / 20.0)
        return tuple(levels)

    return draw


def storms(every_seconds: float, long_seconds: float) -> Callable[[Random], Spans]:
    """Return spans, `long_seconds` long in the mean."""

    def draw(rng: Random) -> Spans:
        end, spans = 0.0, []
        while end < HOURS_3:
            start = end + rng.expovariate(1 / every_seconds)
            end = start + long_seconds * (0.5 + rng.random())
            spans.append((start, end))
        return tuple(spans)

    return draw


def bursts(every_seconds: float, size: int) -> Callable[[Random], Levels]:
    """Return arrivals of about `size` tasks at a time."""

    def draw(rng: Random) -> Levels:
        at, arrivals = 5.0, []
        while at < HOURS_3:
            arrivals.append((at, rng.randint(size // 2, size * 3 // 2)))
            at += rng.expovariate(1 / every_seconds)
        return tuple(arrivals)

    return draw
