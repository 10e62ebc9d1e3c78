"""Moments, as clients may write them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AwareDatetime, WithJsonSchema

LATEST: Final = 20_000_000_000
"""Seconds since 1970 are less; more would be milliseconds."""

Moment = Annotated[
    AwareDatetime,
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number", "minimum": 0, "maximum": LATEST}]}
    ),
]
"""ISO 8601 with a time zone, or seconds since 1970."""
