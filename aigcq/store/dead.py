"""The dead letters: failed tasks, kept for people until they are requeued or their time is over.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aigcq.model import Status, Task
from aigcq.store.connection import Connection, translated

PAGE: Final = 200
MOST_LOOKS: Final = 20_000
"""How many dead letters one question looks at, however few of them it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A failed task and why it failed."""

    task: Task
    error: Mapping[str, Any] = field(default_factory=dict)


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
