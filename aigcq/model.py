"""The task: its states, what moves it from one to the next, and its record.

Pure values. The table below is the only place where a transition is spelt; the scripts in
`store/lua` receive the words as arguments, the diagram in the docs is generated from it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class Status(StrEnum):
    """What a client may read of a task; never another word."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """What a processing task is doing."""

    CLAIMED = "claimed"
    """Given to a worker; the vendor has not been called."""
    SUBMITTING = "submitting"
    """The call that creates the vendor task may be under way: its outcome is not on record."""
    GENERATING = "generating"
    """The vendor task id is on record."""
    SAVING = "saving"
    """The video exists; it is being stored."""


class Event(StrEnum):
    """What happens to a task or to the queue, as told in the `events` stream."""

    CREATE = "create"
    CLAIM = "claim"
    SUBMIT = "submit"
    PROGRESS = "progress"
    RELEASE = "release"
    SUCCEED = "succeed"
    FAIL = "fail"
    RETRY = "retry"
    EXPIRE = "expire"
    """It had a deadline, which is over."""
    REORDER = "reorder"
    """It has another priority."""
    ERASE = "erase"
    CANCEL = "cancel"
    CANCEL_REQUEST = "cancel_request"
    ABORT = "abort"
    HAND_BACK = "hand_back"
    RECLAIM = "reclaim"
    PROMOTE = "promote"
    REQUEUE = "requeue"
    MOVE = "move"
    """It is queued in another account from now on."""
    ALARM = "alarm"
    """Something broken was found and mended, or something needs a person."""
    LIMIT = "limit"
    """The threshold has changed."""
    PAUSE = "pause"
    RESUME = "resume"
    HINT = "hint"
    """The vendor says that vendor tasks have ended."""


TRANSITIONS: Final[Mapping[Status, Mapping[Event, Status]]] = {
    Status.QUEUED: {
        Event.CLAIM: Status.PROCESSING,
        Event.CANCEL: Status.CANCELLED,
        Event.EXPIRE: Status.FAILED,
    },
    Status.PROCESSING: {
        Event.SUCCEED: Status.COMPLETED,
        Event.FAIL: Status.FAILED,
        Event.EXPIRE: Status.FAILED,  # too late, and the vendor was not called
        Event.RETRY: Status.QUEUED,  # throttled or transient: back to its old place, or `waiting` first
        Event.HAND_BACK: Status.QUEUED,  # only while nothing was sent to the vendor; else it stays, for another worker
        Event.ABORT: Status.CANCELLED,
    },
    Status.FAILED: {Event.REQUEUE: Status.QUEUED},
    Status.COMPLETED: {},
    Status.CANCELLED: {},
}

ENDED: Final = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})


def target(event: Event) -> Status:
    """Return the one status that `event` leads to, from wherever it may happen."""
    (status,) = {moves[event] for moves in TRANSITIONS.values() if event in moves}
    return status


def session_id(task_id: str, attempt: int) -> str:
    """Return the vendor's deduplication key for one attempt; at most 50 characters.

    The same attempt always has the same key, whoever sends it, so that a repeated
    submission creates nothing at the vendor.
    """
    return f"{uuid.UUID(task_id).hex}:{attempt}"


class Cancelled(StrEnum):
    """The honest answers to a cancel."""

    CANCELLED = "cancelled"
    """It will never run."""
    REQUESTED = "cancel_requested"
    """It runs at the vendor and ends as the vendor decides."""
    TOO_LATE = "too_late"
    """It had ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task's record. Times are milliseconds of Redis time, 0 when it has not happened."""

    id: str
    status: Status
    tenant: str = ""
    model: str = ""
    """`<model name>-<version>`, for people and for counting."""
    phase: str = ""
    attempt: int = 1
    """Which vendor task this is, counted from 1; rises only when the vendor said that the one before it failed."""
    tries: int = 0
    """How many attempts or submissions ended in a transient error."""
    fence: int = 0
    """How often the task was handed to a worker; a writer with an older number is refused."""
    deaths: int = 0
    """How many workers in a row have died with it before they could renew its lease."""
    consumer: str = ""
    priority: int = 0
    ambiguous: bool = False
    """A submission of this attempt has an outcome that nobody knows."""
    refused: bool = False
    """The vendor has seen this attempt's SessionId and created nothing."""
    vendor_task_id: str = ""
    progress: int = 0
    error_code: str = ""
    cancel_requested: bool = False
    created_ms: int = 0
    started_ms: int = 0
    """First claim."""
    sent_ms: int = 0
    """When this attempt's SessionId was first sent."""
    submitted_ms: int = 0
    """When the vendor task id came on record."""
    made_ms: int = 0
    """When the vendor task was made at the earliest: from then on the vendor's memory runs."""
    due_ms: int = 0
    """While it waits for a retry, or not to run before: when it may run."""
    start_by_ms: int = 0
    """If nobody has taken it by then, it fails."""
    end_by_ms: int = 0
    """If it has not been sent by then, it fails; if it has, its end is asked for."""
    traceparent: str = ""
    """Of the trace that it is part of, in W3C's words; empty: of none."""
    webhook: str = ""
    """The moments of which its client is told: start, end, or both."""
    price: str = ""
    """Of one second of video, as a decimal; empty: nobody knew it when the task was created."""
    currency: str = ""
    least_seconds: float = 0.0
    """So many seconds are billed at least."""
    cost_estimate: int = 0
    """What one attempt was thought to cost, in millionths of the currency."""
    cost_committed: int = 0
    """Of that, what is promised still: until it has ended."""
    cost_spent: int = 0
    """What it came to, all attempts together; in millionths."""
    budget_day: str = ""
    """On which day it counts: `20261124`."""
    erased_ms: int = 0
    ended_ms: int = 0
    unreadable: tuple[str, ...] = ()
    """Fields of the record that make no sense to this release; they are as if they were not there."""

    @classmethod
    def from_record(cls, task_id: str, record: Mapping[str, str]) -> Self:
        """Read the hash `task:<id>`; fields of a newer release are ignored.

        One record that cannot be read must not cost those that were handed over with it.
        """
        values: dict[str, object] = {"id": task_id, "status": Status(record["status"])}
        unreadable = []
        for name, read in _FIELDS.items():
            try:
                if record.get(name):
                    values[name] = read(record[name])
            except ValueError:
                unreadable.append(name)
        return cls(**values, unreadable=tuple(unreadable))  # type: ignore[arg-type]  # the table below has the types

    @property
    def session_id(self) -> str:
        return session_id(self.id, self.attempt)


