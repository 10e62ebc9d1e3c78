"""The client's side: put a task in the queue, look at it, take it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aigcq.errors import IdempotencyConflict, NotReplicated, QueueFull, StoreUnavailable, TaskNotFound
from aigcq.model import Cancelled, Event, Status, Task, target
from aigcq.store.answers import read_record
from aigcq.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What is needed to enqueue a task."""

    id: str
    request: str
    """JSON; what will be sent, with every default resolved."""
    tenant: str = ""
    model: str = ""
    priority: int = 0
    due_ms: int = 0
    """Not before, Redis time; 0 for now."""
    idempotency_key: str = ""
    fingerprint: str = ""
    """Of the request, to tell a repetition from another request under the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A task as a client may see it."""

    task: Task
    position: int | None
    """Exact dispatch rank, 1 for the first; 0 once it runs or has ended; None while it waits for a retry."""
    stored: str = ""
    """The request as it was stored: JSON."""
    outcome: Mapping[str, Any] | None = None
    """The result of a completed task, the error of a failed one."""
    replayed: bool = False
    """An idempotency key named this task before."""

    @property
    def request(self) -> Mapping[str, Any]:
        """The request, to be read once: only some who look at a task want to know."""
        return dict(json.loads(self.stored)) if self.stored else {}


class Tasks:
    """Verbs of clients; every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._settings = connection.settings

    async def enqueue(self, new: NewTask) -> View:
        """Put one task in the queue; repeating it with its idempotency key adds nothing.

        Its position is that of the instant at which it was put there: no worker can have it yet.

        Raises:
            QueueFull: the backlog is at its limit.
            IdempotencyConflict: the key was used for another request.
            NotReplicated: it is there, but not on as many replicas as AIGCQ_MIN_REPLICAS: repeat the call.
        """
        try:
            answer, replicated = await self._enqueue(new)
        except StoreUnavailable as error:
            error.task_id = "" if new.idempotency_key else new.id  # the key may name another task
            raise
        if not replicated and (task_id := _named(new, answer)):
            raise NotReplicated(task_id, self._settings.min_replicas)
        match answer:
            case ["conflict"]:
                raise IdempotencyConflict
            case ["full", _]:
                raise QueueFull(self._settings.backlog_limit, retry_after_seconds=30)
            case ["created", now_ms, position]:
                return _created(new, now_ms, position)
            case ["known", task_id]:
                return await self.get(task_id, replayed=task_id != new.id)
        raise AssertionError(answer)

    async def _enqueue(self, new: NewTask) -> tuple[Any, bool]:
        keys, settings = self._keys, self._settings
        return await self._connection.run_replicated(
            "enqueue",
            [
                keys.task(new.id), keys.request(new.id), keys.stream, keys.queued, keys.waiting,
                keys.meta, keys.events, keys.idempotency(new.tenant, new.idempotency_key), keys.passed,
            ],
            [
                keys.task_prefix, new.id, new.request, _record(new), Status.QUEUED, new.priority,
                settings.priority_boost, new.due_ms, settings.backlog_limit,
                (new.fingerprint or "-") if new.idempotency_key else "", round(settings.idempotency_ttl_seconds * 1000),
                settings.events_cap,
            ],
        )  # fmt: skip

    async def get(self, task_id: str, *, replayed: bool = False) -> View:
        """Return one task as it is at this instant.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        keys = self._keys
        fields, rank, request, outcome = await self._connection.run(
            "look", [keys.task(task_id), keys.request(task_id), keys.result(task_id), keys.queued], [task_id]
        )
        record = read_record(fields)
        if not record:
            raise TaskNotFound(task_id)
        task = Task.from_record(task_id, record)
        return View(
            task=task,
            position=_position(task, rank),
            stored=request or "",
            outcome=json.loads(outcome) if outcome else None,
            replayed=replayed,
        )

    async def cancel(self, task_id: str) -> Cancelled:
        """Take a task back, and say honestly what came of it.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        keys, settings = self._keys, self._settings
        answer = await self._connection.run(
            "cancel",
            [
                keys.task(task_id), keys.request(task_id), keys.stream, keys.queued, keys.waiting, keys.ended,
                keys.events,
            ],
            [
                task_id, Status.QUEUED, Status.PROCESSING, target(Event.CANCEL),
                round(settings.result_ttl_seconds * 1000), settings.events_cap,
            ],
        )  # fmt: skip
        if not answer:
            raise TaskNotFound(task_id)
        return Cancelled(answer)

    async def requeue(self, task_id: str) -> bool:
        """Put a failed task back as a new attempt; return False if it has not failed.

        A new attempt is a new vendor task: what became of the old one must be known.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        keys = self._keys
        answer = await self._connection.run(
            "requeue",
            [
                keys.task(task_id), keys.request(task_id), keys.result(task_id), keys.stream, keys.queued,
                keys.ended, keys.dead, keys.permits, keys.quarantine, keys.overdue, keys.events, keys.meta, keys.passed,
            ],
            [task_id, Status.FAILED, target(Event.REQUEUE), self._settings.events_cap],
        )  # fmt: skip
        if answer < 0:
            raise TaskNotFound(task_id)
        return bool(answer)


def _record(new: NewTask) -> str:
    fields = {"tenant": new.tenant, "model": new.model, "priority": new.priority, "attempt": 1}
    return json.dumps({name: value for name, value in fields.items() if value not in ("", 0)})


def _named(new: NewTask, answer: list[Any]) -> str:
    """Return the id of the task that the answer is about; empty: it is a refusal."""
    match answer:
        case ["known", task_id]:
            return str(task_id)
        case ["created", *_]:
            return new.id
    return ""


def _created(new: NewTask, now_ms: int, position: int) -> View:
    task = Task(
        id=new.id,
        status=Status.QUEUED,
        tenant=new.tenant,
        model=new.model,
        priority=new.priority,
        created_ms=now_ms,
        due_ms=0 if position else new.due_ms,
    )
    return View(task=task, position=position or None, stored=new.request)


def _position(task: Task, rank: int | None) -> int | None:
    if rank is not None:
        return int(rank) + 1
    return None if task.status is Status.QUEUED else 0
