"""What is told while it happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from httpx2 import ServerSentEvent

from aigcq.client.models import Answer, Status, Task


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a task stands: the first that is told of it, and again whenever something may have been missed."""

    task: Task


@dataclass(frozen=True, slots=True)
class End:
    """The task has ended; nothing comes after it."""

    task: Task


class TaskEvent(Answer):
    """Something has happened to a task."""

    task_id: str
    """Names the task everywhere."""
    event: str
    """create, claim, submit, progress, succeed, fail, retry, cancel … New words may come."""
    status: Status
    """The task's status after it."""
    at: datetime
    """When."""
    phase: str | None = None
    """While processing: how far it is."""
    progress: int | None = None
    """Percent, as the vendor reports it."""
    code: str | None = None
    """After `fail` or `retry`: the error's."""


class QueueEvent(Answer):
    """Something has happened to the queue."""

    event: str
    """`limit`: the threshold has moved; `pause`; `resume`. New words may come."""
    at: datetime
    """When."""
    cause: str | None = None
    """Why."""
    threshold: int | None = None
    """After `limit`: how many videos may run at once."""
    scope: str | None = None
    """After `limit`: of what, `account` or `model:<name>`; None: an older service does not say."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Something was missed, e.g. while nobody listened for long: read the list of tasks again."""


Event = Snapshot | TaskEvent | End
AnyEvent = TaskEvent | QueueEvent | Missed

_READERS: Final[Mapping[str, Callable[[Any], Snapshot | TaskEvent | End | QueueEvent | Missed]]] = {
    "snapshot": lambda told: Snapshot(Task.read(told)),
    "task": TaskEvent.read,
    "end": lambda told: End(Task.read(told)),
    "queue": QueueEvent.read,
    "reload": lambda told: Missed(),
}


def event_of(told: ServerSentEvent) -> Event | AnyEvent | None:
    """Return what an event says; None: nothing that this release knows.

    Raises:
        ValueError: its data is not what its name promises.
    """
    reader = _READERS.get(told.event)
    return reader(json.loads(told.data)) if reader else None
