"""Bounds of the threshold that are set while everything runs. Every method may raise StoreUnavailable."""

from __future__ import annotations

from typing import Final

from aigcq.errors import InvalidRequest
from aigcq.limit import Law
from aigcq.limit.law import Bounds
from aigcq.store.connection import Connection, translated

OPERATOR: Final = "operator"
"""The cause of a change that follows from other bounds."""


class Limits:
    """Verbs of operators about how many videos may run at once. Bounds are kept in Redis until they are taken away."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._law = Law.of(connection.settings)

    async def bounds(self) -> Bounds:
        """Return what was set."""
        with translated():
            found = await self._connection.client.hmget(self._keys.limit, ["minimum", "maximum"])
        return Bounds(*(int(each) if each else None for each in found))

    async def bound(self, bounds: Bounds) -> bool:
        """Set bounds in place of those that were set before; return False if they were the same.

        They hold at once and for every worker, over MIN_THRESHOLD and MAX_THRESHOLD of each.

        Raises:
            InvalidRequest: the minimum is above the maximum.
        """
        minimum, maximum = bounds
        if minimum and maximum and minimum > maximum:
            raise InvalidRequest("minimum", f"minimum={minimum} must not be above maximum={maximum}.")
        if minimum and not maximum and minimum > self._law.maximum:
            beyond = f"minimum={minimum} is above MAX_THRESHOLD={self._law.maximum}: set a maximum too."
            raise InvalidRequest("minimum", beyond)
        keys = self._keys
        changed = await self._connection.run(
            "bound",
            [keys.limit, keys.history, keys.events, keys.permits],
            [minimum or 0, maximum or 0, OPERATOR, self._connection.settings.events_cap],
        )
        return bool(changed)
