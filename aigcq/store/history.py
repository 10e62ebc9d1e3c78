"""What has happened: to the queue by the minute and by the hour, to its thresholds, and to each task.

Whoever calls `fold` reads the events that nobody has read yet, and writes down what it has made of them only if
nobody else has meanwhile: each event is counted once, however many call it and wherever one of them dies.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from aigcq.caller import OPERATOR, Caller
from aigcq.errors import TaskNotFound
from aigcq.history import DAY_MS, HOUR_MS, MINUTE_MS, Gauges, Happened, Row, by_hour, folded
from aigcq.model import Event, Task
from aigcq.store.answers import read_record
from aigcq.store.connection import Connection, translated
from aigcq.store.control import Change, Control, change_of
from aigcq.timeline import MOST_EVENTS, Told, timelines
from aigcq.watched import Extent, Gap, Watched

PAGE: Final = 500
MOST_PAGES: Final = 40
"""Of one call: it catches up with twice as many events as are kept by default."""
SAMPLE_MS: Final = 10_000
"""An idle queue is looked at so often."""
MINUTES_MS: Final = 7 * DAY_MS
"""For so long there is a row for each minute,"""
HOURS_MS: Final = 90 * DAY_MS
"""and for so long one for each hour."""
OPEN_MS: Final = 30 * DAY_MS
"""For so long after its last event the timeline is kept of a task that has not ended."""
CHANGES_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Rows of a time, by the number of their minute or hour since 1970, and of which times all is known."""

    rows: Mapping[int, Row]
    watched: Watched

    @property
    def gaps(self) -> Sequence[Gap]:
        """Times in which events were missed."""
        return self.watched.gaps

    def knows(self, from_ms: int, to_ms: int) -> bool | None:
        """Whether all events of [from_ms, to_ms) so far were counted; None: that was before anybody counted."""
        if not self.watched.cursor or to_ms <= self.watched.since_ms:
            return None
        return from_ms <= self.watched.folded_ms and not any(gap.meets(from_ms, to_ms) for gap in self.watched.gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is known to have happened to one task."""

    task: Task
    moved_from: str
    """The account that it has come from."""
    events: Sequence[Told]
    whole: bool
    """Whether it begins with the task's creation, and nothing that was told since is missing."""


class _Place(NamedTuple):
    """Where a row is kept, and until when."""

    key: str
    number: int
    row: Row
    until_ms: int


class History:
    """Verbs of who keeps the history, and of who reads it. What a caller may not see is as if there were none."""

    def __init__(self, connection: Connection, caller: Caller = OPERATOR) -> None:
        self._connection = connection
        self._caller = caller
        self._keys = connection.keys

    async def fold(self, stale_seconds: float) -> int:
        """Fold what nobody has folded, if nobody has looked for so long; return how many events that were."""
        total, stale_ms = 0, round(stale_seconds * 1000)
        for _ in range(MOST_PAGES):
            count = await self._fold_page(stale_ms)
            total, stale_ms = total + count, 0
            if count < PAGE:
                break
        return total

    async def _fold_page(self, stale_ms: int) -> int:
        """Fold up to PAGE events; return how many were there. Who was overtaken returns 0."""
        keys = self._keys
        now_ms, record, *found = await self._connection.run(
            "history_read", [keys.historian, keys.events], [keys.task_prefix, PAGE, stale_ms]
        )
        if not found:
            return 0
        *extent, entries = found
        watched, events = Watched.read(read_record(record)), [_happened(*entry) for entry in entries]
        read = watched.ready(Extent(*extent), now_ms).after(events[-1].id if events else "", len(events))
        minutes = folded(events)
        last, due = len(events) < PAGE, not 0 <= now_ms - watched.sampled_ms < SAMPLE_MS
        if last and (events or due):
            read = replace(read, sampled_ms=now_ms)
            minutes.setdefault(now_ms // MINUTE_MS, Row()).sample(await self._gauges())
        elif not events:
            return 0
        return len(events) if await self._write(watched.turn, now_ms, read, minutes, timelines(events)) else 0

    async def _gauges(self) -> Gauges:
        seen = await Control(self._connection).overview()
        return Gauges(queued=seen.queued, waiting=seen.waiting, live=seen.live, threshold=seen.threshold)

    async def _write(
        self, turn: int, now_ms: int, read: Watched, minutes: Mapping[int, Row], lines: Mapping[str, Sequence[str]]
    ) -> bool:
        places = [self._minute(number, row) for number, row in minutes.items()]
        places += [self._hour(number, row) for number, row in by_hour(minutes).items()]
        kept = [each for each in places if each.until_ms > now_ms]
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                for each in kept:
                    pipe.hget(each.key, str(each.number))
                before = await pipe.execute()
        for each, text in zip(kept, before, strict=True):
            if text:
                each.row.add(Row.read(text))
        state = [part for pair in read.written().items() for part in pair]
        rows = [[each.key, each.number, each.row.written(), each.until_ms - now_ms] for each in kept]
        args: list[str | int | float] = [turn, now_ms, json.dumps(state), json.dumps(rows)]
        args += [json.dumps(list(lines.items())), self._keys.task_prefix, MOST_EVENTS, OPEN_MS, Event.PROGRESS]
        return bool(await self._connection.run("history_fold", [self._keys.historian], args))

    def _minute(self, minute: int, row: Row) -> _Place:
        hour = minute * MINUTE_MS // HOUR_MS
        return _Place(self._keys.minutes_of(hour), minute, row, (hour + 1) * HOUR_MS + MINUTES_MS)

    def _hour(self, hour: int, row: Row) -> _Place:
        day = hour * HOUR_MS // DAY_MS
        return _Place(self._keys.hours_of(day), hour, row, (day + 1) * DAY_MS + HOURS_MS)

    async def past(self, step_ms: int, from_ms: int, to_ms: int) -> Past:
        """Return the rows of [from_ms, to_ms), by the minute or by the hour."""
        name, block_ms = (self._keys.minutes_of, HOUR_MS) if step_ms == MINUTE_MS else (self._keys.hours_of, DAY_MS)
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                pipe.hgetall(self._keys.historian)
                for block in range(from_ms // block_ms, -(-to_ms // block_ms)):
                    pipe.hgetall(name(block))
                record, *blocks = await pipe.execute()
        wanted = range(from_ms // step_ms, -(-to_ms // step_ms))
        rows = {
            int(number): Row.read(text) for block in blocks for number, text in block.items() if int(number) in wanted
        }
        return Past(rows=rows, watched=Watched.read(record))

    async def changes(
        self, count: int, *, before: str = "", scopes: Collection[str] = ()
    ) -> Sequence[tuple[str, Change]]:
        """Return up to `count` changes of thresholds with their ids, the newest first: those before the id `before`."""
        found: list[tuple[str, Change]] = []
        while len(found) < count:
            newest = f"({before}" if before else "+"
            with translated():
                page: Any = await self._connection.client.xrevrange(self._keys.history, newest, "-", CHANGES_PAGE)
            read = [(at, change_of(at, fields)) for at, fields in page]
            found += [each for each in read if not scopes or each[1].scope in scopes]
            if len(page) < CHANGES_PAGE:
                break
            before = page[-1][0]
        return found[:count]

    async def line(self, task_id: str, *, moved: bool = False) -> Line:
        """Return what has happened to a task; `moved`: also of one that has left for another account.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        keys = self._keys
        found = await self._connection.run(
            "timeline",
            [keys.task(task_id), keys.timeline(task_id), keys.historian, keys.events],
            [task_id, self._caller.sees, int(moved)],
        )
        if not found:
            raise TaskNotFound(task_id)
        fields, kept, historian, *extent, entries = found
        record = read_record(fields)
        task = Task.from_record(task_id, record)
        events = [Told.read(text) for text in kept]
        events += [Told.of(_happened(at, said, ())) for at, said in entries]
        now = events[-1].ms + 1 if events else task.created_ms
        watched = Watched.read(read_record(historian)).ready(Extent(*extent), now)
        began = bool(events) and events[0].event == Event.CREATE
        known = not any(
            gap.meets(task.created_ms, task.ended_ms + 1 if task.ended_ms else float("inf")) for gap in watched.gaps
        )
        return Line(task=task, moved_from=record.get("moved_from", ""), events=events, whole=began and known)


def _happened(at: str, fields: Sequence[str], facts: Sequence[str | None]) -> Happened:
    said = dict(zip(fields[::2], fields[1::2], strict=True))
    if not facts:
        return Happened(at, said)
    model, moved_from, attempt, vendor_task_id = (fact or "" for fact in facts)
    created_elsewhere = moved_from if said["event"] == Event.CREATE else ""
    return Happened(at, said, model, attempt, vendor_task_id, created_elsewhere)
