"""Vendors with other manners: one that fails later what is too much, one that queues it, one that gets slower."""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count
from typing import Final

from benchmarks.limit.events import Agenda
from benchmarks.limit.job import Job, Refusal
from benchmarks.limit.scenario import Manner, Scenario
from benchmarks.limit.vendor import Vendor

FAILS_FIRST: Final = 3.0
FAILS_MORE: Final = 7.0
"""What is too much fails after the first so many seconds, and up to so many more."""
SEEN_WAITING_SECONDS: Final = 10.0
"""A worker takes what waits for so long at the vendor for one that waits for a slot."""


class FailingVendor(Vendor):
    """Accepts everything; what is too much takes no slot, and fails seconds later."""

    def _judge(self, job: Job) -> Refusal | None:
        if self.has_room(job.task.model):
            return super()._judge(job)
        self.agenda.after(FAILS_FIRST + FAILS_MORE * self.rng.random(), self.on_failure, job)
        return None


class QueueingVendor(Vendor):
    """Accepts everything; what is too much waits for a slot."""

    def __init__(self, scenario: Scenario, seed: int, agenda: Agenda) -> None:
        super().__init__(scenario, seed, agenda)
        self._active = 0
        self._waiting: deque[Job] = deque()

    def _judge(self, job: Job) -> Refusal | None:
        self._take(job)
        return None

    def _start(self, job: Job) -> None:
        self._waiting.append(job)
        self._fill()
        self.agenda.after(SEEN_WAITING_SECONDS, self._tell_if_waiting, job)

    def _tell_if_waiting(self, job: Job) -> None:
        if job in self._waiting:
            self.on_waiting(job)

    def _end(self, job: Job) -> None:
        self._active -= 1
        self._fill()
        super()._end(job)

    def _set_quota(self, quota: int) -> None:
        super()._set_quota(quota)
        self._fill()

    def _fill(self) -> None:
        while self._waiting and self._active < self.quota:
            self._active += 1
            super()._start(self._waiting.popleft())


class SharingVendor(Vendor):
    """Runs everything at once; above the quota all of it gets slower.

    Work is counted in seconds of a vendor that is not slowed: `_work` of them have been done by each job since the
    beginning, and a job ends when that reaches the mark it got at its start.
    """

    def __init__(self, scenario: Scenario, seed: int, agenda: Agenda) -> None:
        super().__init__(scenario, seed, agenda)
        self._work, self._counted_at = 0.0, 0.0
        self._marks: list[tuple[float, int, Job]] = []
        self._numbers = count()
        self._plan = 0
        """The number of the plan that holds: each change of the speed makes another."""

    def _judge(self, job: Job) -> Refusal | None:
        self._take(job)
        return None

    def _start(self, job: Job) -> None:
        self._count()
        heapq.heappush(self._marks, (self._work + job.seconds, next(self._numbers), job))
        self._plan_next()

    def _set_quota(self, quota: int) -> None:
        self._count()
        super()._set_quota(quota)
        self._plan_next()

    def _speed(self) -> float:
        return min(1.0, self.quota / len(self._marks)) if self._marks else 1.0

    def _count(self) -> None:
        self._work += (self.agenda.now - self._counted_at) * self._speed()
        self._counted_at = self.agenda.now

    def _plan_next(self) -> None:
        self._plan += 1
        if self._marks and self._speed():
            seconds = (self._marks[0][0] - self._work) / self._speed()
            self.agenda.after(max(0.0, seconds), self._next, self._plan)

    def _next(self, plan: int) -> None:
        if plan != self._plan:
            return
        self._count()
        _, _, job = heapq.heappop(self._marks)
        self._plan_next()
        self._end(job)


VENDORS: Final[dict[Manner, type[Vendor]]] = {
    Manner.REFUSES: Vendor,
    Manner.FAILS: FailingVendor,
    Manner.QUEUES: QueueingVendor,
    Manner.SHARES: SharingVendor,
}
