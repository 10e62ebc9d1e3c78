"""`Prefer: wait`: the answer is held back until the video is there, or the time is over."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from fastapi import Request

from aigcq.api.prefer import until_ended
from aigcq.api.streams import Streams
from aigcq.clock import Clock
from aigcq.store import Store
from aigcq.store.tasks import View

EARLY_SECONDS: Final = 0.5
"""The libraries give up when the time is over that they ask to wait, or soon after: the answer has to be earlier."""


@dataclass(slots=True)
class Unanswered:
    """Creates whose client was gone before it had its answer, by their fingerprint.

    The Node library sends one again, at once and up to five times, when the connection breaks, and says nothing of
    it. With an answer that is held back for a minute that is likely; so what comes next and is equal is the same.
    """

    clock: Clock
    _since: OrderedDict[str, float] = field(default_factory=OrderedDict)

    SECONDS = 15.0
    MOST = 10_000

    def add(self, fingerprint: str) -> None:
        self._since[fingerprint] = self.clock.monotonic()
        self._since.move_to_end(fingerprint)
        if len(self._since) > self.MOST:
            self._since.popitem(last=False)

    def take(self, fingerprint: str) -> bool:
        """Whether such a create was not answered a moment ago; one that comes again accounts for it."""
        since = self._since.pop(fingerprint, None)
        return since is not None and self.clock.monotonic() - since <= self.SECONDS


@dataclass(frozen=True, slots=True)
class Waiter:
    """Waits for the end of a task."""

    store: Store
    streams: Streams
    clock: Clock
    unanswered: Unanswered

    async def until_ended(self, request: Request, view: View, seconds: float, fingerprint: str) -> View:
        """Return the task once it has ended, or as it was last known if the client is gone or nobody can wait."""
        wait_seconds, gone = max(0.0, seconds - EARLY_SECONDS), partial(self.unanswered.add, fingerprint)
        seen = await until_ended(request, view.task.id, wait_seconds, self.streams, gone)
        return replace(seen, replayed=view.replayed) if seen else view
