"""From an entry of Redis' events to what a client reads of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sse_starlette.event import ServerSentEvent

from aigcq import telemetry
from aigcq.model import ENDED, Event, Status
from aigcq.schemas import QueueEvent, TaskEvent

log = telemetry.logger()

QUEUE: Final = frozenset({Event.LIMIT, Event.PAUSE, Event.RESUME})
HIDDEN: Final = frozenset({Event.HINT, Event.ALARM})
"""What only workers and operators have a use for."""
RELOAD: Final = ServerSentEvent(
    event="reload", data='{"reason":"Events were missed: read the status, then connect again."}', sep="\n"
).encode()


@dataclass(frozen=True, slots=True, eq=False)
class Happening:
    """One event, ready to be sent to any number of clients."""

    id: str
    task_id: str
    """Empty: it is about the queue."""
    ends: bool
    """The task has ended with it."""
    frame: bytes
    moves: bool = False
    """The task is in another account from now on."""


def happening(at: str, fields: Mapping[str, str]) -> Happening | None:
    """Return what clients are told of an event; None: nothing, nor of one that a newer release tells in its own way."""
    try:
        return _read(at, fields)
    except (ValueError, OverflowError) as error:  # one event; who listens is told of all others
        log.warning("event skipped: it cannot be read", at=at, named=fields.get("event", ""), why=str(error))
        return None


def _read(at: str, fields: Mapping[str, str]) -> Happening | None:
    name, task_id, status = fields.get("event", ""), fields.get("task", ""), fields.get("status", "")
    if name in QUEUE:
        threshold = fields.get("threshold")
        queue = QueueEvent(
            event=name,
            at=_moment(at),
            cause=fields.get("cause"),
            threshold=int(threshold) if threshold else None,
            scope=fields.get("scope"),
        )
        return Happening(at, "", False, framed("queue", queue.model_dump_json(exclude_none=True), at))
    if name in HIDDEN or not task_id or status not in set(Status):
        return None
    task = TaskEvent(
        task_id=task_id,
        event=name,
        status=Status(status),
        at=_moment(at),
        phase=fields.get("phase") or None,
        progress=_number(fields.get("progress")),
        priority=_number(fields.get("priority")),
        code=fields.get("code") or None,
    )
    frame = framed("task", task.model_dump_json(exclude_none=True), at)
    return Happening(at, task_id, status in ENDED, frame, moves=name == Event.MOVE)


def framed(event: str, data: str, at: str, retry_ms: int | None = None) -> bytes:
    """Return one event as it goes over the wire; a client that connects again names `at`."""
    return ServerSentEvent(data, event=event, id=at, retry=retry_ms, sep="\n").encode()


def _number(text: str | None) -> int | None:
    return int(float(text)) if text else None


def _moment(at: str) -> datetime:
    return datetime.fromtimestamp(int(at.partition("-")[0]) / 1000, UTC)
