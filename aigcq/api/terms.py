"""When a client wants its task to run, and when not any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aigcq.errors import InvalidRequest
from aigcq.schemas import CreateTask


def terms_of(body: CreateTask, now: float) -> dict[str, Any]:
    """Return the fields of `NewTask` that say when it may run; `now` is in seconds since 1970.

    Raises:
        InvalidRequest: a moment is over, or what begins could never begin; it names the field.
    """
    start, end = (body.deadline.start, body.deadline.end) if body.deadline else (None, None)
    moments = {"not_before": body.not_before, "deadline.start": start, "deadline.end": end}
    for field, moment in moments.items():
        if moment and moment.timestamp() <= now:
            raise InvalidRequest(field, f"{field} must be in the future.")
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
    }


def _ms(moment: datetime | None) -> int:
    return round(moment.timestamp() * 1000) if moment else 0
