"""The dead letters: failed tasks, kept for people until they are requeued or their time is over.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aigcq.model import Status, Task
from aigcq.store.connection import Connection, translated

PAGE: Final = 200
MOST_LOOKS: Final = 20_000
"""How many dead letters one question looks at, however few of them it is about."""
PAGE_LOOKS: Final = 2_000
"""How many it looks at for one page."""
CURSOR: Final = r"[0-9]{1,15}:[0-9a-f-]{36}"
"""How the place of a dead letter is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A failed task and why it failed."""

    task: Task
    error: Mapping[str, Any] = field(default_factory=dict)
    account: str = ""
    """In which account it is, where there are several."""

    @property
    def cursor(self) -> str:
        """The list goes on behind it from here."""
        return f"{self.task.ended_ms}:{self.task.id}"


class Dead:
    """Verbs about failed tasks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def letters(self, count: int, code: str = "") -> Sequence[DeadLetter]:
        """Return up to `count` failed tasks, those that failed last first; with `code` only those with this error.

        One that is requeued or expires meanwhile is left out. It looks at `MOST_LOOKS` at most.
        """
        found: dict[str, DeadLetter] = {}  # what fails meanwhile moves one to the next page: it comes twice
        for first in range(0, MOST_LOOKS, PAGE):
            with translated():
                page: Any = await self._connection.client.zrange(self._keys.dead, first, first + PAGE - 1, desc=True)
            for letter in await self._read(page):
                if code in ("", letter.task.error_code):
                    found.setdefault(letter.task.id, letter)
            if len(found) >= count or len(page) < PAGE:
                break
        return list(found.values())[:count]

    async def page(self, count: int, code: str = "", before: str = "") -> tuple[Sequence[DeadLetter], str]:
        """Return up to `count` of those that failed last, behind the cursor `before`, and the cursor behind them.

        There may be fewer, or none, and more behind them: no call looks at more than PAGE_LOOKS. An empty cursor: those
        were the last.

        Raises:
            ValueError: `before` is no cursor.
        """
        if before and not re.fullmatch(CURSOR, before):
            raise ValueError("no cursor of a list of dead letters")
        found: list[DeadLetter] = []
        for _ in range(0, PAGE_LOOKS, PAGE):
            places = await self._places(before)
            letters = {each.task.id: each for each in await self._read([task_id for task_id, _ in places])}
            for task_id, place in places:
                before = place
                if (letter := letters.get(task_id)) and code in ("", letter.task.error_code):
                    found.append(letter)
                if len(found) == count:
                    return found, before
            if len(places) < PAGE:
                return found, ""
        return found, before

    async def _places(self, before: str) -> Sequence[tuple[str, str]]:
        """Return the next PAGE failed tasks behind a cursor, each with the cursor behind it."""
        ms, _, last = before.partition(":")
        places: list[tuple[str, str]] = []
        skipped = 0
        while len(places) < PAGE:
            with translated():
                rows: Any = await self._connection.client.zrange(
                    self._keys.dead, ms or "+inf", "-inf", desc=True, byscore=True, withscores=True,
                    offset=skipped, num=PAGE,
                )  # fmt: skip
            named = [(task_id, round(at)) for task_id, at in rows]
            # Of those of one millisecond the ids decide, and some of them were seen.
            places += [(task_id, f"{at}:{task_id}") for task_id, at in named if f"{at}" != ms or task_id < last]
            skipped += PAGE
            if len(rows) < PAGE:
                break
        return places[:PAGE]

    async def _read(self, task_ids: Sequence[str]) -> Sequence[DeadLetter]:
        keys = self._keys
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                for task_id in task_ids:
                    pipe.hgetall(keys.task(task_id))
                    pipe.get(keys.result(task_id))
                answers = await pipe.execute()
        records = zip(task_ids, answers[::2], answers[1::2], strict=True)
        return [
            DeadLetter(task=Task.from_record(task_id, record), error=json.loads(error) if error else {})
            for task_id, record, error in records
            if record.get("status") == Status.FAILED
        ]
