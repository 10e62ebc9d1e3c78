"""The arithmetic: interleaved rounds, medians, quantiles, ratios."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import inf
from random import Random
from statistics import median

Sample = Mapping[str, float]
"""What one measurement gave, by name."""
Measure = Callable[[], Awaitable[Sample]]


async def interleaved(
    contestants: Mapping[str, Measure], rounds: int, seed: int, *, warm_up: bool = True
) -> dict[str, list[Sample]]:
    """Return the samples of each contestant.

    Every round takes each of them once, in an order of its own: whatever else the machine does in the
    meantime then meets all of them alike. With `warm_up` the first round does not count.
    """
    rng, samples = Random(seed), {name: list[Sample]() for name in contestants}
    for number in range(-1 if warm_up else 0, rounds):
        for name in rng.sample(list(contestants), len(contestants)):
            sample = await contestants[name]()
            if number >= 0:
                samples[name].append(sample)
    return samples


def medians(samples: Mapping[str, Sequence[Sample]]) -> dict[str, dict[str, float]]:
    """Return the median of each figure of each contestant."""
    return {
        name: {figure: median(each[figure] for each in found) for figure in found[0]}
        for name, found in samples.items()
        if found
    }


def ratio(samples: Mapping[str, Sequence[Sample]], ours: str, other: str, figure: str) -> float:
    """Return the median over the rounds of our figure divided by the other's *of the same round*.

    A machine that was slow for one round was slow for both.
    """
    pairs = zip(samples[ours], samples[other], strict=True)
    return median(a[figure] / b[figure] if b[figure] else inf for a, b in pairs)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest of `values` that at least `share` of them do not exceed; nan if there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]
