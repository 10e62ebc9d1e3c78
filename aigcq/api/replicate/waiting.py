"""`Prefer: wait`: the answer is held back until the video is there, or the time is over."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Final

from fastapi import Request

from aigcq.api.streams import Streams
from aigcq.clock import Clock
from aigcq.errors import StoreUnavailable, TaskNotFound, TooManyListeners
from aigcq.store import Store
from aigcq.store.tasks import View

MOST_SECONDS: Final = 60.0
EARLY_SECONDS: Final = 0.5
"""The libraries give up when the time is over that they ask to wait, or soon after: the answer has to be earlier."""
_WAIT: Final = re.compile(r'wait(?:\s*=\s*"?(\d{1,5}(?:\.\d{1,9})?)"?)?', re.IGNORECASE)


def wanted_seconds(prefer: str) -> float | None:
    """Return how long to wait; None: not at all. What is not understood in a preference is ignored (RFC 7240)."""
    for word in prefer.split(","):
        if found := _WAIT.fullmatch(word.strip()):
            return min(MOST_SECONDS, float(found[1])) if found[1] else MOST_SECONDS
    return None


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
        """Return the task once it has ended, the time is over, or the client is gone."""
        async with asyncio.TaskGroup() as group:
            gone = group.create_task(self._until_gone(request, fingerprint))
            seen = group.create_task(self._seen(view, max(0.0, seconds - EARLY_SECONDS)))
            await asyncio.wait({gone, seen}, return_when=asyncio.FIRST_COMPLETED)
            for each in (gone, seen):
                each.cancel()
        return view if seen.cancelled() else seen.result()

    async def _seen(self, view: View, seconds: float) -> View:
        try:
            return replace(await self.streams.ended(view.task.id, seconds), replayed=view.replayed)
        except (StoreUnavailable, TaskNotFound, TooManyListeners):
            return view  # the task is there; what was last known of it is the answer

    async def _until_gone(self, request: Request, fingerprint: str) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.unanswered.add(fingerprint)
