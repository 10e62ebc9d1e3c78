"""What the OpenAPI document says of this protocol's errors."""

from __future__ import annotations

from typing import Any, Final

from aigcq.api.replicate.schema import ErrorAnswer

_MEANINGS: Final = {
    400: "The body cannot be read.",
    402: "It may cost more than a budget allows, or nobody knows what it costs. Nothing was enqueued.",
    404: "There is no such thing, or its record has expired.",
    408: "The body was not complete in time.",
    413: "The body is too large.",
    422: "A field is wrong: `detail` names it and says what is allowed. Nothing was enqueued.",
    429: "The backlog is at its limit: try again after `Retry-After` seconds.",
    503: "Redis does not answer. With an Idempotency-Key, send the same again: it is recognised.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the errors that a route may answer with."""
    return {status: {"model": ErrorAnswer, "description": _MEANINGS[status]} for status in statuses}
