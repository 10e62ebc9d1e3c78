"""When a request is sent again."""

from __future__ import annotations

from dataclasses import dataclass

from aigcq.client.errors import AigcqError, QueueFull, Unavailable


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long after each other; seconds are drawn anew each time (full jitter)."""

    most: int = 4
    """How often a request is sent again."""
    base_seconds: float = 0.5
    """The longest wait before the first repetition; it doubles with each further one."""
    cap_seconds: float = 8.0
    """No wait of ours is longer."""
    patience_seconds: float = 60.0
    """If the service wants to be left alone for longer than this, the caller is told instead."""

    def delay(self, sent: int, failure: AigcqError, *, repeatable: bool, drawn: float) -> float | None:
        """Return how many seconds after its `sent`-th failure a request is sent again; None: it is not.

        `repeatable`: doing it twice is as good as once. `drawn` is a random number from 0 to 1.
        """
        if sent > self.most or not _may_help(failure, repeatable):
            return None
        if (asked := failure.retry_after_seconds) is None:
            return drawn * min(self.cap_seconds, self.base_seconds * 2.0 ** (sent - 1))
        if asked > self.patience_seconds:
            return None
        return asked + drawn * self.base_seconds  # not all at the same moment, and never before


def _may_help(failure: AigcqError, repeatable: bool) -> bool:
    match failure:
        case QueueFull():
            return True  # nothing was done
        case Unavailable(hopeless=False, unsent=unsent):
            return repeatable or unsent
        case _:
            return False
