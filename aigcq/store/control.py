"""The operator's side: pause and resume, what there is, who is alive, what happens.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from redis.exceptions import ResponseError

from aigcq import limit
from aigcq.limit import Law
from aigcq.limit.law import Bounds
from aigcq.limit.scopes import ACCOUNT
from aigcq.model import Event
from aigcq.store.answers import read_record
from aigcq.store.connection import Connection, check_schema, translated
from aigcq.store.keys import GROUP

FORGET_WORKER_MS: Final = 600_000
"""A worker that was silent for this long is removed from the list, and from the group if it holds nothing."""
LATELY_SECONDS: Final = 3600.0
"""What has failed within this time has failed lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The queue at one instant. Times are milliseconds of Redis time."""

    now_ms: int
    queued: int
    """Tasks that could run now if there were room."""
    waiting: int
    """Tasks that wait for a retry."""
    processing: int
    live: int
    """Vendor tasks that occupy the account."""
    overdue: int = 0
    """Tasks that were sent so long ago that the alarm was raised."""
    threshold: int
    model_limits: Mapping[str, int] = field(default_factory=dict)
    """Of each model that has a limit of its own, how many may run at once."""
    maximum: int
    """The threshold never rises above it: MAX_THRESHOLD, or what an operator has set."""
    passed: bool = False
    """Whether tasks wait for room of their model while others pass them."""
    paused: str
    """Why claims are stopped; empty if they are not."""
    paused_by: str
    paused_ms: int = 0
    """Since when."""
    moves: bool = False
    """Whoever has paused it wants its queued tasks to go to other accounts."""
    workers: Mapping[str, int]
    """Consumer -> last beat."""
    vendor: Mapping[str, str]
    """What workers last saw of the vendor, of the storage, and of their own trouble."""
    minimum: int = 1
    """The threshold never falls below it."""
    state: Mapping[str, str] = field(default_factory=dict)
    """What the law of the limit remembers, as it is kept."""
    unanswered: int = 0
    """Submissions of which the vendor has not said whether it takes them."""
    unknown_in_a_row: int = 0
    """So many submissions had no answer, one after the other."""
    broken_until_ms: int = 0
    """Until then nothing is claimed, because of those."""
    dead_lately: int = 0
    """Tasks that failed within `LATELY_SECONDS`."""
    ended_lately: int = 0
    """Tasks that ended within it, however."""
    granted_ms: int = 0
    """When the newest of the permits was granted; 0 if there are none."""

    accounts: Mapping[str, Overview] = field(default_factory=dict)
    """Of several queues that are added up: each of them, by its account."""

    @property
    def bounds(self) -> Bounds:
        """What an operator has set at run time, if that is of one queue."""
        return Bounds.from_record(self.state)

    @property
    def moves_away(self) -> bool:
        """Whether queued tasks go to other accounts: the vendor has refused this one, or a person wants it."""
        return bool(self.paused) and (self.moves or self.paused_by != "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The threshold moved."""

    ms: int
    """Redis time."""
    cause: str
    """`started`, `recovered` (by itself), `operator`, `bounded` (other bounds), or what the law heard: `limit.News`."""
    old: int | None
    """None in the beginning."""
    new: int
    live: int
    """How many vendor tasks were live then, of that scope."""
    scope: str = ACCOUNT
    """Whose threshold: `account`, or `model:<name>`."""
    account: str = ""
    """Of which account, where there are several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which events are there to be read again."""

    first: str
    """The oldest one; "0-0" if there is none."""
    last: str
    """The newest one there ever was in this Redis."""
    whole: bool
    """None was ever dropped."""

    def misses(self, after: str) -> bool:
        """Return whether something after the id `after` is not there any more, or that id is of another Redis."""
        return order_of(after) > order_of(self.last) or (not self.whole and order_of(after) < order_of(self.first))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a worker learns when it says that it lives."""

    now_ms: int
    probe_at_ms: int
    """From then on a pause of the machine's own may be probed; 0: there is none."""
    drain: bool = False
    """An operator wants this worker to take no more, and to end."""


