"""Which files are kept of which tasks, and since when. A file outlives the record of its task.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aigcq.caller import ANYONE, OPERATOR, Caller
from aigcq.model import Delivery
from aigcq.store.answers import unless_lost
from aigcq.store.connection import Connection, translated
from aigcq.store.keys import GROUP

GRACE_MS: Final = 30 * 86_400_000
"""For how much longer than its file a record lives: who deletes the file must know where it lies."""
LATER_MS: Final = 86_400_000


class Files:
    """Verbs about kept files."""

    def __init__(self, connection: Connection, caller: Caller = OPERATOR) -> None:
        self._connection = connection
        self._caller = caller
        self._keys = connection.keys
        self._retention_ms = round(connection.settings.storage_retention_seconds * 1000)

    async def keep(self, delivery: Delivery, stored: Mapping[str, Any]) -> None:
        """Put on record that the video of a delivery is kept, and as what.

        Raises:
            LeaseLost: another consumer owns the delivery; nothing was written.
        """
        keys, task_id = self._keys, delivery.task_id
        kept = await self._connection.run(
            "keep",
            [keys.task(task_id), keys.stream, keys.file(task_id), keys.stored],
            [
                GROUP, delivery.consumer, task_id, delivery.entry_id, delivery.fence,
                json.dumps({"tenant": delivery.task.tenant, **stored}), self._ttl_ms,
            ],
        )  # fmt: skip
        unless_lost(kept, delivery)

    async def get(self, task_id: str) -> Mapping[str, Any] | None:
        """Return what is kept of a task, or None; of one that the caller may not see as well.

        `key`, `bytes`, `md5`, `content_type`, `thumbnail`, `tenant`; and `where`, which older releases did not note.
        """
        with translated():
            found = await self._connection.client.get(self._keys.file(task_id))
        kept = dict(json.loads(found)) if found else {}
        return kept if kept and self._caller.sees in (ANYONE, kept.get("tenant", "")) else None

    async def outlived(self, count: int = 100) -> Sequence[str]:
        """Return up to `count` tasks whose files have been kept for as long as they are; their ids."""
        if not self._retention_ms:
            return ()
        return list(await self._connection.run("outlived", [self._keys.stored], [self._retention_ms, count]))

    async def put_off(self, task_id: str) -> None:
        """Let `outlived` name a task again after a day: its files cannot be deleted now."""
        await self._connection.run(
            "put_off",
            [self._keys.file(task_id), self._keys.stored],
            [task_id, self._retention_ms, LATER_MS, self._ttl_ms],
        )

    async def forget(self, task_id: str) -> None:
        """Strike a task's files off the record, once they are deleted."""
        await self._connection.run("forget", [self._keys.file(task_id), self._keys.stored], [task_id])

    @property
    def _ttl_ms(self) -> int:
        """0: for ever."""
        return self._retention_ms and self._retention_ms + GRACE_MS
