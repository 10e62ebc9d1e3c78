"""What was done to the queue by people and keys. Every method may raise StoreUnavailable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from aigcq.audit import Deed
from aigcq.store.connection import Connection, translated
from aigcq.store.control import entries_of
from aigcq.store.deeds import Said

ID: Final = "[0-9]{1,15}-[0-9]{1,15}"
"""How the id of a deed is written."""


class Audit:
    """The last AIGCQ_AUDIT_CAP deeds, about. Most are written by the step that does them: see `deeds`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._key = connection.keys.audit

    async def note(self, did: str, on: str, *, detail: str = "", result: str = "done") -> None:
        """Write down what was done in no step that writes it down itself; nothing if nobody is known to act."""
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                self._connection.write_down(pipe, Said(did, on, detail), result)
                await pipe.execute()

    async def last(self, count: int, *, before: str = "", since_ms: int = 0) -> Sequence[Deed]:
        """Return up to `count` deeds, the newest first: those before the id `before`, and not before `since_ms`.

        Raises:
            ValueError: `before` is no id.
        """
        if before and not re.fullmatch(ID, before):
            raise ValueError("no id of a deed")
        newest = f"({before}" if before else "+"
        with translated():
            entries: Any = await self._connection.client.xrevrange(self._key, newest, max(0, since_ms) or "-", count)
        return [Deed.read(*entry) for entry in entries]

    async def after(self, last: str, block_seconds: float) -> Sequence[Deed]:
        """Return the deeds after the id `last`, waiting for the first one up to `block_seconds`."""
        block_ms = min(round(block_seconds * 1000), self._connection.settings.worker_block_time)
        with translated():
            reply = await self._connection.reader.xread({self._key: last}, count=500, block=max(1, block_ms))
        return [Deed.read(*entry) for entry in entries_of(reply)]
