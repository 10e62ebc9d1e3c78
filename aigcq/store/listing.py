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
CURSOR: Final = re.compile(r"(?P<part>open|ended):(?P<after>\d+-\d+|\d+:[0-9a-f-]{36})")


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

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def tasks(self, wanted: Wanted, cursor: str = "") -> AsyncIterator[Listed]:
        """Yield the tasks that are `wanted` behind `cursor`, reading on for as long as somebody asks.

        Raises:
            ValueError: `cursor` is none that a list has given.
        """
        found = CURSOR.fullmatch(cursor) if cursor else None
        if cursor and not found:
            raise ValueError("no cursor of a list")
        parts = [OPEN, ENDED] if wanted.newest else [ENDED, OPEN]
        begin = found["part"] if found else parts[0]
        for part in parts[parts.index(begin) :]:
            if wanted.open if part == OPEN else wanted.ended:
                async for each in self._part(part, wanted, found["after"] if found and part == begin else ""):
                    yield each

    async def cursor_of(self, task_id: str) -> str:
        """Return the cursor behind one task.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        with translated():
            names = ["status", "entry", "ended_ms"]
            record: Any = await self._connection.client.hmget(self._keys.task(task_id), names)
        status, entry, ended_ms = record
        if not status:
            raise TaskNotFound(task_id)
        return f"{ENDED}:{ended_ms}:{task_id}" if Status(status) in ENDS else f"{OPEN}:{entry}"

    async def _part(self, name: str, wanted: Wanted, after: str) -> AsyncIterator[Listed]:
        more = True
        while more:
            after, *rows = await self._page(name, wanted, after)
            for task_id, place, request, *record in rows:
                task = Task.from_record(task_id, read_record(record))
                yield Listed(task=task, cursor=f"{name}:{place}", stored=request)
            more = bool(after)

    async def _page(self, name: str, wanted: Wanted, after: str) -> Sequence[Any]:
        fields = json.dumps({name: sorted(values) for name, values in wanted.fields.items() if values})
        answer: Sequence[Any] = await self._connection.run(
            "list",
            [self._keys.stream, self._keys.ended],
            [self._keys.task_prefix, int(name == OPEN), int(wanted.newest), after, LOOKED_AT, fields],
        )
        return answer
