"""What was observed of the vendor: how long its tasks take.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from aigcq.durations import Sketch
from aigcq.store.connection import Connection, translated


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
