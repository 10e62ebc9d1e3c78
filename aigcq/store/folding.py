"""Events become history: read once, made into rows and timelines, written once.

Nobody is elected. Whoever reads remembers at which turn, and what was made of it is written only if it is that turn
still; so each event counts once, however many fold at the same time and wherever one of them dies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from redis.exceptions import ResponseError

from aigcq.history import DAY_MS, HOUR_MS, MINUTE_MS, Gauges, Happened, Row, by_hour, folded, wants_record
from aigcq.model import Event
from aigcq.store.connection import Connection, translated
from aigcq.store.control import Control
from aigcq.timeline import MOST_FOLDS, timelines
from aigcq.watched import NO_STREAM, Extent, Watched

PAGE: Final = 2000
"""Events that are folded at once: a few hundred tasks, which takes Redis some milliseconds. What a page costs anyway is
as much as a hundred of them."""
MOST_PAGES: Final = 10
"""Of one call: it catches up with twice as many events as are kept by default."""
SAMPLE_MS: Final = 10_000
"""An idle queue is looked at so often."""
MINUTES_MS: Final = 7 * DAY_MS
"""For so long there is a row for each minute,"""
HOURS_MS: Final = 90 * DAY_MS
"""and for so long one for each hour."""
OPEN_MS: Final = 30 * DAY_MS
"""For so long after its last event the timeline is kept of a task that has not ended."""

Entries = Sequence[tuple[str, Mapping[str, str]]]


class _Place(NamedTuple):
    """Where a row is kept, and until when."""

    key: str
    number: int
    row: Row
    until_ms: int


class Folding:
    """Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection, page: int = PAGE) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._page = page

    async def fold(self, stale_seconds: float) -> int:
        """Fold what nobody has folded, if nobody has looked for so long; return how many events that were."""
        total, now_ms, watched = 0, *await self._watched()
        if 0 <= now_ms - watched.folded_ms < stale_seconds * 1000:
            return 0
        for _ in range(MOST_PAGES):
            count = await self._fold_page(now_ms, watched)
            total += count
            if count < self._page:
                break
            now_ms, watched = await self._watched()
        return total

    async def _watched(self) -> tuple[int, Watched]:
        """Return the time, and how far was read."""
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                pipe.time()
                pipe.hgetall(self._keys.historian)
                (seconds, micros), record = await pipe.execute()
        return int(seconds) * 1000 + int(micros) // 1000, Watched.read(record)

    async def _fold_page(self, now_ms: int, watched: Watched) -> int:
        """Fold one page of events; return how many were there. Who was overtaken returns 0."""
        extent, entries = await self._read(watched)
        last, due = len(entries) < self._page, not 0 <= now_ms - watched.sampled_ms < SAMPLE_MS
        if not entries and not due:
            return 0
        events = await self._completed(watched.turn, entries)
        if events is None:
            return 0
        read = watched.ready(extent, now_ms).after(entries[-1][0] if entries else "", len(entries))
        minutes = folded(events)
        if last:
            read = replace(read, sampled_ms=now_ms)
            minutes.setdefault(now_ms // MINUTE_MS, Row()).sample(await self._gauges())
        return len(events) if await self._write(watched.turn, now_ms, read, minutes, timelines(events)) else 0

    async def _read(self, watched: Watched) -> tuple[Extent, Entries]:
        """Return which events there are, and the next ones; both at one instant."""
        client, key = self._connection.client, self._keys.events
        with translated():
            async with client.pipeline(transaction=True) as pipe:
                pipe.xinfo_stream(key)
                pipe.xrange(key, f"({watched.cursor or '0-0'}", "+", self._page)
                info, entries = await pipe.execute(raise_on_error=False)
                if isinstance(info, ResponseError) and "no such key" in str(info):
                    return NO_STREAM, ()
                for each in (info, entries):
                    if isinstance(each, Exception):
                        raise each
        extent = Extent.read(info)
        return extent, () if watched.is_of_another(extent) else [(at, fields) for at, fields in entries]

    async def _completed(self, turn: int, entries: Entries) -> Sequence[Happened] | None:
        """Return the events with what their records say of them; None if somebody else has read them meanwhile."""
        ids = {fields["task"]: "" for _, fields in entries if wants_record(fields)}
        if not ids:
            return [Happened(at, fields) for at, fields in entries]
        args: list[str | int | float] = [turn, json.dumps(list(ids)), self._keys.task_prefix]
        found: Sequence[str] = await self._connection.run("history_facts", [self._keys.historian], args)
        if not found:
            return None
        facts = {task_id: found[4 * i : 4 * i + 4] for i, task_id in enumerate(ids)}
        return [Happened(at, fields, *_facts_of(fields, facts)) for at, fields in entries]

    async def _gauges(self) -> Gauges:
        seen = await Control(self._connection).overview()
        return Gauges(queued=seen.queued, waiting=seen.waiting, live=seen.live, threshold=seen.threshold)

    async def _write(
        self, turn: int, now_ms: int, read: Watched, minutes: Mapping[int, Row], lines: Mapping[str, str]
    ) -> bool:
        places = [self._minute(number, row) for number, row in minutes.items()]
        places += [self._hour(number, row) for number, row in by_hour(minutes).items()]
        kept = [each for each in places if each.until_ms > now_ms]
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                for each in kept:
                    pipe.hget(each.key, str(each.number))
                before: Any = await pipe.execute()
        for each, text in zip(kept, before, strict=True):
            if text:
                each.row.add(Row.read(text))
        state = [part for pair in read.written().items() for part in pair]
        rows = [[each.key, each.number, each.row.written(), each.until_ms - now_ms] for each in kept]
        args: list[str | int | float] = [turn, now_ms, json.dumps(state), json.dumps(rows)]
        flat = [part for pair in lines.items() for part in pair]
        args += [json.dumps(flat, ensure_ascii=False), self._keys.task_prefix, MOST_FOLDS, OPEN_MS, Event.PROGRESS]
        return bool(await self._connection.run("history_fold", [self._keys.historian], args))

    def _minute(self, minute: int, row: Row) -> _Place:
        hour = minute * MINUTE_MS // HOUR_MS
        return _Place(self._keys.minutes_of(hour), minute, row, (hour + 1) * HOUR_MS + MINUTES_MS)

    def _hour(self, hour: int, row: Row) -> _Place:
        day = hour * HOUR_MS // DAY_MS
        return _Place(self._keys.hours_of(day), hour, row, (day + 1) * DAY_MS + HOURS_MS)


def _facts_of(fields: Mapping[str, str], facts: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return what is to be known of an event; where it has come from only its creation wants to know."""
    if not wants_record(fields):
        return ()
    model, moved_from, *of_attempt = facts[fields["task"]]
    return (model, moved_from if fields["event"] == Event.CREATE else "", *of_attempt)
