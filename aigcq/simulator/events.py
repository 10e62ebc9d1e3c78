"""Events of finished tasks, pulled and confirmed: at least once, in no promised order.

Vendor source: cloud.tencent.com/document/api/266/33433 (PullEvents).
"""

from __future__ import annotations

import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aigcq.simulator.task import Task

BATCH: Final = 16
CONFIRM_SECONDS: Final = 30.0
LONG_POLL_SECONDS: Final = 5.0
KEPT: Final = 10_000
"""Unconfirmed events kept per application (the vendor keeps four days of them); the oldest go first."""


@dataclass(slots=True)
class _Event:
    task: Task
    visible_from: float = 0.0


class Events:
    """The event queues, one per account and application."""

    def __init__(self) -> None:
        self._queues: defaultdict[tuple[str, int], OrderedDict[str, _Event]] = defaultdict(OrderedDict)

    def announce(self, task: Task) -> None:
        """Queue the event that `task` has finished; twice, if that is its fault."""
        queue = self._queues[task.secret_id, task.sub_app_id]
        for _ in range(2 if task.announced_twice else 1):
            queue[uuid.uuid4().hex] = _Event(task)
        while len(queue) > KEPT:
            queue.popitem(last=False)

    def pull(self, secret_id: str, sub_app_id: int, now: float) -> list[tuple[str, Task]]:
        """Return up to 16 handles with their tasks; each comes again after 30 s unless it is confirmed."""
        queue = self._queues[secret_id, sub_app_id]
        due = ((handle, event) for handle, event in queue.items() if event.visible_from <= now)
        batch = [pair for pair, _ in zip(due, range(BATCH), strict=False)]
        for handle, event in batch:
            event.visible_from = now + CONFIRM_SECONDS
            queue.move_to_end(handle)
        return [(handle, event.task) for handle, event in batch]

    def confirm(self, secret_id: str, sub_app_id: int, handles: Iterable[str]) -> None:
        """Forget the events; unknown handles are ignored, as a late confirmation is no error."""
        queue = self._queues[secret_id, sub_app_id]
        for handle in handles:
            queue.pop(handle, None)
