"""One run: a law, a scenario, a seed."""

from __future__ import annotations

from typing import Final

from benchmarks.limit.backlog import Backlog
from benchmarks.limit.books import Books, Watch
from benchmarks.limit.cluster import Cluster
from benchmarks.limit.events import Agenda
from benchmarks.limit.law import Law
from benchmarks.limit.ours import Ceiling, Step
from benchmarks.limit.published import Aws, Bbr, Cubic, Netflix, Oracle
from benchmarks.limit.scenario import Scenario
from benchmarks.limit.vendors import VENDORS

LAWS: Final[dict[str, type[Law]]] = {
    "oracle": Oracle,
    "ceiling": Ceiling,
    "step": Step,
    "fixed": Law,
    "netflix": Netflix,
    "aws": Aws,
    "cubic": Cubic,
    "bbr": Bbr,
}


def run(law: type[Law], scenario: Scenario, seed: int) -> Books:
    """Let simulated hours pass and return what was written down."""
    agenda, books = Agenda(), Books()
    vendor = VENDORS[scenario.manner](scenario, seed, agenda)
    backlog = Backlog(scenario, seed, agenda)
    decides = law(scenario, vendor)
    Cluster(scenario, seed, agenda, backlog, vendor, decides, books).start()
    Watch(scenario, agenda, vendor, decides, books).start()
    agenda.run(scenario.horizon)
    return books
