"""Who is told by webhook: what was said to them, and what speaks against them.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aigcq.store.connection import Connection, translated
from aigcq.store.outbox import RECEIVER_KNOWN_MS, Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One that has failed and has not succeeded since, or was disabled."""

    name: str
    host: str = ""
    failures: int = 0
    """Calls in a row that failed."""
    failing_since_ms: int = 0
    disabled_ms: int = 0
    """Since when it is not called any more; 0: it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """One call to a receiver."""

    id: str
    """A later one has a greater one."""
    at_ms: int
    """When it ended, Redis time."""
    task_id: str
    moment: Moment
    everyone: bool
    """It was for the receiver of every task."""
    attempt: int
    status: int
    """HTTP status; 0: there was no answer."""
    error: str
    ms: int
    host: str
    receiver: str


class Receivers:
    """Verbs of operators, and what a worker asks before it calls."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def disabled(self, name: str) -> bool:
        """Return whether this one is not to be called."""
        with translated():
            found: Any = await self._connection.client.hexists(self._keys.receiver(name), "disabled_ms")
        return bool(found)

    async def failing(self, count: int) -> Sequence[Receiver]:
        """Return up to `count` that fail or are disabled, the last that failed first."""
        with translated():
            names: Any = await self._connection.client.zrange(self._keys.receivers, 0, count - 1, desc=True)
            async with self._connection.client.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.hgetall(self._keys.receiver(name))
                records = await pipe.execute()
        return [_receiver(name, record) for name, record in zip(names, records, strict=True) if record]

    async def enable(self, name: str) -> bool:
        """Call it again; return False if nothing spoke against it."""
        keys = [self._keys.receiver(name), self._keys.receivers]
        return bool(await self._connection.run("receiver_enable", keys, [name]))

    async def disable(self, name: str, host: str = "") -> bool:
        """Call it no more; return False if it was disabled."""
        keys = [self._keys.receiver(name), self._keys.receivers]
        return bool(await self._connection.run("receiver_disable", keys, [name, host, RECEIVER_KNOWN_MS]))

    async def calls(self, count: int, task_id: str = "", before: str = "") -> Sequence[PastCall]:
        """Return the last `count` calls, the newest first: those about one task, and those before the id `before`."""
        place = self._keys.calls_of(task_id) if task_id else self._keys.calls
        with translated():
            newest = f"({before}" if before else "+"
            entries: Any = await self._connection.client.xrevrange(place, newest, count=count)
        return [_call(at, fields) for at, fields in entries]

    async def secret(self, made: str) -> str:
        """Return the secret that signs where none is configured; `made` becomes it if there is none."""
        return str(await self._connection.run("webhook_secret", [self._keys.meta], [made]))


def _receiver(name: str, record: dict[str, str]) -> Receiver:
    numbers = {field: int(record.get(field, 0)) for field in ("failures", "failing_since_ms", "disabled_ms")}
    return Receiver(name=name, host=record.get("host", ""), **numbers)


def _call(at: str, fields: dict[str, str]) -> PastCall:
    numbers = {field: int(fields[field]) for field in ("attempt", "status", "ms")}
    return PastCall(
        id=at,
        at_ms=int(at.partition("-")[0]),
        task_id=fields["task"],
        moment=Moment(fields["moment"]),
        everyone=fields["everyone"] == "1",
        error=fields["error"],
        host=fields["host"],
        receiver=fields["receiver"],
        **numbers,
    )
