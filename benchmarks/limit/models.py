"""Where the vendor has a quota for each model too: tasks that may pass others, and who counts them by model."""

from __future__ import annotations

import heapq
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from typing import Final

from aigcq.limit.ceiling import Permit
from benchmarks.limit.backlog import Backlog
from benchmarks.limit.books import Books
from benchmarks.limit.cluster import Cluster
from benchmarks.limit.draws import video_seconds
from benchmarks.limit.events import Agenda
from benchmarks.limit.job import Job, Task
from benchmarks.limit.law import Law, Moment
from benchmarks.limit.published import Oracle
from benchmarks.limit.scenario import Scenario
from benchmarks.limit.vendor import Vendor

MOST_PASSED: Final = 1000


class Lanes(Backlog):
    """One order, in which tasks of a model that has room pass others; it has no end."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario
        self._drawn = scenario.stream(seed, "models")
        self._made = 0
        self._lanes: dict[str, list[tuple[int, Task]]] = {model.name: [] for model in scenario.models}

    def __bool__(self) -> bool:
        return True

    def models(self) -> Iterator[str]:
        """Return the models in the order of their first tasks, as long as any may be passed."""
        heads = sorted((lane[0][0], model) for model, lane in self._lanes.items() if lane)
        yield from (model for _, model in heads)
        for _ in range(MOST_PASSED):
            if len([lane for lane in self._lanes.values() if lane]) == len(self._lanes):
                return
            task = self._make()
            known = self._lanes[task.model]
            heapq.heappush(known, (task.number, task))
            if len(known) == 1:
                yield task.model

    def first_of(self, model: str) -> Task:
        """Take the first task of a model."""
        return heapq.heappop(self._lanes[model])[1]

    def take(self) -> Task:
        return self.first_of(next(self.models()))

    def hand_back(self, task: Task) -> None:
        heapq.heappush(self._lanes[task.model], (task.number, task))

    def _make(self) -> Task:
        models = self._scenario.models
        (drawn,) = self._drawn.choices(models, [model.share for model in models])
        model = models[0] if self._made < self._scenario.front else drawn
        self._made += 1
        return Task(0, video_seconds(self._drawn, self._scenario.mix), model.name, self._made)


class ByModel(Law):
    """A law that knows of models."""

    flying_of: Counter[str]
    pending_of: Counter[str]

    def moment_of(self, model: str, moment: Moment) -> Moment:
        """Return the same moment with the counts of one model."""
        return Moment(moment.now, self.flying_of[model], self.pending_of[model])

    @abstractmethod
    def choose(self, moment: Moment, models: Iterator[str]) -> tuple[str, Permit, Permit | None] | None:
        """Return the first of these models that has room, and the permits, or None."""


class ModelOracle(ByModel, Oracle):
    """Knows the quotas of models too."""

    def choose(self, moment: Moment, models: Iterator[str]) -> tuple[str, Permit, Permit | None] | None:
        for model in models:
            live, quotas = self.moment_of(model, moment).live, self.vendor.quota_of
            if live < quotas.get(model, self.vendor.quota):
                permit = self.grant(moment)
                return (model, permit, None) if permit else None
        return None


class ModelCluster(Cluster):
    """Counts by model, and asks a law that knows of models for one."""

    def __init__(
        self, scenario: Scenario, seed: int, agenda: Agenda, lanes: Lanes, vendor: Vendor, law: Law, books: Books
    ) -> None:  # fmt: skip
        super().__init__(scenario, seed, agenda, lanes, vendor, law, books)
        self._lanes = lanes
        self._flying_of: Counter[str] = Counter()
        self._pending_of: Counter[str] = Counter()
        if isinstance(law, ByModel):
            law.flying_of, law.pending_of = self._flying_of, self._pending_of

    def _grant(self) -> tuple[Task, Permit, Permit | None] | None:
        if not isinstance(self._law, ByModel):
            return super()._grant()
        if not (chosen := self._law.choose(self._moment(), self._lanes.models())):
            return None
        model, permit, model_permit = chosen
        return self._lanes.first_of(model), permit, model_permit

    def _count(self, job: Job, *, flying: int = 0, pending: int = 0) -> None:
        super()._count(job, flying=flying, pending=pending)
        self._flying_of[job.task.model] += flying
        self._pending_of[job.task.model] += pending
