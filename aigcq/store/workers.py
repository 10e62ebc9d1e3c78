"""Who works on the queue, and what each holds. Every method may raise StoreUnavailable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aigcq.errors import WorkerNotFound
from aigcq.store.answers import read_record
from aigcq.store.connection import Connection

MOST_HELD: Final = 5_000
"""So many deliveries one question looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One delivery of a worker."""

    task_id: str
    phase: str
    vendor_task_id: str
    """Empty: the vendor has not taken it yet."""
    since_ms: int
    """When its permit was granted; of what has given that back, when it was first claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """One worker, alive or not."""

    consumer: str
    beat_ms: int
    """When it last said that it lives; 0: nobody remembers it, but it left something behind."""
    draining: bool
    holds: Sequence[Holding]
    account: str = ""
    """For which it works, where there are several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """All workers of a queue at one instant."""

    now_ms: int
    members: Sequence[StaffMember]
    """The last one that beat first."""
    unread: int
    """Deliveries that were not looked at, because there are so many."""


class Workers:
    """Verbs about workers, for operators."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def staff(self) -> Staff:
        """Return who works, and what each holds."""
        keys = self._connection.keys
        now_ms, beats, draining, leases, held = await self._connection.run(
            "staff", [keys.workers, keys.draining, keys.leases, keys.permits], [keys.task_prefix, MOST_HELD]
        )
        holds: dict[str, list[Holding]] = {}
        for task_id, consumer, phase, vendor_task_id, since in held:
            holding = Holding(task_id=task_id, phase=phase, vendor_task_id=vendor_task_id, since_ms=int(float(since)))
            holds.setdefault(consumer, []).append(holding)
        known = {consumer: int(float(beat)) for consumer, beat in read_record(beats).items()}
        names = sorted({*known, *holds} - {""}, key=lambda name: (-known.get(name, 0), name))
        members = [
            StaffMember(consumer=name, beat_ms=known.get(name, 0), draining=name in draining, holds=holds.get(name, []))
            for name in names
        ]
        return Staff(now_ms=now_ms, members=members, unread=max(0, leases - len(held)))

    async def drain(self, consumer: str) -> bool:
        """Let a worker take no more and end; return False if it was to end already.

        Raises:
            WorkerNotFound: there is no such worker, or it has not said for long that it lives.
        """
        keys = self._connection.keys
        answer = await self._connection.run("drain", [keys.workers, keys.draining], [consumer])
        if answer < 0:
            raise WorkerNotFound(consumer)
        return bool(answer)
