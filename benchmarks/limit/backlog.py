"""The tasks that wait: three tenants in turn, and first what was handed back."""

from __future__ import annotations

from collections import deque
from typing import Final

from benchmarks.limit.draws import video_seconds
from benchmarks.limit.events import Agenda
from benchmarks.limit.job import Task
from benchmarks.limit.scenario import Scenario

TENANTS: Final = 3


class Backlog:
    """Never empty, unless the scenario has arrivals."""

    def __init__(self, scenario: Scenario, seed: int, agenda: Agenda) -> None:
        self._mix = scenario.mix
        self._lengths = [scenario.stream(seed, f"tenant{tenant}") for tenant in range(TENANTS)]
        self._handed_back: list[deque[Task]] = [deque() for _ in range(TENANTS)]
        self._waiting = [0] * TENANTS
        self._endless = scenario.arrivals is None
        self._whose = scenario.stream(seed, "vendor")
        self._turn = 0
        for when, tasks in scenario.arrivals(scenario.stream(seed, "arr")) if scenario.arrivals else ():
            agenda.at(when, self._arrive, tasks)

    def __bool__(self) -> bool:
        return self._endless or any(self._waiting) or any(self._handed_back)

    def take(self) -> Task:
        """Take the next task of the tenant whose turn it is; there is one."""
        turns = [(self._turn + step) % TENANTS for step in range(TENANTS)]
        tenant = next(each for each in turns if self._endless or self._handed_back[each] or self._waiting[each])
        self._turn = (tenant + 1) % TENANTS
        if self._handed_back[tenant]:
            return self._handed_back[tenant].popleft()
        if not self._endless:
            self._waiting[tenant] -= 1
        return Task(tenant, video_seconds(self._lengths[tenant], self._mix))

    def hand_back(self, task: Task) -> None:
        """Put a task at the head of its tenant's queue."""
        self._handed_back[task.tenant].appendleft(task)

    def _arrive(self, tasks: int) -> None:
        for _ in range(tasks):
            self._waiting[self._whose.randrange(TENANTS)] += 1