def _flag(text: str) -> bool:
    return text == "1"


_FIELDS: Final[Mapping[str, Callable[[str], object]]] = {
    **dict.fromkeys(("tenant", "model", "phase", "consumer", "vendor_task_id", "error_code", "webhook"), str),
    **dict.fromkeys(("price", "currency", "budget_day", "traceparent"), str),
    **dict.fromkeys(("cost_estimate", "cost_committed", "cost_spent"), int),
    "least_seconds": float,
    **dict.fromkeys(("attempt", "tries", "fence", "deaths", "priority", "progress"), int),
    **dict.fromkeys(("created_ms", "started_ms", "sent_ms", "submitted_ms", "made_ms", "due_ms", "ended_ms"), int),
    **dict.fromkeys(("start_by_ms", "end_by_ms", "erased_ms"), int),
    **dict.fromkeys(("ambiguous", "refused", "cancel_requested"), _flag),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One handing-over of a task to one consumer; every write of that consumer carries it."""

    task: Task
    """The record as it was when the task was handed over."""
    entry_id: str
    request: str
    """The request as it was stored: JSON."""

    @property
    def task_id(self) -> str:
        return self.task.id

    @property
    def fence(self) -> int:
        return self.task.fence

    @property
    def consumer(self) -> str:
        return self.task.consumer
