"""Who may go on with a delivery: its lease is renewed by who drives it, or it is taken over.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from aigcq.model import Delivery, Phase, Status
from aigcq.store.answers import Renewal, read_delivery, read_seconds
from aigcq.store.connection import Connection
from aigcq.store.keys import GROUP

__all__ = ["Leases", "Renewal"]


class Leases:
    """Verbs about leases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._settings = connection.settings
        self._lease_ms = round(connection.settings.lease_seconds * 1000)

    async def reclaim(
        self, consumer: str, count: int, *, expired: bool = True, unproven: int = 0
    ) -> tuple[Sequence[Delivery], float | None]:
        """Take over up to `count` deliveries whose lease has ended; return them and the seconds to the next end.

        Without `expired` only those that were handed back: after Redis was away, the owner of
        a lease that ended meanwhile may well be alive. `unproven` are the deliveries that the
        consumer holds and has not renewed yet: beside them it is given no suspect.
        """
        keys, settings = self._keys, self._settings
        next_ms, *deliveries = await self._connection.run(
            "reclaim",
            [keys.stream, keys.leases, keys.permits, keys.quarantine, keys.workers, keys.events, keys.unanswered],
            [
                GROUP, consumer, keys.task_prefix, count, self._lease_ms, Status.PROCESSING, Phase.SUBMITTING,
                Phase.SAVING, int(expired), settings.max_deaths, unproven, settings.events_cap,
            ],
        )  # fmt: skip
        return [read_delivery(reply) for reply in deliveries], read_seconds(next_ms)

    async def renew(self, consumer: str, deliveries: Sequence[Delivery]) -> Sequence[Renewal]:
        """Start the leases of many deliveries of one consumer anew; each is answered for itself."""
        keys = self._keys
        items = [[each.task_id, each.entry_id, each.fence] for each in deliveries]
        answers = await self._connection.run(
            "renew",
            [keys.stream, keys.leases],
            [GROUP, consumer, keys.task_prefix, self._lease_ms, json.dumps(items)],
        )
        return [Renewal(answer) for answer in answers]
