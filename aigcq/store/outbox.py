"""What clients are to be told: notes that are lent to workers until they are delivered.

A note is written in the step that makes it true, and goes when its receiver has taken it, or when its task is gone.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from aigcq.caller import OPERATOR, Caller
from aigcq.errors import TaskNotFound
from aigcq.store.connection import Connection

RECEIVER_KNOWN_MS: Final = 30 * 86_400_000
"""How long a receiver is remembered that failed and was not called since."""
_EVERYONE: Final = ":all"
NOTE: Final = re.compile(rf"[^:]+:(start|end)({_EVERYONE})?")


class Moment(StrEnum):
    """What a client may be told of."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Note:
    """One moment of one task, of which somebody is to be told."""

    task_id: str
    moment: Moment
    everyone: bool = False
    """It is for the receiver of every task, not for the task's own."""
    tries: int = 0
    """How often its receiver was called in vain."""
    until_ms: int = 0
    """When the lease ends with which it was taken."""

    @property
    def name(self) -> str:
        return f"{self.task_id}:{self.moment}{_EVERYONE if self.everyone else ''}"

    @classmethod
    def read(cls, name: str, until_ms: int = 0, tries: int = 0) -> Note:
        task_id, moment = name.removesuffix(_EVERYONE).split(":")
        return cls(task_id, Moment(moment), name.endswith(_EVERYONE), tries, until_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to a receiver, as it is kept: nothing of its URL but the host."""

    receiver: str
    """Its name: a hash."""
    host: str
    status: int = 0
    """HTTP status of the answer; 0: there was none."""
    error: str = ""
    ms: int = 0
    """How long it took."""


class Outbox:
    """Verbs of who delivers."""

    def __init__(self, connection: Connection, caller: Caller = OPERATOR) -> None:
        self._connection = connection
        self._caller = caller
        self._keys = connection.keys
        self._settings = connection.settings

    async def take(self, count: int, lease_seconds: float) -> tuple[Sequence[Note], float | None]:
        """Return up to `count` notes that are due, for as long as the lease; and the seconds until the next is due.

        What a newer release has written is left to it.
        """
        keys = [self._keys.outbox, self._keys.tries]
        next_ms, *notes = await self._connection.run("outbox_take", keys, [count, round(lease_seconds * 1000)])
        readable = [Note.read(*note) for note in notes if NOTE.fullmatch(note[0])]
        return readable, None if next_ms < 0 else next_ms / 1000

    async def done(self, note: Note, call: Call | None = None) -> bool:
        """Remove a note: its receiver has taken it, or there is nothing to tell (then there was no call).

        Return False if it stays, because it was posted anew meanwhile or others have it.
        """
        args = [*_fields(note, call), self._settings.events_cap, self._ttl_ms]
        name = call.receiver if call else ""
        return bool(await self._connection.run("outbox_done", self._places(note, call), [*_taken(note), name, *args]))

    async def again(self, note: Note, delay_seconds: float, call: Call | None = None, *, gone: bool = False) -> bool:
        """Let a note be due later; a `call` that failed counts. Return whether its receiver was disabled by this.

        Nothing is put off that was posted anew meanwhile, or that others have.
        """
        settings = self._settings
        args: list[str | int | float] = [
            *_taken(note), round(delay_seconds * 1000), call.receiver if call else "", call.host if call else "",
            *_fields(note, call), int(gone), settings.webhook_disable_failures,
            round(settings.webhook_disable_seconds * 1000), RECEIVER_KNOWN_MS, settings.events_cap, self._ttl_ms,
        ]  # fmt: skip
        return bool(await self._connection.run("outbox_again", self._places(note, call), args))

    async def replay(self, task_id: str, *, everyone: bool = False) -> Sequence[Note]:
        """Post again what there is to tell of a task; return which notes. `everyone`: the receiver of every task too.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        keys = self._keys
        places = [keys.task(task_id), keys.outbox, keys.tries]
        args: list[str | int | float] = [task_id, int(everyone), self._caller.sees]
        found, *notes = await self._connection.run("outbox_replay", places, args)
        if found < 0:
            raise TaskNotFound(task_id)
        return [Note.read(name) for name in notes]

    @property
    def _ttl_ms(self) -> int:
        return round(self._settings.result_ttl_seconds * 1000)

    def _places(self, note: Note, call: Call | None) -> list[str]:
        keys = self._keys
        receiver = keys.receiver(call.receiver if call else "")
        return [keys.outbox, keys.tries, receiver, keys.receivers, keys.calls, keys.calls_of(note.task_id)]


def _taken(note: Note) -> list[str | int | float]:
    return [note.name, note.until_ms]


def _fields(note: Note, call: Call | None) -> list[Any]:
    """Return the argument that says what is kept of a call."""
    if call is None:
        return ["[]"]
    kept = {
        "task": note.task_id, "moment": note.moment, "everyone": int(note.everyone), "attempt": note.tries + 1,
        "status": call.status, "error": call.error, "ms": call.ms, "host": call.host, "receiver": call.receiver,
    }  # fmt: skip
    return [json.dumps([str(each) for pair in kept.items() for each in pair])]
