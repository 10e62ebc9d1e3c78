"""The figures of all runs: goodput beside the oracle's, and refusals beside what was completed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.limit.books import Books
from benchmarks.limit.scenarios import REFUSING

ORACLE = "oracle"


@dataclass(slots=True)
class Figures:
    """Of one law in one scenario; lists have one number for each seed."""

    done: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    in_the_first_hour: list[int] = field(default_factory=list)
    rises: list[float | None] = field(default_factory=list)
    """Seconds until 90 % of a risen quota was in use, for each rise of each seed; None: never."""

    def add(self, books: Books) -> None:
        self.done.append(books.done)
        self.refused.append(len(books.refusals))
        self.in_the_first_hour.append(books.in_the_first_hour)
        self.rises += books.rises

    @property
    def per_hundred(self) -> float:
        """Refusals per 100 completed."""
        return 100 * sum(self.refused) / max(1, sum(self.done))

    @property
    def first_hour(self) -> float:
        """Refusals in the first hour, the mean over the seeds."""
        return sum(self.in_the_first_hour) / len(self.in_the_first_hour)


class Comparison:
    """The figures of each law in each scenario."""

    def __init__(self) -> None:
        self.figures: dict[str, dict[str, Figures]] = defaultdict(lambda: defaultdict(Figures))

    def add(self, law: str, scenario: str, books: Books) -> None:
        """Put a run to the others; seeds have to come in order."""
        self.figures[law][scenario].add(books)

    @property
    def laws(self) -> list[str]:
        return [law for law in self.figures if law != ORACLE]

    @property
    def scenarios(self) -> list[str]:
        return list(self.figures[ORACLE])

    def goodput(self, law: str, scenario: str) -> float:
        """Return what was completed in % of what the oracle did."""
        return 100 * sum(self.figures[law][scenario].done) / max(1, sum(self.figures[ORACLE][scenario].done))

    def cell(self, law: str, scenario: str) -> str:
        return f"{self.goodput(law, scenario):.1f} / {self.figures[law][scenario].per_hundred:.1f}"

    def mean(self, law: str) -> str:
        """Return the means over the scenarios in which the vendor refuses; a goodput counts at most 100."""
        names = self._refusing()
        goodput = sum(min(100.0, self.goodput(law, name)) for name in names) / max(1, len(names))
        refused = sum(self.figures[law][name].per_hundred for name in names) / max(1, len(names))
        return f"{goodput:.2f} / {refused:.2f}" if names else "-"

    def worst(self, law: str) -> str:
        """Return the lowest goodput of those scenarios."""
        names = self._refusing()
        return f"{min(self.goodput(law, name) for name in names):.1f}" if names else "-"

    def rises(self, law: str, scenarios: Iterable[str]) -> str:
        """Return the mean and the longest time until 90 % of a risen quota was in use, in seconds."""
        found = [rise for name in scenarios if name in self.scenarios for rise in self.figures[law][name].rises]
        used = [rise for rise in found if rise is not None]
        if len(used) < len(found):
            return "never"
        return f"{sum(used) / len(used):.0f} / {max(used):.0f}" if used else "-"

    def first_hour(self, law: str, scenario: str) -> str:
        figures = self.figures[law].get(scenario)
        return f"{figures.first_hour:.1f}" if figures else "-"

    def to_json(self) -> dict[str, Any]:
        """Return the raw numbers."""
        return {
            law: {
                scenario: {
                    "done": figures.done,
                    "refused": figures.refused,
                    "refused_in_the_first_hour": figures.in_the_first_hour,
                    "seconds_to_90_percent_of_a_risen_quota": figures.rises,
                }
                for scenario, figures in by_scenario.items()
            }
            for law, by_scenario in self.figures.items()
        }

    def _refusing(self) -> list[str]:
        return [name for name in self.scenarios if name in REFUSING]
