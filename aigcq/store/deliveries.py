"""The worker's side: from claim to settle.

Every write carries its delivery and is refused with LeaseLost once another consumer owns
it. Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aigcq import durations
from aigcq.errors import LeaseLost
from aigcq.limit import Law, News
from aigcq.model import Delivery, Event, Phase, Status, target
from aigcq.spending import AS_ESTIMATED, NOTHING, Footage
from aigcq.store.answers import (
    OVERDUE,
    UNANSWERED,
    CancelledBeforeSending,
    Claimed,
    NotYet,
    OverdueBeforeSending,
    SessionExpired,
    Submission,
    read_delivery,
    read_seconds,
    unless_lost,
)
from aigcq.store.connection import Connection
from aigcq.store.keys import GROUP
from aigcq.store.uploads import SPARE_MS

__all__ = [
    "CancelledBeforeSending",
    "Claimed",
    "Deliveries",
    "NotYet",
    "OverdueBeforeSending",
    "SessionExpired",
    "Submission",
]

BREAKER_MS: Final = 15_000
"""How long claims stop after several submissions in a row whose outcome nobody knows."""

Args = list[str | int | float]


class Deliveries:
    """Verbs of workers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._settings = connection.settings
        self._law = Law.of(connection.settings).to_json()
        self._lease_ms = round(connection.settings.lease_seconds * 1000)

    async def claim(self, consumer: str, count: int) -> Claimed:
        """Take up to `count` tasks that may run now, in order, each with its permit."""
        keys, settings = self._keys, self._settings
        wait_ms, due_ms, last_event, *deliveries = await self._connection.run(
            "claim",
            [
                keys.stream, keys.queued, keys.waiting, keys.leases, keys.permits,
                keys.limit, keys.history, keys.rate("create"), keys.meta, keys.events, keys.unanswered, keys.lanes,
                keys.deadlines,
            ],
            [
                GROUP, consumer, keys.task_prefix, count, self._lease_ms, self._law,
                settings.create_rate, settings.create_burst, Status.QUEUED, target(Event.CLAIM), Phase.CLAIMED,
                settings.events_cap,
            ],
        )  # fmt: skip
        return Claimed(
            deliveries=[read_delivery(reply) for reply in deliveries],
            wait_seconds=read_seconds(wait_ms),
            unanswered=wait_ms == UNANSWERED,
            overdue=wait_ms == OVERDUE,
            due_seconds=read_seconds(due_ms),
            last_event=last_event,
        )

    async def begin_submission(self, delivery: Delivery) -> Submission | NotYet:
        """Put on record that a vendor task may be created from now on; to be called before each such call.

        Raises:
            LeaseLost: another consumer owns the delivery; do not call the vendor.
            SessionExpired: the attempt is ambiguous and too old to be sent again.
            CancelledBeforeSending: a client wants it ended and the vendor was never called.
            OverdueBeforeSending: its deadline is over and the vendor was never called.
        """
        keys, settings = self._keys, self._settings
        answer = await self._connection.run(
            "begin_submission",
            [keys.task(delivery.task_id), keys.stream, keys.leases, keys.rate("create"), keys.meta],
            [
                *_owner(delivery), Phase.SUBMITTING, self._lease_ms, settings.create_rate, settings.create_burst,
                round(settings.session_seconds * 1000), BREAKER_MS,
            ],
        )  # fmt: skip
        match answer:
            case ["begun", now, first_sent_ms, ambiguous]:
                return Submission(signed_ms=now, first_sent_ms=first_sent_ms, ambiguous=bool(ambiguous))
            case ["wait", ms]:
                return NotYet(seconds=ms / 1000)
            case ["expired"]:
                raise SessionExpired
            case ["cancelled"]:
                raise CancelledBeforeSending
            case ["overdue"]:
                raise OverdueBeforeSending
        raise LeaseLost(delivery.task_id)

    async def record_submission(self, delivery: Delivery, vendor_task_id: str, made_ms: int = 0) -> int:
        """Store the vendor task id; return when it came on record, ms.

        `made_ms` is when it was made at the earliest, 0 for now: the vendor forgets it 72 hours later.

        Raises:
            LeaseLost: another consumer owns the delivery; it will find the vendor task by its SessionId.
        """
        keys = self._keys
        recorded_ms = await self._connection.run(
            "record_submission",
            [
                keys.task(delivery.task_id), keys.stream, keys.meta, keys.events, keys.permits, keys.unanswered,
                keys.limit, keys.history, keys.outbox, keys.queued, keys.starts,
            ],
            [
                *_owner(delivery), vendor_task_id, made_ms, Status.PROCESSING, Phase.GENERATING, self._law,
                self._settings.events_cap,
            ],
        )  # fmt: skip
        return int(unless_lost(recorded_ms, delivery))

    async def record_progress(self, delivery: Delivery, progress: int) -> None:
        """Publish how far the vendor says it is, in percent.

        Raises:
            LeaseLost: another consumer owns the delivery.
        """
        keys = self._keys
        recorded = await self._connection.run(
            "record_progress",
            [keys.task(delivery.task_id), keys.stream, keys.events],
            [*_owner(delivery), progress, Status.PROCESSING, self._settings.events_cap],
        )
        unless_lost(recorded, delivery)

    async def record_waiting(self, delivery: Delivery) -> None:
        """Tell the law that the vendor lets the task wait instead of running it.

        Raises:
            LeaseLost: another consumer owns the delivery.
        """
        keys = self._keys
        recorded = await self._connection.run(
            "record_waiting",
            [
                keys.task(delivery.task_id), keys.stream, keys.permits, keys.unanswered, keys.limit, keys.history,
                keys.events,
            ],
            [*_owner(delivery), News.WAITING, self._law, self._settings.events_cap],
        )  # fmt: skip
        unless_lost(recorded, delivery)

    async def release(
        self, delivery: Delivery, *, ended_seconds: float = 0.0, kind: str = "", took_seconds: float | None = None
    ) -> None:
        """Give the permit back: the vendor task ended `ended_seconds` ago, its video is being stored.

        What vendor tasks of its `kind` take is learnt from `took_seconds`; None: from when it was made until now.

        Raises:
            LeaseLost: another consumer owns the delivery.
        """
        keys, took_ms = self._keys, max(0, round((took_seconds or 0) * 1000))
        released = await self._connection.run(
            "release",
            [
                keys.task(delivery.task_id), keys.stream, keys.permits, keys.events, keys.unanswered, keys.limit,
                keys.history, keys.durations(kind),
            ],
            [
                *_owner(delivery), Status.PROCESSING, Phase.SAVING, round(ended_seconds * 1000), self._law,
                self._settings.events_cap, durations.TERMS if kind else "", took_ms,
            ],
        )  # fmt: skip
        unless_lost(released, delivery)

    async def settle(
        self,
        delivery: Delivery,
        event: Event,
        outcome: Mapping[str, Any],
        *,
        error_code: str = "",
        news: News | None = None,
        ended_seconds: float = 0.0,
        quarantine_seconds: float = 0.0,
        cost: int = AS_ESTIMATED,
        footage: Footage = NOTHING,
    ) -> None:
        """End the delivery and its task with `event`; `outcome` is its result or its error.

        It came to `cost`, in millionths: FREE only if the vendor certainly charges nothing for it.

        `news` is what the law must hear of its permit; a vendor task that is over ended `ended_seconds`
        ago. With `quarantine_seconds` the permit stays taken for so long: the vendor may be running it.

        Raises:
            LeaseLost: another consumer owns the delivery; nothing was written.
        """
        keys, settings = self._keys, self._settings
        task_id = delivery.task_id
        settled = await self._connection.run(
            "settle",
            [
                keys.task(task_id), keys.request(task_id), keys.result(task_id), keys.stream, keys.leases, keys.permits,
                keys.quarantine, keys.ended, keys.dead, keys.overdue, keys.limit, keys.history, keys.events,
                keys.unanswered, keys.outbox, keys.upload(task_id), keys.spend_prefix,
            ],
            [
                *_owner(delivery), event, target(event), error_code, json.dumps(outcome, ensure_ascii=False),
                round(settings.result_ttl_seconds * 1000), round(quarantine_seconds * 1000),
                news or "", round(ended_seconds * 1000), self._law, Status.FAILED, settings.events_cap,
                SPARE_MS, cost, footage.millis, footage.day,
            ],
        )  # fmt: skip
        unless_lost(settled, delivery)

    async def retry(
        self,
        delivery: Delivery,
        *,
        error_code: str,
        delay_seconds: float = 0.0,
        next_attempt: bool = False,
        tried: bool = False,
        news: News | None = None,
        ended_seconds: float = 0.0,
        unreachable: bool = False,
        charged: bool = False,
    ) -> bool:
        """Put the task back, at its old place or after `delay_seconds`; return False if a cancel wants it ended.

        `next_attempt` only after the vendor said that this attempt failed; `tried` counts it
        towards AIGCQ_MAX_ATTEMPTS; `news` and `ended_seconds` as in `settle`; `unreachable`
        stops all claims for a while that doubles, up to `BREAKER_MS`; `charged`: the attempt that ended is paid.

        Raises:
            LeaseLost: another consumer owns the delivery; nothing was written.
        """
        keys = self._keys
        answer = await self._connection.run(
            "retry",
            [
                keys.task(delivery.task_id), keys.stream, keys.queued, keys.waiting, keys.leases, keys.permits,
                keys.limit, keys.history, keys.meta, keys.overdue, keys.events, keys.unanswered, keys.lanes,
                keys.spend_prefix,
            ],
            [
                *_owner(delivery), Event.RETRY, target(Event.RETRY), round(delay_seconds * 1000), int(next_attempt),
                int(tried), error_code, news or "", round(ended_seconds * 1000), self._law,
                BREAKER_MS if unreachable else 0, self._settings.events_cap, int(charged),
            ],
        )  # fmt: skip
        return bool(unless_lost(answer, delivery) == 1)

    async def hand_back(self, delivery: Delivery) -> None:
        """Give the delivery up early: another worker goes on at once.

        Raises:
            LeaseLost: another consumer owns the delivery already.
        """
        keys = self._keys
        handed_back = await self._connection.run(
            "hand_back",
            [
                keys.task(delivery.task_id), keys.stream, keys.queued, keys.leases, keys.permits, keys.events,
                keys.unanswered, keys.meta, keys.lanes,
            ],
            [
                *_owner(delivery), Phase.CLAIMED, target(Event.HAND_BACK), Status.PROCESSING,
                self._settings.events_cap,
            ],
        )  # fmt: skip
        unless_lost(handed_back, delivery)


def _owner(delivery: Delivery) -> Args:
    return [GROUP, delivery.consumer, delivery.task_id, delivery.entry_id, delivery.fence]
