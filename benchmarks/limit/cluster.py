"""The cluster: workers that ask one law for permits, submit, and notice what became of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from aigcq.limit.ceiling import Permit
from benchmarks.limit.backlog import Backlog
from benchmarks.limit.books import Books
from benchmarks.limit.events import Agenda
from benchmarks.limit.job import Job, Task
from benchmarks.limit.law import Law, Moment
from benchmarks.limit.scenario import Scenario
from benchmarks.limit.vendor import Vendor

HANGS: Final = 0.002
"""The share of submissions that take HANG_SECONDS."""
HANG_SECONDS: Final = 10.0
SLOWEST_SECONDS: Final = 8.0


@dataclass(slots=True)
class Worker:
    """A process; its generation rises when it crashes."""

    number: int
    alive: bool = True
    generation: int = 0


class Cluster:
    """Several workers, one backlog, one law."""

    def __init__(
        self, scenario: Scenario, seed: int, agenda: Agenda, backlog: Backlog, vendor: Vendor, law: Law, books: Books
    ) -> None:  # fmt: skip
        self._scenario, self._agenda, self._backlog = scenario, agenda, backlog
        self._vendor, self._law, self._books = vendor, law, books
        self._latencies, self._crashes, self._notices = (
            scenario.stream(seed, purpose) for purpose in ("lat", "crash", "notice")
        )
        self._workers = [Worker(number) for number in range(scenario.workers)]
        self.flying = self.pending = 0
        vendor.on_end, vendor.on_failure, vendor.on_waiting = self._over, self._failing, self._waiting

    def start(self) -> None:
        """Let the workers look at the backlog one after the other."""
        for worker in self._workers:
            first = worker.number * self._scenario.poll_seconds / len(self._workers)
            self._agenda.at(first, self._wake, worker, 0)
            self._plan_crash(worker)

    def _moment(self) -> Moment:
        return Moment(self._agenda.now, self.flying, self.pending)

    # A worker

    def _wake(self, worker: Worker, generation: int) -> None:
        if not worker.alive or generation != worker.generation:
            return
        if granted := self._grant():
            self._submit(worker, *granted)
        else:
            self._agenda.after(self._scenario.poll_seconds, self._wake, worker, generation)

    def _grant(self) -> tuple[Task, Permit, Permit | None] | None:
        """Return a task that may be submitted, with its permits, or None."""
        permit = self._law.grant(self._moment()) if self._backlog else None
        return (self._backlog.take(), permit, None) if permit else None

    def _count(self, job: Job, *, flying: int = 0, pending: int = 0) -> None:
        self.flying += flying
        self.pending += pending

    def _submit(self, worker: Worker, task: Task, permit: Permit, model_permit: Permit | None) -> None:
        job = Job(
            task=task, permit=permit, model_permit=model_permit, worker=worker.number, generation=worker.generation,
            sent_at=self._agenda.now, flying=self.flying,
        )  # fmt: skip
        self._count(job, pending=1)
        latency = self._latency()
        self._agenda.after(latency * 0.5, self._vendor.submit, job)
        self._agenda.after(latency, self._answered, job)

    def _latency(self) -> float:
        if self._latencies.random() < HANGS:
            return HANG_SECONDS
        median, sigma = self._scenario.latency
        return min(SLOWEST_SECONDS, median * math.exp(self._latencies.gauss(0, sigma)))

    def _answered(self, job: Job) -> None:
        worker = self._workers[job.worker]
        if not self._is_held(job):
            job.orphan = True
            self._agenda.at(max(self._agenda.now, job.sent_at + self._scenario.lease_seconds), self._lost, job)
            return
        self._count(job, pending=-1)
        if job.refusal is None:
            self._count(job, flying=1)
            self._law.accepted(self._moment(), job)
            self._wake(worker, job.generation)
            return
        self._books.refusals.append(self._agenda.now)
        self._law.refused(self._moment(), job)
        self._backlog.hand_back(job.task)
        self._agenda.after(self._scenario.poll_seconds, self._wake, worker, job.generation)

    def _lost(self, job: Job) -> None:
        """The lease ran out on a submission whose worker has crashed."""
        self._count(job, pending=-1)
        self._backlog.hand_back(job.task)

    def _is_held(self, job: Job) -> bool:
        worker = self._workers[job.worker]
        return worker.alive and worker.generation == job.generation

    # What became of it

    def _over(self, job: Job) -> None:
        if job.orphan:
            return
        late = self._notices.random() * self._scenario.notice_seconds
        if not self._is_held(job):  # another worker takes it over first
            late += self._scenario.restart_seconds * 0.5
        self._agenda.after(late, self._noticed, job)

    def _noticed(self, job: Job) -> None:
        self._count(job, flying=-1)
        self._books.done += 1
        job.finished_at = int(job.finished_at) + 0.5  # the vendor's FinishTime has whole seconds
        self._law.ended(self._moment(), job)

    def _failing(self, job: Job) -> None:
        if not job.orphan:
            self._agenda.after(self._notices.random() * self._scenario.notice_seconds, self._noticed_failure, job)

    def _noticed_failure(self, job: Job) -> None:
        self._count(job, flying=-1)
        self._books.refusals.append(self._agenda.now)
        self._law.failed(self._moment(), job)
        self._backlog.hand_back(job.task)

    def _waiting(self, job: Job) -> None:
        if self._is_held(job):
            self._law.waiting(self._moment(), job)

    # Crashes

    def _plan_crash(self, worker: Worker) -> None:
        if self._scenario.crash_seconds:
            self._agenda.after(self._crashes.expovariate(1 / self._scenario.crash_seconds), self._crash, worker)

    def _crash(self, worker: Worker) -> None:
        worker.alive = False
        worker.generation += 1
        self._agenda.after(self._scenario.restart_seconds, self._restart, worker)

    def _restart(self, worker: Worker) -> None:
        worker.alive = True
        self._agenda.after(0.0, self._wake, worker, worker.generation)
        self._plan_crash(worker)
