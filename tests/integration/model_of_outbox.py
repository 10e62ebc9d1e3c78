"""The rules of the outbox's verbs; see `model`."""

from __future__ import annotations

from aigcq.errors import TaskNotFound
from aigcq.store.outbox import Note
from tests.integration.model import by_score
from tests.integration.model_of_clients import Clients

LEASE_MS = 45_000


class Outbox(Clients):
    """What clients are to be told, and who has it."""

    def take(self, count: int) -> tuple[list[Note], int]:
        """Return what is lent, and the ms until the next one is due, or -1."""
        due = [name for name in by_score(self.outbox) if self.outbox[name] <= self.now][:count]
        for name in due:
            self.outbox[name] = self.now + LEASE_MS
        lent = [Note.read(name, self.outbox[name], self.tries.get(name, 0)) for name in due]
        return lent, max(0, min(self.outbox.values()) - self.now) if self.outbox else -1

    def done(self, note: Note) -> bool:
        if self.outbox.get(note.name) != note.until_ms:
            return False
        del self.outbox[note.name]
        self.tries.pop(note.name, None)
        return True

    def again(self, note: Note, delay_ms: int, receiver: str = "", *, gone: bool = False) -> bool:
        """Put a note off; a `receiver` that was called, in vain, may be disabled by this."""
        mine = self.outbox.get(note.name) == note.until_ms
        if mine:
            self.outbox[note.name] = self.now + delay_ms
        if not receiver:
            return False
        if mine:
            self.tries[note.name] = self.tries.get(note.name, 0) + 1
        self.receivers[receiver] = self.now
        failures, since, disabled = self.failing.get(receiver, (0, self.now, False))
        for_long = self.now - since >= self.settings.webhook_disable_seconds * 1000
        disable = gone or (failures + 1 >= self.settings.webhook_disable_failures and for_long)
        self.failing[receiver] = failures + 1, since, disabled or disable
        return disable and not disabled

    def delivered(self, note: Note, receiver: str) -> bool:
        self.enable(receiver)
        return self.done(note)

    def enable(self, receiver: str) -> bool:
        self.receivers.pop(receiver, None)
        return self.failing.pop(receiver, None) is not None

    def disabled(self, receiver: str) -> bool:
        return self.failing.get(receiver, (0, 0, False))[2]

    def replay(self, task_id: str) -> list[Note]:
        task = self.tasks.get(task_id)
        if task is None or task.erased_ms:
            raise TaskNotFound(task_id)
        happened = {"start": task.submitted_ms, "end": task.ended_ms}
        moments = [moment for moment, ms in happened.items() if ms and moment in task.webhook]
        for name in (f"{task_id}:{moment}" for moment in moments):
            self.outbox[name] = self.now
            self.tries.pop(name, None)
        return [Note.read(f"{task_id}:{moment}") for moment in moments]
