"""How old is what the vendor was sent: it forgets after three days.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from aigcq.model import Delivery, Status
from aigcq.store.connection import Connection
from aigcq.store.keys import GROUP


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How old is what the vendor was sent of one delivery."""

    seconds: float
    """On Redis' clock, since the vendor task was made at the earliest; 0 if nothing was sent, or it was lost."""
    alarmed: bool
    """It is overdue, and nobody was told before."""


class Horizon:
    """Verbs about age."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._settings = connection.settings

    async def measure(self, consumer: str, deliveries: Sequence[Delivery]) -> Sequence[Age]:
        """Return how old many deliveries of one consumer are, and raise the alarm for each that is overdue, once.

        One that was lost is answered as if nothing had been sent.
        """
        keys, settings = self._keys, self._settings
        items = [[each.task_id, each.entry_id, each.fence] for each in deliveries]
        hours = settings.horizon_alarm_seconds / 3600
        answers = await self._connection.run(
            "measure",
            [keys.stream, keys.overdue, keys.events],
            [
                GROUP, consumer, keys.task_prefix, round(settings.horizon_alarm_seconds * 1000), Status.PROCESSING,
                f"it was sent {hours:g} hours ago and has not ended; the vendor forgets it soon", settings.events_cap,
                json.dumps(items),
            ],
        )  # fmt: skip
        return [Age(seconds=max(0, ms) / 1000, alarmed=bool(alarmed)) for ms, alarmed in answers]
