"""What was seen of a service at one moment: all that findings are made of."""

from __future__ import annotations

from dataclasses import dataclass

from aigcq.store.control import Overview
from aigcq.store.server import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The place where videos are kept, as this process sees it."""

    error: str = ""
    """Why it cannot be written; empty: it can, or nobody has tried."""
    free_bytes: int | None = None
    """How much room it has; None: nobody knows, as of a bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One moment. What is None was not seen, and nothing is found of it."""

    now_ms: int | None = None
    """The clock of this process when it asked."""
    away: str = ""
    """Why Redis could not be asked; then there is nothing else but the shelf."""
    overview: Overview | None = None
    condition: Condition | None = None
    shelf: Shelf | None = None
