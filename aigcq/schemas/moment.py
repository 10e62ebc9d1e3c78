"""Moments, as clients may write them."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

LATEST: Final = 20_000_000_000
"""Seconds since 1970 are not more; what is more are milliseconds, which would be misread."""
NUMBER: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
SPELT: Final = "must be ISO 8601 with a time zone, or seconds since 1970"


def _number(value: object) -> object:
    """Return seconds as a number, however they are written; what is no number may be ISO 8601."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or (isinstance(value, int | float) and not 0 <= value <= LATEST):
        raise PydanticCustomError("moment", SPELT)
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_number),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number", "minimum": 0, "maximum": LATEST}]}
    ),
]
"""ISO 8601 with a time zone, or seconds since 1970."""
