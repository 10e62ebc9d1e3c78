"""What is written down of one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from benchmarks.limit.events import Agenda
from benchmarks.limit.law import Law
from benchmarks.limit.scenario import Scenario
from benchmarks.limit.vendor import Vendor

FIRST_LOOK: Final = 0.5
LOOK_SECONDS: Final = 1.0
HOUR: Final = 3600.0
ENOUGH: Final = 0.9
"""This much of a quota that has risen is to be in use."""


@dataclass(frozen=True, slots=True)
class Look:
    """The quota and the threshold from `at` on, until the next look that is kept; None: the law does not say."""

    at: float
    quota: int
    threshold: int | None


@dataclass(slots=True)
class Books:
    """Figures of one run."""

    done: int = 0
    refusals: list[float] = field(default_factory=list)
    """When each was heard of."""
    rises: list[float | None] = field(default_factory=list)
    """Seconds until 90 % of a risen quota was in use, for each rise; None: never."""
    looks: list[Look] = field(default_factory=list)

    @property
    def in_the_first_hour(self) -> int:
        return sum(at < HOUR for at in self.refusals)


class Watch:
    """Looks at the vendor and the law each second."""

    def __init__(self, scenario: Scenario, agenda: Agenda, vendor: Vendor, law: Law, books: Books) -> None:
        self._agenda, self._vendor, self._law, self._books = agenda, vendor, law, books
        self._most = scenario.maximum
        self._rises = list(scenario.rises)
        self._risen: tuple[float, int] | None = None

    def start(self) -> None:
        self._agenda.at(FIRST_LOOK, self._look)

    def _look(self) -> None:
        now, vendor = self._agenda.now, self._vendor
        look = Look(now, 0 if vendor.storm else vendor.free_for_us, self._law.threshold)
        looks = self._books.looks
        if not looks or (look.quota, look.threshold) != (looks[-1].quota, looks[-1].threshold):
            looks.append(look)
        if self._rises and self._rises[0][0] < now:
            self._risen = self._rises.pop(0)
            self._books.rises.append(None)
        self._time_the_rise(now)
        self._agenda.after(LOOK_SECONDS, self._look)

    def _time_the_rise(self, now: float) -> None:
        if self._risen is None:
            return
        at, quota = self._risen
        if self._vendor.quota < quota:  # it fell again
            self._risen = None
        elif self._vendor.running >= ENOUGH * min(quota, self._most):
            self._books.rises[-1] = now - at
            self._risen = None
