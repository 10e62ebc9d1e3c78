"""Spans of time as people write them: `90d`, `24h`, `15m`."""

from __future__ import annotations

import re
from typing import Final

import typer

_FORM: Final = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s?)?", re.ASCII)


def seconds_of(text: str, option: str) -> int:
    """Return the seconds that `text` is: `90d`, `24h`, `1d12h`, or a number of them; 0 for none.

    Raises:
        typer.BadParameter: it is none; `option` is named.
    """
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise typer.BadParameter(f"takes a span like 90d, 24h or 15m, not {text!r}", param_hint=option)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
