"""The vendor: an account's slots, a gate of requests per second, and what it does when it is full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from benchmarks.limit.events import Agenda
from benchmarks.limit.job import Job, Refusal
from benchmarks.limit.scenario import Scenario

OUTSIDER_FIRST: Final = 0.5
OUTSIDER_AGAIN: Final = 1.0
"""Seconds until the outsider tries to get a slot."""


class Vendor:
    """Refuses a submission when every slot is taken."""

    def __init__(self, scenario: Scenario, seed: int, agenda: Agenda) -> None:
        self.scenario, self.agenda = scenario, agenda
        self.rng = scenario.stream(seed, "vendor")
        self.quota = 0
        self.running = 0
        """Slots that are ours."""
        self.running_of: Counter[str] = Counter()
        self.quota_of: dict[str, int] = {}
        """Of the models that have one."""
        self.outsider = 0
        """Slots that are somebody else's."""
        self.storm = False
        self.on_end: Callable[[Job], None] = lambda job: None
        self.on_failure: Callable[[Job], None] = lambda job: None
        self.on_waiting: Callable[[Job], None] = lambda job: None
        self._wanted = 0
        self._second, self._requests = -1, 0
        self._put_down(seed)

    def submit(self, job: Job) -> None:
        """Take the job or refuse it; the answer is in `job.refusal`."""
        job.refusal = self._gate() or self._judge(job)

    @property
    def full(self) -> bool:
        return self.running + self.outsider >= self.quota

    def has_room(self, model: str) -> bool:
        return not self.full and self.running_of[model] < self.quota_of.get(model, self.quota)

    @property
    def free_for_us(self) -> int:
        """How many of our tasks may run, within what the operator allows."""
        return max(0, min(self.quota - self.outsider, self.scenario.maximum))

    # What subclasses change

    def _judge(self, job: Job) -> Refusal | None:
        if not self.has_room(job.task.model):
            return Refusal.FULL
        self._take(job)
        return None

    def _start(self, job: Job) -> None:
        self.agenda.after(job.seconds, self._end, job)

    def _set_quota(self, quota: int) -> None:
        self.quota = quota

    # What all do

    def _take(self, job: Job) -> None:
        self.running += 1
        self.running_of[job.task.model] += 1
        job.seconds = job.task.seconds
        for first, last, times in self.scenario.slow:
            if first <= self.agenda.now < last:
                job.seconds *= times
        self._start(job)

    def _end(self, job: Job) -> None:
        job.finished_at = self.agenda.now
        if late := self.scenario.release_seconds:
            self.agenda.after(self.rng.random() * late, self._release, job)
        else:
            self._release(job)
        self.on_end(job)

    def _release(self, job: Job) -> None:
        self.running -= 1
        self.running_of[job.task.model] -= 1

    def _gate(self) -> Refusal | None:
        """Refuse what has nothing to do with slots."""
        second = int(self.agenda.now)
        if second != self._second:
            self._second, self._requests = second, 0
        self._requests += 1
        if self._requests > self.scenario.requests_per_second:
            return Refusal.RATE
        whims = self.scenario.whims
        return Refusal.STORM if self.storm or (whims and self.rng.random() < whims) else None

    # What befalls it

    def _put_down(self, seed: int) -> None:
        scenario, at = self.scenario, self.agenda.at
        quota = scenario.quota(scenario.stream(seed, "quota")) if callable(scenario.quota) else scenario.quota
        self.quota = quota[0][1]
        for when, level in quota[1:]:
            at(when, self._set_quota, level)
        for model in scenario.models:
            for when, level in model.quota:
                at(when, self._set_quota_of, model.name, level)
        for when, wanted in scenario.outsider(scenario.stream(seed, "out")) if scenario.outsider else ():
            at(when, self._want, wanted)
        for first, last in scenario.storms(scenario.stream(seed, "spur")) if scenario.storms else ():
            at(first, self._set_storm, True)
            at(last, self._set_storm, False)

    def _set_quota_of(self, model: str, quota: int) -> None:
        self.quota_of[model] = quota

    def _set_storm(self, storm: bool) -> None:
        self.storm = storm

    def _want(self, slots: int) -> None:
        self._wanted = slots
        self.outsider = min(self.outsider, slots)
        if self.outsider < slots:
            self.agenda.after(OUTSIDER_FIRST, self._grab)

    def _grab(self) -> None:
        if self.outsider < self._wanted and not self.full:
            self.outsider += 1
        if self.outsider < self._wanted:
            self.agenda.after(OUTSIDER_AGAIN, self._grab)
