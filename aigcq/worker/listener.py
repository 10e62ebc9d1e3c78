"""What others do to the queue, as this worker hears of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Final

from aigcq.model import Event
from aigcq.store import Store
from aigcq.worker.hints import Hints

UNREMARKABLE: Final = frozenset(
    {
        Event.CLAIM,
        Event.SUBMIT,
        Event.PROGRESS,
        Event.RECLAIM,
        Event.CANCEL_REQUEST,
        Event.ALARM,
        Event.PAUSE,
        Event.HINT,
        Event.EXPIRE,
        Event.REORDER,
        Event.ERASE,
    }
)
"""Events after which there is nothing new to claim."""
TOLD: Final = frozenset({Event.SUBMIT, Event.SUCCEED, Event.FAIL, Event.CANCEL, Event.ABORT, Event.EXPIRE})
"""Events of which somebody may be told by webhook."""


@dataclass(slots=True)
class Listener:
    """Reads every event once."""

    store: Store
    hints: Hints
    handed_back: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody has left something; whoever takes it over clears this."""
    posted: asyncio.Event = field(default_factory=asyncio.Event)
    """Something may be in the outbox; whoever delivers it clears this."""
    _claimed_at: str = ""
    _submissions: bool = False
    _read_to: str = ""

    def claimed(self, last_event: str, *, submissions: bool = False) -> None:
        """Take note that a look at the queue knew of all events up to `last_event`.

        With `submissions` the vendor's answer to one that is under way may let another task run.

        They are no reason for another look, but they are read: a look does not see what was handed back.
        """
        if not self._read_to:  # what was handed back before it began to listen
            self.handed_back.set()
        self._claimed_at, self._submissions = last_event, submissions
        # A Redis that lost everything may count from further back.
        self._read_to = min(self._read_to or last_event, last_event, key=_order)

    async def hears(self, block_seconds: float) -> bool:
        """Return whether something has happened since that look which may let a task run; wait for it so long."""
        events = await self.store.control.events(self._read_to, block_seconds)
        if any(event["event"] == Event.HAND_BACK for _, event in events):
            self.handed_back.set()
        if any(event["event"] in TOLD for _, event in events):
            self.posted.set()
        for _, event in events:
            if event["event"] == Event.HINT:
                self.hints.show(json.loads(event["vendor_tasks"]))
        if events:
            self._read_to = events[-1][0]
        known = _order(self._claimed_at)
        return any(_order(at) > known and self._is_remarkable(event["event"]) for at, event in events)

    def _is_remarkable(self, event: str) -> bool:
        return event not in UNREMARKABLE or (event == Event.SUBMIT and self._submissions)


def _order(event_id: str) -> tuple[int, ...]:
    return tuple(map(int, event_id.split("-")))
