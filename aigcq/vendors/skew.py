"""How far the vendor's clock is ahead of one of ours; learnt only when the vendor refuses a signature as too old."""

from __future__ import annotations

from collections import deque
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

_REMEMBERED: Final = 8


class Skew:
    """The difference to the clock that dates a kind of call.

    A refused signature has two explanations: the two clocks differ, or the call was held up on our
    side; and a call that was held up must stay refused, for somebody else may have taken the work over.
    So what is learnt from a call dated `moment` holds only for calls dated `settle_seconds` later or
    more: those that were on their way in the same hold-up stay as old as they are. If it was
    a hold-up, the next call is dated ahead, refused for that, and sets it right; refusals cost nothing.
    """

    def __init__(self, *, settle_seconds: float) -> None:
        self._settle_seconds = settle_seconds
        self._known: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)

    def correct(self, moment: float) -> float:
        """Return `moment`, which one of our clocks told, on the vendor's clock."""
        return moment + next((ahead for since, ahead in reversed(self._known) if moment >= since), 0.0)

    def learn(self, moment: float, date: str) -> None:
        """Take note that a call dated `moment` was refused; `date` is the answer's Date header."""
        if self._known and moment < self._known[-1][0]:
            return  # dated before what we know now took effect: it says nothing about that
        if (now := moment_of(date)) is not None:
            self._known.append((moment + self._settle_seconds, now - moment))


def moment_of(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    # Any other year is nonsense, and what is signed must have a date.
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() if 2000 <= moment.year < 2100 else None
