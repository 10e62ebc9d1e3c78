"""For how long a new task is expected to hold a permit: of its tenant's share it uses as much."""

from __future__ import annotations

import asyncio
from typing import Final

from aigcq.durations import Sketch
from aigcq.store.connection import Connection
from aigcq.store.observations import Observations

UNKNOWN_SECONDS: Final = 60.0
"""While nothing was observed of any kind."""
FRESH_SECONDS: Final = 10.0
"""For so long what was read is good."""


class Costs:
    """What one process has read of how long vendor tasks take: a create waits for it once in ten seconds, at most."""

    def __init__(self, connection: Connection) -> None:
        self._observations = Observations(connection)
        self._read_at: dict[str, float] = {}
        self._seconds: dict[str, float] = {}

    async def of(self, kind: str) -> float:
        """Return the mean of what was observed of a kind; while that is too little, of all kinds that are known here.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        if not kind:
            return UNKNOWN_SECONDS
        now = asyncio.get_running_loop().time()
        if now - self._read_at.get(kind, float("-inf")) >= FRESH_SECONDS:
            self._read_at[kind] = now  # first: who comes meanwhile takes what was known
            sketches = await self._observations.durations({kind})
            self._learn(kind, sketches[kind])
        known = self._seconds
        return known[kind] if kind in known else sum(known.values()) / len(known) if known else UNKNOWN_SECONDS

    def _learn(self, kind: str, sketch: Sketch) -> None:
        if sketch.tells:
            self._seconds[kind] = max(1.0, sketch.mean())
        else:
            self._seconds.pop(kind, None)
