"""The agenda: what happens when, in simulated seconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any


class Agenda:
    """Events in the order of their time; those of one instant in the order in which they were put down."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = count()

    def at(self, when: float, event: Callable[..., None], *about: Any) -> None:
        """Let `event` happen at `when`, in seconds from the beginning."""
        heapq.heappush(self._events, (when, next(self._numbers), event, about))

    def after(self, seconds: float, event: Callable[..., None], *about: Any) -> None:
        self.at(self.now + seconds, event, *about)

    def run(self, horizon_seconds: float) -> None:
        """Let everything happen that is due until then."""
        while self._events and self._events[0][0] <= horizon_seconds:
            self.now, _, event, about = heapq.heappop(self._events)
            event(*about)
