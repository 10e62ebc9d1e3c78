"""What may happen to the outbox of the model check: any process may be late, also with what it was lent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from aigcq.store.outbox import Call, Note
from tests.integration import moves, still
from tests.integration.model_of_outbox import LEASE_MS

NOTES = st.runner().flatmap(lambda machine: st.sampled_from(machine.lent))
RECEIVERS = st.sampled_from(["r1", "r2"])
once_something_was_lent = precondition(lambda machine: machine.lent)


class Telling(still.Twins):
    """Who delivers, and who asks for a replay."""

    def __init__(self) -> None:
        super().__init__()
        self.lent: list[Note] = []

    def notes_age(self, ms: int) -> None:
        """Time stands still in Redis, where everything becomes older: what was lent does so too."""
        self.lent = [replace(note, until_ms=note.until_ms - ms) for note in self.lent]

    def _as_modelled(self, note: Note) -> Note:
        return replace(note, until_ms=note.until_ms + self.aged_ms)

    @rule(count=moves.COUNTS)
    def take_notes(self, count: int) -> None:
        async def taken() -> Any:
            notes, next_seconds = await self.any.outbox.take(count, LEASE_MS / 1000)
            self.lent = [*self.lent, *notes][-20:]
            return list(notes), still.ms_of(next_seconds)

        if self.stores:
            self.both("outbox_take", taken(), lambda: self.model.take(count))

    def go_on_with_the_last_note(self, receiver: str, then: str) -> None:
        if self.lent and then == "done":
            self.note_is_done(self.lent[-1], receiver)
        if self.lent and then == "again":
            self.note_is_due_again(self.lent[-1], receiver, 10, 0)

    @once_something_was_lent
    @rule(note=NOTES, receiver=st.sampled_from(["", "r1", "r2"]))
    def note_is_done(self, note: Note, receiver: str) -> None:
        call = Call(receiver=receiver, host="h", status=200) if receiver else None
        mine = self._as_modelled(note)
        real = self.any.outbox.done(note, call)
        self.both("outbox_done", real, lambda: self.model.delivered(mine, receiver) if call else self.model.done(mine))

    @once_something_was_lent
    @rule(note=NOTES, receiver=st.sampled_from(["", "r1", "r2"]), seconds=moves.TENS, gone=st.sampled_from([0, 0, 1]))
    def note_is_due_again(self, note: Note, receiver: str, seconds: int, gone: int) -> None:
        call, mine = Call(receiver=receiver, host="h", error="timeout") if receiver else None, self._as_modelled(note)
        real = self.any.outbox.again(note, seconds, call, gone=bool(gone))
        self.both("outbox_again", real, lambda: self.model.again(mine, seconds * 1000, receiver, gone=bool(gone)))

    @rule(task_id=moves.TASKS)
    def replay(self, task_id: str) -> None:
        async def replayed() -> Any:
            return list(await self.any.outbox.replay(task_id))

        self.both("outbox_replay", replayed(), lambda: self.model.replay(task_id))

    @rule(receiver=RECEIVERS, enable=st.booleans())
    def a_receiver_is_looked_at_or_enabled(self, receiver: str, enable: bool) -> None:
        if not self.stores:
            return
        verb = "enable" if enable else "disabled"
        real = getattr(self.any.receivers, verb)(receiver)
        self.both(f"receiver_{verb}", real, lambda: getattr(self.model, verb)(receiver))
