"""A client of the service, for applications: `Client`, and `AsyncClient` for an event loop.

It imports nothing of the service's own: pydantic and httpx2 are all it needs.
"""

from __future__ import annotations

from aigcq.client.aio import AsyncClient
from aigcq.client.errors import (
    AigcqError,
    Conflict,
    DownloadFailed,
    FieldError,
    IdempotencyConflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    QueueFull,
    Refused,
    TaskCancelled,
    TaskFailed,
    Unavailable,
    WaitTimeout,
)
from aigcq.client.events import AnyEvent, End, Event, Missed, QueueEvent, Snapshot, TaskEvent
from aigcq.client.models import Cancelled, Eta, Health, Model, Queue, Status, Task, TaskError, Video
from aigcq.client.sync import Client

__all__ = [
    "AigcqError", "AnyEvent", "AsyncClient", "Cancelled", "Client", "Conflict", "DownloadFailed", "End", "Eta", "Event",
    "FieldError", "Health", "IdempotencyConflict", "InvalidRequest", "Missed", "Model", "NotAllowed", "NotFound",
    "Queue", "QueueEvent", "QueueFull", "Refused", "Snapshot", "Status", "Task", "TaskCancelled", "TaskError",
    "TaskEvent", "TaskFailed", "Unavailable", "Video", "WaitTimeout",
]  # fmt: skip
