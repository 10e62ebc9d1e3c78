"""What is broken, when, and how badly: a schedule that the seed decides, and that a history can bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, Final

MEAN_PAUSE_SECONDS: Final = 1.5
"""Mean time between the beginnings of two faults; they may overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One fault. Nothing is decided when it strikes: a replay strikes the same way."""

    at: float
    """Seconds since the first fault could strike."""
    fault: str
    which: float
    """Which of those that it can strike, as a share of their list: 0 is the first one."""
    seconds: float
    """How long it lasts."""
    amount: float
    """How bad it is, from 0 to 1."""


FAULTS: Final[Mapping[str, tuple[int, float, float]]] = {
    "kill_worker": (28, 0, 0),
    "stall_worker": (10, 0.6, 7.5),
    "replace_worker": (8, 0, 0),
    "step_clock": (5, 5, 40),
    "kill_api": (8, 0, 0),
    "stall_api": (4, 0.6, 5),
    "restart_redis": (3, 0, 2),
    "kill_redis": (3, 0, 2),
    "break_link": (24, 0.5, 12),
    "flush_scripts": (4, 0, 0),
    "fill_memory": (3, 1, 3),
    "upset_vendor": (12, 2, 12),
}
"""Fault -> its weight, and the seconds that it lasts at least and at most."""


def plan(seed: int, seconds: float) -> list[Step]:
    """Return the faults of one run, in order."""
    rng, at = Random(seed), 0.0
    names, weights = list(FAULTS), [weight for weight, _, _ in FAULTS.values()]
    steps = []
    while (at := at + rng.expovariate(1 / MEAN_PAUSE_SECONDS)) < seconds:
        (fault,) = rng.choices(names, weights)
        _, shortest, longest = FAULTS[fault]
        steps.append(
            Step(
                at=round(at, 2),
                fault=fault,
                which=round(rng.random(), 4),
                seconds=round(rng.uniform(shortest, longest), 2),
                amount=round(rng.random(), 4),
            )
        )
    return steps


def to_json(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [asdict(step) for step in steps]


def from_json(steps: Sequence[Mapping[str, Any]]) -> list[Step]:
    return [Step(**step) for step in steps]
