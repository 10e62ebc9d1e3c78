"""The bench of the concurrency law: what it simulates repeats, and the law keeps its rules in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from aigcq.limit.ceiling import Kind, Permit
from benchmarks.limit import table
from benchmarks.limit.books import Books
from benchmarks.limit.figures import Comparison
from benchmarks.limit.job import Job, Refusal
from benchmarks.limit.law import Moment
from benchmarks.limit.ours import Ceiling
from benchmarks.limit.plot import svg
from benchmarks.limit.run import LAWS, run
from benchmarks.limit.scenario import Scenario
from benchmarks.limit.scenarios import ALL

HALF_AN_HOUR = 1800.0
FALL_AND_RISE = replace(ALL["step"], horizon=3600.0, quota=((0, 12), (900, 4), (1800, 12)), rises=((1800, 12),))
MANY_AT_ONCE = replace(
    FALL_AND_RISE, quota=((0, 40), (900, 10)), default=40, maximum=40, workers=16, latency=(1.5, 0.5)
)  # fmt: skip
"""Several are pending when the quota falls: all but two of their refusals are old news."""
SHORT = {
    "step": FALL_AND_RISE,
    "many at once": MANY_AT_ONCE,
    "async": replace(MANY_AT_ONCE, name="async", manner=ALL["async"].manner),
    "outage": replace(FALL_AND_RISE, manner=ALL["async"].manner, quota=((0, 12), (900, 0), (1800, 12))),
    "rate": replace(ALL["rate"], horizon=300.0),
    **{name: replace(ALL[name], horizon=HALF_AN_HOUR) for name in ("shared", "spur", "crash", "stale", "lag", "q1")},
}


class Watched(Ceiling):
    """The law, held to its rules at every step."""

    def grant(self, moment: Moment) -> Permit | None:
        permit = super().grant(moment)
        if permit:
            assert moment.live + 1 <= self.threshold + (permit.kind is Kind.PROBE)
        return permit

    def accepted(self, moment: Moment, job: Job) -> None:
        self._in_bounds(super().accepted, moment, job)

    def ended(self, moment: Moment, job: Job) -> None:
        self._in_bounds(super().ended, moment, job)

    def failed(self, moment: Moment, job: Job) -> None:
        self._in_bounds(super().failed, moment, job)

    def refused(self, moment: Moment, job: Job) -> None:
        threshold, epoch = self.threshold, self.state.epoch
        self._in_bounds(super().refused, moment, job)
        if job.permit.kind is Kind.PROBE or job.permit.epoch != epoch or job.refusal is Refusal.RATE:
            assert (self.threshold, self.state.epoch) == (threshold, epoch)
        assert self.state.epoch - epoch == (self.threshold < threshold)

    def _in_bounds(self, hear: Callable[[Moment, Job], None], moment: Moment, job: Job) -> None:
        hear(moment, job)
        assert self.minimum <= self.threshold <= self.maximum


EXPECTED = {"oracle": (368, 0, [1.5]), "step": (341, 12, [425.5]), "ceiling": (362, 19, [54.5])}
"""Completed, refused, and the seconds until 90 % of the quota that rose is in use."""


def figures(books: Books) -> tuple[int, int, list[float | None]]:
    return books.done, len(books.refusals), books.rises


@pytest.mark.parametrize("law", ["oracle", "step", "ceiling"])
def test_a_run_repeats_to_the_last_refusal(law: str) -> None:
    first, again = (run(LAWS[law], FALL_AND_RISE, seed=0) for _ in range(2))

    assert first == again
    assert figures(first) == EXPECTED[law]


@pytest.mark.parametrize("scenario", SHORT.values(), ids=SHORT)
def test_the_law_ceiling_keeps_its_rules(scenario: Scenario) -> None:
    assert run(Watched, scenario, seed=1).done


def test_the_rules_are_put_to_the_proof() -> None:
    vendor_says: Counter[str] = Counter()

    class Counted(Watched):
        def refused(self, moment: Moment, job: Job) -> None:
            before = self.threshold
            vendor_says["old news" if job.permit.epoch != self.state.epoch else job.permit.kind.name] += 1
            super().refused(moment, job)
            vendor_says["cut"] += self.threshold < before

    run(Counted, MANY_AT_ONCE, seed=1)

    assert all(vendor_says[what] for what in ("PROBE", "NORMAL", "old news", "cut"))


def test_the_table_goes_into_the_readme_and_the_picture_has_every_refusal() -> None:
    comparison = Comparison()
    for law in ("oracle", "ceiling"):
        comparison.add(law, "step", run(LAWS[law], FALL_AND_RISE, seed=0))
    text = table.put_into(f"before\n{table.BEGIN}\nold\n{table.END}\nafter", table.for_readme(comparison))
    picture = svg(FALL_AND_RISE, {"ceiling": run(LAWS["ceiling"], FALL_AND_RISE, seed=0)})

    assert "| step | 98.4 / 5.2 |" in text
    assert (text.startswith("before"), text.endswith("after"), "old" in text) == (True, True, False)
    assert picture.count("v8") == EXPECTED["ceiling"][1]
