"""How many requests somebody may make: one bucket of tokens for each, shared by all API processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aigcq.store.connection import Connection

WINDOW_SECONDS: Final = 60
AT_ONCE: Final = 6
"""The part of a minute's requests that may come at once: a sixth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of one request, and what is left for others."""

    admitted: bool
    left: int
    """How many more would be let in now."""
    next_seconds: float
    """When there is room for one more; 0: now."""
    full_seconds: float
    """When as many as can come at once may come again."""


class Rates:
    """Verbs of who lets requests in; each may raise StoreUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def admit(self, who: str, per_minute: int) -> Admission:
        """Let a request of `who` in, if that makes no more than so many in a minute; a refused one counts nothing."""
        rate, burst = per_minute / WINDOW_SECONDS, max(1, per_minute // AT_ONCE)
        answer = await self._connection.run("admit", [self._keys.rate(who)], [rate, burst])
        admitted, left, next_ms, full_ms = answer
        return Admission(admitted=bool(admitted), left=left, next_seconds=next_ms / 1000, full_seconds=full_ms / 1000)
