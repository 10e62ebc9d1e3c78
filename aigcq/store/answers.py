"""What the worker's verbs answer, and how a script's reply becomes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from aigcq.errors import LeaseLost
from aigcq.model import Delivery, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What a look at the queue gave."""

    deliveries: Sequence[Delivery]
    wait_seconds: float | None
    """After this it is worth asking again even if no event comes; None: only an event changes the answer."""
    unanswered: bool
    """The vendor's answer to a submission that is under way may let a task run."""
    due_seconds: float | None
    """After this a waiting task is due; None: nothing waits."""
    last_event: str
    """A reader that goes on after this event misses nothing."""
    overdue: bool = False
    """Nothing was given: deadlines are over, and `Upkeep.expire` must see to them first."""


class Renewal(IntEnum):
    """What came of renewing a lease."""

    LOST = 0
    RENEWED = 1
    CANCEL_REQUESTED = 2
    """Renewed; a client wants the task to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Leave to call the vendor, once."""

    signed_ms: int
    """Redis time of the leave; dates the signature."""
    first_sent_ms: int
    """When this attempt's SessionId was first sent."""
    ambiguous: bool
    """An earlier send of this attempt has an unknown outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """No token to create vendor tasks with is left for so long."""

    seconds: float


class SessionExpired(Exception):
    """The SessionId is so old that the vendor may have forgotten it: sending it again protects nothing."""


class CancelledBeforeSending(Exception):
    """A client took the task back before the vendor was called: nothing was spent."""


def unless_lost(answer: int, delivery: Delivery) -> int:
    if not answer:
        raise LeaseLost(delivery.task_id)
    return answer


def read_delivery(reply: Sequence[str]) -> Delivery:
    task_id, entry_id, request, *fields = reply
    return Delivery(task=Task.from_record(task_id, read_record(fields)), entry_id=entry_id, request=request)


def read_record(fields: Sequence[str]) -> dict[str, str]:
    """Return a hash, or a zset with its scores, as a script gives it."""
    return dict(zip(fields[::2], fields[1::2], strict=True))


class OverdueBeforeSending(Exception):
    """The deadline passed before the vendor was called: nothing was spent on this attempt."""


OVERDUE: Final = -3
"""In place of the ms until a claim is worth it again: once deadlines that are over were seen to."""
UNANSWERED: Final = -2
"""In place of the ms until a claim is worth it again: once the vendor has answered a submission."""


def read_seconds(ms: int) -> float | None:
    return None if ms < 0 else ms / 1000
