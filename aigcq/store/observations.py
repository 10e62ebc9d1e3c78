"""What was observed of the vendor: how long its tasks take, how fast it takes them.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from aigcq.durations import Sketch
from aigcq.store.connection import Connection, translated

LOOKED_AT: Final = 2_000
"""So many entries are looked at for the oldest task."""


class Observations:
    """What releases have written, to be read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def durations(self, kinds: Collection[str]) -> Mapping[str, Sketch]:
        """Return what is known of each kind (see `durations.kind_of`)."""
        names = sorted(kinds)
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                for kind in names:
                    pipe.hgetall(self._connection.keys.durations(kind))
                records = await pipe.execute()
        return {kind: Sketch.from_record(record) for kind, record in zip(names, records, strict=True)}

    async def oldest_seconds(self) -> float | None:
        """Return for how long the oldest task that could run has waited; None: there is none."""
        keys = self._connection.keys
        places: list[str | int | float] = [keys.task_prefix, LOOKED_AT]
        now_ms, created_ms = await self._connection.run("oldest", [keys.stream, keys.queued], places)
        return max(0, now_ms - created_ms) / 1000 if created_ms else None

    async def starts(self) -> Sequence[int]:
        """Return when the vendor took the last tasks behind which others waited, ms, the oldest first."""
        with translated():
            found: Any = await self._connection.client.zrange(self._connection.keys.starts, 0, -1, withscores=True)
        return [int(ms) for _, ms in found]