class Control:
    """Verbs of operators, and what processes tell each other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._settings = connection.settings

    async def pause(
        self, reason: str, *, by: str = "operator", probe_seconds: float = 0.0, moves: bool = False
    ) -> bool:
        """Stop claims; return False if a person has paused already and `by` is the machine.

        `moves`: what is queued may go to other accounts.
        """
        keys, cap = self._keys, self._settings.events_cap
        args: list[str | int | float] = [reason, by, round(probe_seconds * 1000), cap, int(moves)]
        return bool(await self._connection.run("pause", [keys.meta, keys.events], args))

    async def resume(self, *, by: str = "operator") -> bool:
        """Let claims go on; return False if they did, or if `by` may not end this pause."""
        keys = self._keys
        return bool(await self._connection.run("resume", [keys.meta, keys.events], [by, self._settings.events_cap]))

    async def overview(self) -> Overview:
        """Return the queue at this instant."""
        keys = self._keys
        names = [
            keys.queued, keys.waiting, keys.leases, keys.permits, keys.overdue, keys.limit, keys.meta, keys.vendor,
            keys.workers, keys.unanswered, keys.dead, keys.ended,
        ]  # fmt: skip
        answers = await self._connection.run("overview", names, [round(LATELY_SECONDS * 1000)])
        now_ms, queued, waiting, processing, live, overdue, *records, model_limits, more = answers
        state, meta, vendor, workers = map(read_record, records)
        law = Law.of(self._settings).within(Bounds.from_record(state))
        return Overview(
            now_ms=now_ms,
            queued=queued,
            waiting=waiting,
            processing=processing,
            live=live,
            overdue=overdue,
            threshold=limit.threshold(state, law, now_ms),
            model_limits={} if law.policy == "step" else _model_limits(model_limits, law),
            maximum=law.maximum,
            passed="lanes_to" in meta,
            paused=meta.get("paused", ""),
            paused_by=meta.get("paused_by", ""),
            paused_ms=int(meta.get("paused_ms", 0)),
            moves="paused_moves" in meta,
            workers={consumer: int(float(beat)) for consumer, beat in workers.items()},
            vendor=vendor,
            minimum=law.minimum,
            state=state,
            unanswered=more[0],
            unknown_in_a_row=int(meta.get("unknown_in_a_row", 0)),
            broken_until_ms=int(meta.get("breaker_until_ms", 0)),
            dead_lately=more[1],
            ended_lately=more[2],
            granted_ms=int(more[3]),
        )

    async def changes(self, count: int) -> Sequence[Change]:
        """Return the last `count` changes of the threshold, the newest first."""
        with translated():
            entries: Any = await self._connection.client.xrevrange(self._keys.history, count=count)
        return [change_of(at, fields) for at, fields in entries]

    async def beat(self, consumer: str, seen: Mapping[str, Any], *, claimed: int = 0) -> Beat:
        """Say that `consumer` lives, what it has `seen` since the last beat, and how many tasks it has claimed.

        Raises:
            SchemaTooNew: a newer release has written the queue; this worker must stop.
        """
        keys = self._keys
        now_ms, schema, probe_at_ms, drain = await self._connection.run(
            "beat",
            [
                keys.workers, keys.vendor, keys.stream, keys.meta, keys.draining,
                keys.queued, keys.permits, keys.limit,
            ],
            [GROUP, consumer, json.dumps(seen), FORGET_WORKER_MS, claimed],
        )  # fmt: skip
        check_schema(schema)
        return Beat(now_ms=now_ms, probe_at_ms=probe_at_ms, drain=bool(drain))

    async def leave(self, consumer: str) -> None:
        """Take `consumer` off the list of those who are alive."""
        with translated():
            async with self._connection.client.pipeline(transaction=True) as pipe:
                pipe.zrem(self._keys.workers, consumer)
                pipe.zrem(self._keys.draining, consumer)
                await pipe.execute()

    async def spend(self, action: str, rate: float, burst: int, *, wanted: int = 1) -> tuple[int, float]:
        """Take up to `wanted` tokens of the bucket `action`; return how many, and the seconds until the next one."""
        taken, wait_ms = await self._connection.run("spend", [self._keys.rate(action)], [rate, burst, wanted])
        return int(taken), int(wait_ms) / 1000

    async def hint(self, vendor_task_ids: Collection[str]) -> None:
        """Tell all workers that these vendor tasks are said to have ended."""
        ids = json.dumps(sorted(vendor_task_ids))
        hint: dict[Any, Any] = {"event": Event.HINT, "task": "", "status": "", "vendor_tasks": ids}
        with translated():
            await self._connection.client.xadd(self._keys.events, hint, maxlen=self._settings.events_cap)

    async def events(self, after: str, block_seconds: float) -> Sequence[tuple[str, Mapping[str, str]]]:
        """Return the events after the id `after`, waiting for the first one up to `block_seconds`.

        It never waits longer than WORKER_BLOCK_TIME.
        """
        block_ms = min(round(block_seconds * 1000), self._settings.worker_block_time)
        with translated():
            reply = await self._connection.reader.xread({self._keys.events: after}, count=500, block=max(1, block_ms))
        return entries_of(reply)

    async def events_after(self, after: str, count: int) -> Sequence[tuple[str, Mapping[str, str]]]:
        """Return the first `count` events after the id `after`, of those that are there."""
        with translated():
            entries: Any = await self._connection.client.xrange(self._keys.events, f"({after}", "+", count)
        return [(at, fields) for at, fields in entries]

    async def events_span(self) -> Span:
        """Return from where to where events are there."""
        try:
            with translated():
                info: Any = await self._connection.client.xinfo_stream(self._keys.events)
        except ResponseError:  # there is no stream yet
            return Span(first="0-0", last="0-0", whole=True)
        first = info["first-entry"][0] if info["first-entry"] else "0-0"
        return Span(first=first, last=info["last-generated-id"], whole=info["entries-added"] == info["length"])

    async def uptime_seconds(self) -> float:
        """Return for how long Redis has been the one that answers: since its start, or since it took over."""
        with translated():
            info = await self._connection.client.info("server")
        up_seconds = int(info["uptime_in_seconds"])
        serving_ms = await self._connection.run("serving", [self._keys.meta], [info["run_id"]])
        return up_seconds if serving_ms < 0 else min(up_seconds, serving_ms / 1000)


def order_of(event_id: str) -> tuple[int, ...]:
    """Return what tells which of two events is the older one."""
    return tuple(map(int, event_id.split("-")))


def change_of(at: str, fields: Mapping[str, str]) -> Change:
    """Return an entry of the history of thresholds."""
    old, new, live = fields["old"], int(fields["new"]), int(fields["live"])
    ms = int(at.partition("-")[0])
    scope = fields.get("scope", ACCOUNT)
    return Change(ms=ms, cause=fields["cause"], old=int(old) if old else None, new=new, live=live, scope=scope)


def _model_limits(found: Sequence[tuple[str, str | None]], law: Law) -> dict[str, int]:
    return {model: min(int(threshold), law.maximum) for model, threshold in found if threshold}


def entries_of(reply: Any) -> Sequence[tuple[str, Mapping[str, str]]]:
    """Return the entries of an XREAD of one stream, as (entry id, fields)."""
    streams = reply.values() if isinstance(reply, dict) else [entries for _, entries in reply or ()]
    return [(entry[0], entry[1]) for entries in streams for entry in entries]
