"""What a scenario is made of; all of them are in `scenarios.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

HOURS_3: Final = 10_800.0

Levels = tuple[tuple[float, int], ...]
"""(second, level); a level holds until the next one."""
Spans = tuple[tuple[float, float], ...]
"""(first second, last second)."""
Mix = tuple[tuple[str, float], ...]
"""(kind of video, its share)."""

USUAL: Final[Mix] = (("short", 0.50), ("mid", 0.35), ("long", 0.15))
"""94 s in the mean; one in a hundred takes longer than 420 s."""


class Manner(StrEnum):
    """What a vendor does with a task that is one too many."""

    REFUSES = "refuses"
    """At submission; nothing is created."""
    FAILS = "fails"
    """It is accepted, and fails with a limit code seconds later."""
    QUEUES = "queues"
    """It waits at the vendor for a free slot."""
    SHARES = "shares"
    """All run, and all are slower."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the vendor."""

    name: str
    share: float
    """Of the tasks."""
    quota: Levels = ()
    """How many of it run at once; nothing: as many as the account may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A vendor, a cluster and what befalls them. A callable is drawn from the seed."""

    name: str
    about: str
    horizon: float = HOURS_3

    # The vendor
    manner: Manner = Manner.REFUSES
    quota: Levels | Callable[[Random], Levels] = ((0, 12),)
    rises: Levels = ()
    """The rises of the quota after which is measured how soon it is used."""
    outsider: Callable[[Random], Levels] | None = None
    """Slots that somebody else on the account wants."""
    storms: Callable[[Random], Spans] | None = None
    """While there is one, everything is refused."""
    whims: float = 0.0
    """The share of submissions that is refused for no reason."""
    requests_per_second: int = 20
    release_seconds: float = 0.0
    """How late a slot may be freed after its task ended."""
    slow: tuple[tuple[float, float, float], ...] = ()
    """(first second, last second, how many times longer a task takes)."""

    # The operator's settings
    default: int = 12
    minimum: int = 2
    maximum: int = 12

    # The cluster
    workers: int = 4
    poll_seconds: float = 2.0
    """Between two looks of a worker at the queue."""
    crash_seconds: float = 0.0
    """The mean time to a worker's crash; 0: never."""
    restart_seconds: float = 30.0
    lease_seconds: float = 30.0
    latency: tuple[float, float] = (0.30, 0.40)
    """Of a submission: the median in seconds, and sigma of its logarithm."""
    notice_seconds: float = 5.0
    """An end is noticed at most so late."""
    arrivals: Callable[[Random], Levels] | None = None
    """(second, how many tasks); None: there is always work."""
    mix: Mix = USUAL
    models: tuple[Model, ...] = ()
    """Of which there is always work; none: it does not matter which one a task is for."""
    front: int = 0
    """So many tasks of the first model come before all others."""

    def stream(self, seed: int, purpose: str) -> Random:
        """Return the random numbers for one purpose: whoever draws more of them disturbs no other."""
        return Random(f"{self.name}/{seed}/{purpose}")
