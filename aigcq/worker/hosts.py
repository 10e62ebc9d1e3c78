"""How many calls go to one host at a time, so that one that does not answer costs the others nothing."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from random import Random
from typing import Final

from aigcq.backoff import equal_jitter

SILENT_SECONDS: Final = 5.0
SILENT_MOST_SECONDS: Final = 300.0
BUSY_SECONDS: Final = 1.0
BUSY_MOST_SECONDS: Final = 60.0
REMEMBERED: Final = 10_000
"""Hosts of which something is known; the ones that were called longest ago are forgotten first."""


@dataclass(slots=True)
class _Host:
    active: int = 0
    silent: int = 0
    """Calls in a row that nobody answered."""
    sent_away: int = 0
    """About how many wait for it."""
    seconds: float = 0.1
    """How long the last call took."""


class Hosts:
    """What one process knows of those that it calls."""

    def __init__(self, at_once: int, rng: Random) -> None:
        self._at_once = at_once
        self._rng = rng
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    def enter(self, name: str) -> float:
        """Begin a call and return 0, or return the seconds after which to try again: it has as many as it may."""
        host = self._hosts.setdefault(name, _Host())
        self._hosts.move_to_end(name)
        if host.active < (1 if host.silent else self._at_once):
            host.active += 1
            return 0.0
        host.sent_away += 1
        if host.silent:
            return equal_jitter(host.silent, SILENT_SECONDS, SILENT_MOST_SECONDS, self._rng)
        longest = min(BUSY_MOST_SECONDS, host.sent_away * host.seconds / self._at_once)
        return BUSY_SECONDS + self._rng.uniform(0.0, longest)

    def leave(self, name: str, seconds: float, *, answered: bool) -> None:
        """End a call that took so long."""
        host = self._hosts[name]
        host.active -= 1
        host.sent_away = max(0, host.sent_away - 1)
        host.seconds = seconds
        host.silent = 0 if answered else host.silent + 1
        if not host.active and answered:
            del self._hosts[name]
        self._forget()

    def _forget(self) -> None:
        idle = (name for name, host in self._hosts.items() if not host.active)
        while len(self._hosts) > REMEMBERED and (oldest := next(idle, None)):
            del self._hosts[oldest]
            idle = (name for name, host in self._hosts.items() if not host.active)
