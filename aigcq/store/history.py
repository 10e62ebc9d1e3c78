"""What has happened: to the queue by the minute and by the hour, to its thresholds, and to each task.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aigcq import timeline
from aigcq.caller import OPERATOR, Caller
from aigcq.errors import TaskNotFound
from aigcq.history import DAY_MS, HOUR_MS, MINUTE_MS, Happened, Row
from aigcq.model import Event, Task
from aigcq.store.answers import read_record
from aigcq.store.connection import Connection, translated
from aigcq.store.control import Change, change_of, order_of
from aigcq.store.folding import Folding
from aigcq.timeline import Told
from aigcq.watched import Extent, Gap, Watched

CHANGES_PAGE: Final = 500
SEPARATOR: Final = "~"
"""In a cursor, between the id of a change and the number of its account: ids of two accounts may be alike."""


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


class History:
    """Verbs of who keeps the history, and of who reads it. What a caller may not see is as if there were none."""

    def __init__(self, connection: Connection, caller: Caller = OPERATOR) -> None:
        self._connection = connection
        self._caller = caller
        self._keys = connection.keys

    async def fold(self, stale_seconds: float) -> int:
        """Fold what nobody has folded, if nobody has looked for so long; return how many events that were."""
        return await Folding(self._connection).fold(stale_seconds)

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
        before = before.partition(SEPARATOR)[0]  # a page of several accounts may have been before it
        if before and not any(order_of(before)):  # Redis takes no range that ends before the first id
            return []
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
        fields, kept, historian, *extent, entries, more = found
        record = read_record(fields)
        task = Task.from_record(task_id, record)
        events = timeline.read(kept)
        events += [Told.of(Happened(at, read_record(said))) for at, said in entries]
        now = events[-1].ms + 1 if events else task.created_ms
        watched = Watched.read(read_record(historian)).ready(Extent(*extent), now)
        began = bool(events) and events[0].event == Event.CREATE
        known = not any(
            gap.meets(task.created_ms, task.ended_ms + 1 if task.ended_ms else float("inf")) for gap in watched.gaps
        )
        return Line(
            task=task, moved_from=record.get("moved_from", ""), events=events, whole=began and known and not more
        )
