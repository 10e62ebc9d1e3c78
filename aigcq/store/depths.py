"""How much there is of everything, and since when: what is measured from outside, every few seconds.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aigcq.store.connection import Connection, translated
from aigcq.store.control import Change, change_of
from aigcq.store.keys import GROUP

MOST_ENTRIES: Final = 256
"""So many of the oldest open tasks are looked through for the first one that is queued."""
MOST_CHANGES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much there was at one instant. Times are seconds before it, 0 if there is nothing."""

    stream: int
    """Tasks that have not ended."""
    pending: int
    dead: int
    outbox: int
    unanswered: int
    quarantined: int
    queued_seconds: float
    """Since the oldest of the queued tasks was created."""
    pending_seconds: float
    """Since the oldest of the tasks that are being worked on was begun."""
    outbox_seconds: float
    """For how long the first note that is due has been due."""
    overdue_seconds: float
    """Since the oldest of the tasks of which the alarm was raised was sent."""
    lapsed_seconds: float
    """For how long a lease has been over that nobody has taken."""
    last_change: str
    """Id of the last change of a threshold."""


class Depths:
    """Reads them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def read(self) -> Depth:
        """Return how much there is now."""
        keys = self._keys
        names = [
            keys.stream, keys.queued, keys.dead, keys.outbox, keys.unanswered, keys.quarantine, keys.overdue,
            keys.leases, keys.history,
        ]  # fmt: skip
        answer = await self._connection.run("depths", names, [GROUP, keys.task_prefix, MOST_ENTRIES])
        now_ms, stream, pending, dead, outbox, unanswered, quarantined, *moments, last_change = answer
        ages = [max(0, now_ms - int(ms)) / 1000 if ms else 0.0 for ms in moments]
        return Depth(
            stream=stream, pending=pending, dead=dead, outbox=outbox, unanswered=unanswered, quarantined=quarantined,
            queued_seconds=ages[0], pending_seconds=ages[1], outbox_seconds=ages[2], overdue_seconds=ages[3],
            lapsed_seconds=ages[4], last_change=last_change,
        )  # fmt: skip

    async def changes_after(self, change_id: str) -> Sequence[Change]:
        """Return what the thresholds did after a change, the oldest first, as far as it is kept."""
        with translated():
            entries: Any = await self._connection.client.xrange(
                self._keys.history, f"({change_id}", "+", count=MOST_CHANGES
            )
        return [change_of(at, fields) for at, fields in entries]
