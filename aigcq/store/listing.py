"""Many tasks, a page at a time.

Open tasks come in the order in which they were created (a requeued one: requeued), ended ones in the order in
which they ended; with the newest first, the open ones come first. A task that ends between two pages may be on both.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aigcq.caller import ANYONE, OPERATOR, Caller
from aigcq.errors import TaskNotFound
from aigcq.model import ENDED as ENDS
from aigcq.model import Status, Task
from aigcq.store.answers import read_record
from aigcq.store.connection import Connection, translated
from aigcq.store.records import Asked

LOOKED_AT: Final = 200
"""How many records one call looks at: a page that asks for what is rare takes several."""
OPEN: Final = "open"
ENDED: Final = "ended"
OPEN_FROM: Final = 10**13
"""What the score of an open task is above its place among them; see `lua/shared/tenants.lua`."""
FIRST: Final = "first"
"""In place of a task in a cursor: all of that part is behind it."""
CURSOR: Final = re.compile(
    r"(?P<part>open|ended):(?P<after>[1-9]\d{0,14}-\d{1,15}|\d{1,15}:[0-9a-f-]{36}|first)", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Asked):
    """A task in a list; its position and its outcome are not looked up."""

    task: Task
    cursor: str
    """The list goes on behind it from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tasks a list shows; what is empty is not asked."""

    open: bool = True
    ended: bool = True
    fields: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Field of the record -> values of which it must have one."""
    newest: bool = True


class Lists:
    """Lists of tasks."""

    def __init__(self, connection: Connection, caller: Caller = OPERATOR) -> None:
        self._connection = connection
        self._caller = caller
        self._keys = connection.keys

    async def tasks(self, wanted: Wanted, cursor: str = "") -> AsyncIterator[Listed]:
        """Yield the tasks that are `wanted` behind `cursor`, reading on for as long as somebody asks.

        Raises:
            ValueError: `cursor` is none that a list has given.
        """
        async for page, _ in self.pages(wanted, cursor):
            for each in page:
                yield each

    async def pages(self, wanted: Wanted, cursor: str = "") -> AsyncIterator[tuple[Sequence[Listed], str]]:
        """Yield what is `wanted` of every LOOKED_AT records, and the cursor behind them; empty: those were the last.

        Raises:
            ValueError: `cursor` is none that a list has given.
        """
        found = CURSOR.fullmatch(cursor) if cursor else None
        if cursor and not (found and self._gives(found["part"], found["after"])):
            raise ValueError("no cursor of a list")
        order = [OPEN, ENDED] if wanted.newest else [ENDED, OPEN]
        parts = [part for part in order if (wanted.open if part == OPEN else wanted.ended)]
        if found:
            parts = [part for part in parts if order.index(part) >= order.index(found["part"])]
        for i, part in enumerate(parts):
            after = found["after"].removesuffix(FIRST) if found and part == found["part"] else ""
            behind = f"{parts[i + 1]}:{FIRST}" if i + 1 < len(parts) else ""
            async for page, at in self._part(part, wanted, after):
                yield page, f"{part}:{at}" if at else behind

    @property
    def _has_its_own(self) -> bool:
        """Whether there is a list of what this caller sees: of the tasks of a tenant with a name."""
        return self._caller.sees not in (ANYONE, "")

    def _gives(self, part: str, after: str) -> bool:
        """Whether a list of this caller's gives such a cursor: of all open tasks it names an entry."""
        return after == FIRST or (":" in after) == (part == ENDED or self._has_its_own)

    async def ahead(self, position: int, count: int) -> Sequence[str]:
        """Return the last `count` of the queued tasks before a position, the next of them last."""
        if position <= 1:
            return []
        with translated():
            found: Any = await self._connection.client.zrange(
                self._keys.queued, max(0, position - 1 - count), position - 2
            )
        return list(found)

    async def owners(self, task_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the tenant of each task that is on record."""
        if not task_ids:
            return {}
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                for task_id in task_ids:
                    pipe.hmget(self._keys.task(task_id), ["status", "tenant"])
                found = await pipe.execute()
        pairs = zip(task_ids, found, strict=True)
        return {task_id: tenant or "" for task_id, (status, tenant) in pairs if status}

    async def outcomes(self, task_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the results of those that have completed and the errors of those that have failed."""
        if not task_ids:
            return {}
        with translated():
            found: Any = await self._connection.client.mget([self._keys.result(task_id) for task_id in task_ids])
        return {task_id: json.loads(text) for task_id, text in zip(task_ids, found, strict=True) if text}

    async def cursor_of(self, task_id: str) -> str:
        """Return the cursor behind one task.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        with translated():
            names = ["status", "entry", "ended_ms", "tenant", "seq"]
            record: Any = await self._connection.client.hmget(self._keys.task(task_id), names)
        status, entry, ended_ms, tenant, seq = record
        if not status or self._caller.sees not in (ANYONE, tenant or ""):
            raise TaskNotFound(task_id)
        if self._has_its_own and Status(status) not in ENDS:
            with translated():
                score: Any = await self._connection.client.zscore(self._keys.ended_of(tenant), task_id)
            place = round(score) - OPEN_FROM if score and score >= OPEN_FROM else 2 * int(seq)
            return f"{OPEN}:{place}:{task_id}"
        return f"{ENDED}:{ended_ms}:{task_id}" if Status(status) in ENDS else f"{OPEN}:{entry}"

    async def _part(self, name: str, wanted: Wanted, after: str) -> AsyncIterator[tuple[Sequence[Listed], str]]:
        more = True
        while more:
            after, *rows = await self._page(name, wanted, after)
            yield [self._listed(name, *row) for row in rows], after
            more = bool(after)

    def _listed(self, part: str, task_id: str, place: str, request: str, *record: str) -> Listed:
        task = Task.from_record(task_id, read_record(record))
        owner = task.tenant if self._caller.oversees else None
        return Listed(task=task, cursor=f"{part}:{place}", stored=request, owner=owner)

    async def _page(self, name: str, wanted: Wanted, after: str) -> Sequence[Any]:
        fields = json.dumps({name: sorted(values) for name, values in wanted.fields.items() if values})
        answer: Sequence[Any] = await self._connection.run(
            "list",
            [self._keys.stream, self._keys.ended],
            [
                self._keys.task_prefix,
                int(name == OPEN),
                int(wanted.newest),
                after,
                LOOKED_AT,
                fields,
                self._caller.sees,
            ],
        )
        return answer
