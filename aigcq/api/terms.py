"""When a client wants its task to run, and when not any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aigcq.errors import InvalidRequest
from aigcq.prices import millionths
from aigcq.schemas import CreateTask


def terms_of(body: CreateTask) -> dict[str, Any]:
    """Return the fields of `NewTask` that say when it may run, and for how much.

    Whether a deadline is over is for the store to say, which knows a repeated request first.

    Raises:
        InvalidRequest: what begins could never begin; it names the field.
    """
    start, end = (body.deadline.start, body.deadline.end) if body.deadline else (None, None)
    for field, moment in {"deadline.start": start, "deadline.end": end}.items():
        if moment and body.not_before and moment <= body.not_before:
            raise InvalidRequest(field, f"{field} must be later than not_before.")
    if start and end and end < start:
        raise InvalidRequest("deadline.end", "deadline.end must not be earlier than deadline.start.")
    return {
        "due_ms": _ms(body.not_before),
        "start_by_ms": _ms(start),
        "end_by_ms": _ms(end),
        "max_position": body.max_queue_position or 0,
        "max_cost": None if body.max_cost is None else millionths(body.max_cost),
    }


def check_future(body: CreateTask, now: float) -> None:
    """Refuse what is over already, where nobody can have asked for it before; `now` is in seconds since 1970.

    Raises:
        InvalidRequest: a moment is over; it names the field.
    """
    for name, ms in terms_of(body).items():
        if name in _FIELDS and 0 < ms <= now * 1000:
            raise InvalidRequest(_FIELDS[name], f"{_FIELDS[name]} must be in the future.")


_FIELDS = {"due_ms": "not_before", "start_by_ms": "deadline.start", "end_by_ms": "deadline.end"}


def _ms(moment: datetime | None) -> int:
    return round(moment.timestamp() * 1000) if moment else 0
