"""What must be on replicas before it counts."""

from __future__ import annotations

from aigcq.errors import LeaseLost, NotReplicated
from aigcq.model import Delivery, Phase
from aigcq.store.answers import CancelledBeforeSending
from aigcq.store.connection import Connection
from aigcq.store.keys import GROUP


class Replicas:
    """Verbs of workers whose Redis has replicas; every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def confirm_submission(self, delivery: Delivery) -> int | None:
        """Return when a submission that was begun may be sent, ms: AIGCQ_MIN_REPLICAS have it on record.

        None: it must be begun anew, because a failover has lost that or because it has waited for too long.
        Repeating it makes nothing ambiguous.

        Raises:
            LeaseLost: another consumer owns the delivery; do not call the vendor.
            CancelledBeforeSending: a client wants it ended and the vendor was never called.
            NotReplicated: too few replicas have it so far; ask again, and do not call the vendor.
        """
        keys, settings = self._connection.keys, self._connection.settings
        answer, replicated = await self._connection.run_replicated(
            "confirm_submission",
            [keys.task(delivery.task_id), keys.stream, keys.leases],
            [
                GROUP, delivery.consumer, delivery.task_id, delivery.entry_id, delivery.fence, Phase.SUBMITTING,
                round(settings.lease_seconds * 1000), round(settings.session_seconds * 1000),
            ],
        )  # fmt: skip
        match answer:
            case ["confirmed", now_ms] if replicated:
                return int(now_ms)
            case ["confirmed", _]:
                raise NotReplicated(delivery.task_id, settings.min_replicas)
            case ["again"]:
                return None
            case ["cancelled"]:
                raise CancelledBeforeSending
        raise LeaseLost(delivery.task_id)
