"""How a queued task goes from one account to another, once, whoever dies meanwhile.

Two accounts are two slots of a Redis Cluster, so that no script sees both. It takes three steps: it is lent here
(`lend`: no worker finds it any more, and its record says where it goes), it arrives there (`Tasks.arrive`: the same
id, so that a second time adds nothing), it has left here (`left`). Who dies between two of them leaves it in
`leaving`, where anybody finds it and takes the same steps again, to the same account. Only what no vendor has heard
of is lent, and what has moved once stays where it is.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aigcq.durations import kind_of
from aigcq.errors import NotReplicated
from aigcq.model import Event, Status, target
from aigcq.prices import Estimate
from aigcq.store.answers import read_record
from aigcq.store.connection import Connection, translated
from aigcq.store.records import NewTask

LOCAL: Final = frozenset({
    "status", "phase", "seq", "score", "own", "entry", "fence", "consumer", "permit", "unproven", "due_ms", "moving_to",
    "cost_committed", "budget_day",
})  # fmt: skip
"""Fields of a record that mean something in its own account only; all others go with it."""


class Movable(NamedTuple):
    """A queued task of which no vendor has heard."""

    id: str
    model: str
    tenant: str
    """As records have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A task on its way."""

    id: str
    to: str
    """The account that it goes to."""
    status: str
    """What the record here says: `queued`; what it has become, if a release that knows nothing of accounts has
    ended it meanwhile; empty: it has arrived."""
    request: str = ""
    picture: str = ""
    """Base64, if one was sent with the request."""
    picture_ms: int = 0
    """For so long it is kept."""
    record: Mapping[str, str] = field(default_factory=dict)

    def arriving(self, account: str) -> NewTask:
        """Return the task as the other account is given it; `account` is the one that it comes from."""
        record, model = self.record, self.record.get("model", "")
        off_peak = bool(self.request) and json.loads(self.request).get("off_peak") == "Enabled"
        return NewTask(
            id=self.id,
            request=self.request,
            tenant=record.get("tenant", ""),
            model=model,
            kind=kind_of(model, off_peak=off_peak),
            estimate=_estimate_of(record),
            priority=int(record.get("priority") or 0),
            start_by_ms=int(record.get("start_by_ms") or 0),
            end_by_ms=int(record.get("end_by_ms") or 0),
            webhook=record.get("webhook", ""),
            carried={name: value for name, value in record.items() if name not in LOCAL} | {"moved_from": account},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one account knows of a task."""

    here: bool = False
    """It is here, and not erased."""
    known: bool = False
    """It was here, or something that is kept of it is."""
    tenant: str = ""
    """Whose it is."""
    moved_to: str = ""
    """The account that it has left for."""


def _estimate_of(record: Mapping[str, str]) -> Estimate:
    if "cost_estimate" not in record:
        return Estimate(amount=None)
    return Estimate(
        amount=int(record["cost_estimate"]),
        price=record.get("price", ""),
        currency=record.get("currency", ""),
        least_seconds=float(record.get("least_seconds") or 0),
    )


class Moves:
    """The steps in the account that a task leaves."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._settings = connection.settings

    async def movable(self, begin: int, count: int) -> tuple[int, Sequence[Movable]]:
        """Look at `count` queued tasks from the rank `begin` on; return how many there were, and which may move."""
        seen, *found = await self._connection.run(
            "movable", [self._keys.queued], [self._keys.task_prefix, begin, count]
        )
        return int(seen), [Movable(*each) for each in found]

    async def trace(self, task_id: str) -> Trace:
        """Return what is known of a task here. A file may be all that is left of it."""
        call = self._connection.batches.call
        with translated():
            asked = [
                call("HMGET", self._keys.task(task_id), "status", "erased_ms", "moved_to", "tenant"),
                call("GET", self._keys.file(task_id)),
            ]
            (status, erased, moved_to, tenant), file = [await each for each in asked]
        return Trace(
            here=bool(status and not erased),
            known=bool(status or file) and not moved_to,
            tenant=tenant or (json.loads(file).get("tenant", "") if file else ""),
            moved_to=moved_to or "",
        )

    async def lent(self, older_seconds: float, count: int) -> Sequence[str]:
        """Return the tasks that are on their way, and that nobody has seen to for so long; their ids."""
        return list(await self._connection.run("lent", [self._keys.leaving], [round(older_seconds * 1000), count]))

    async def lend(self, task_id: str, account: str = "") -> Lent | None:
        """Take a task out of the order, for `account`, or go on with one that is on its way; None: it stays.

        Raises:
            NotReplicated: too few replicas know that it is lent: it must not arrive anywhere yet.
        """
        keys = self._keys
        answer, replicated = await self._connection.run_replicated(
            "lend",
            [
                keys.task(task_id), keys.request(task_id), keys.upload(task_id), keys.stream, keys.queued,
                keys.leaving, keys.deadlines, keys.meta, keys.lanes,
            ],
            [task_id, Status.QUEUED, account],
        )  # fmt: skip
        if not answer:
            return None
        if not replicated:
            raise NotReplicated(task_id, self._settings.min_replicas)
        to, status, *rest = answer
        if not rest:
            return Lent(id=task_id, to=to, status=status)
        request, picture, picture_ms, *record = rest
        return Lent(
            id=task_id, to=to, status=status, request=request, picture=picture, picture_ms=int(picture_ms),
            record=read_record(record),
        )  # fmt: skip

    async def left(self, task_id: str) -> bool:
        """Remove a task that has arrived; where it went stays on record. Return False if it was not lent."""
        keys, settings = self._keys, self._settings
        answer = await self._connection.run(
            "left",
            [
                keys.task(task_id), keys.request(task_id), keys.upload(task_id), keys.uploads, keys.leaving,
                keys.events, keys.ended, keys.spend_prefix, keys.stream,
            ],
            [
                task_id, Status.QUEUED, target(Event.CANCEL), round(settings.result_ttl_seconds * 1000),
                settings.events_cap,
            ],
        )  # fmt: skip
        return bool(answer)

    async def stay(self, lent: Lent) -> bool:
        """Queue a task here again that the other account does not take; return False if it was not lent."""
        keys, task = self._keys, lent.arriving("")
        answer = await self._connection.run(
            "stay",
            [
                keys.task(lent.id), keys.stream, keys.queued, keys.leaving, keys.deadlines, keys.meta, keys.lanes,
            ],
            [lent.id, Status.QUEUED, min(filter(None, (task.start_by_ms, task.end_by_ms)), default=0)],
        )  # fmt: skip
        return bool(answer)
