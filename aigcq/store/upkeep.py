"""What any worker does now and then for the whole queue.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json

from aigcq.errors import DeadlineExceeded
from aigcq.model import Event, Status, target
from aigcq.store.connection import Connection
from aigcq.store.keys import GROUP
from aigcq.store.uploads import SPARE_MS


class Upkeep:
    """Verbs about all tasks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._settings = connection.settings

    async def promote(self, count: int = 100) -> int:
        """Put up to `count` waiting tasks that are due back in the order; return how many."""
        keys = self._keys
        return int(
            await self._connection.run(
                "promote",
                [keys.queued, keys.waiting, keys.events, keys.meta, keys.lanes],
                [keys.task_prefix, count, Status.QUEUED, self._settings.events_cap],
            )
        )

    async def expire(self, count: int = 100) -> int:
        """Fail up to `count` tasks whose deadline is over and that were not begun; return how many were over."""
        keys, settings, error = self._keys, self._settings, DeadlineExceeded()
        return int(
            await self._connection.run(
                "expire",
                [
                    keys.deadlines, keys.queued, keys.waiting, keys.stream, keys.ended, keys.dead, keys.outbox,
                    keys.events, keys.spend_prefix, keys.meta, keys.lanes,
                ],
                [
                    keys.task_prefix, count, Status.QUEUED, Status.PROCESSING, Event.EXPIRE, target(Event.EXPIRE),
                    error.code, json.dumps(error.public(), ensure_ascii=False),
                    json.dumps(error.public() | {"billed": "unknown"}, ensure_ascii=False),
                    round(settings.result_ttl_seconds * 1000), settings.events_cap, SPARE_MS,
                ],
            )
        )  # fmt: skip

    async def repair(self, page: int = 500) -> int:
        """Go through all open tasks once and mend what a broken write left behind; return how many were mended."""
        keys, cursor, total = self._keys, "-", 0
        while cursor:
            cursor, mended = await self._connection.run(
                "repair",
                [
                    keys.stream, keys.queued, keys.waiting, keys.leases, keys.permits, keys.quarantine, keys.overdue,
                    keys.dead, keys.ended, keys.events, keys.unanswered, keys.meta, keys.lanes,
                ],
                [
                    keys.task_prefix, cursor, page, Status.QUEUED, Status.PROCESSING, Status.FAILED, GROUP,
                    round(self._settings.result_ttl_seconds * 1000), self._settings.events_cap,
                ],
            )  # fmt: skip
            total += mended
        return total
