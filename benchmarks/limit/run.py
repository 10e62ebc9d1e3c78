"""One run: a law, a scenario, a seed."""

from __future__ import annotations

from typing import Final

from benchmarks.limit.backlog import Backlog
from benchmarks.limit.books import Books, Watch
from benchmarks.limit.cluster import Cluster
from benchmarks.limit.events import Agenda
from benchmarks.limit.law import Law
from benchmarks.limit.models import Lanes, ModelCluster, ModelOracle
from benchmarks.limit.ours import Ceiling, Step
from benchmarks.limit.published import Aws, Bbr, Cubic, Netflix, Oracle
from benchmarks.limit.scenario import Scenario
from benchmarks.limit.scopes import Scopes
from benchmarks.limit.vendor import Vendor
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


FOR_MODELS: Final[dict[type[Law], type[Law]]] = {Oracle: ModelOracle, Ceiling: Scopes}
"""What a law is where there are models; the others know the account only."""


def run(law: type[Law], scenario: Scenario, seed: int) -> Books:
    """Let simulated hours pass and return what was written down."""
    agenda, books = Agenda(), Books()
    if scenario.models:
        law = FOR_MODELS.get(law, law)
    vendor = VENDORS[scenario.manner](scenario, seed, agenda)
    decides = law(scenario, vendor)
    _cluster(scenario, seed, agenda, vendor, decides, books).start()
    Watch(scenario, agenda, vendor, decides, books).start()
    agenda.run(scenario.horizon)
    return books


def _cluster(scenario: Scenario, seed: int, agenda: Agenda, vendor: Vendor, law: Law, books: Books) -> Cluster:
    if scenario.models:
        return ModelCluster(scenario, seed, agenda, Lanes(scenario, seed), vendor, law, books)
    return Cluster(scenario, seed, agenda, Backlog(scenario, seed, agenda), vendor, law, books)
