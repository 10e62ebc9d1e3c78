"""What may happen on the way to another account; the queue of the model check is the one that is left."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from aigcq.store.moves import Lent
from tests.integration import moves, moves_of_outbox


def _queued(machine: Any) -> list[str]:
    return [*machine.model.leaving, *machine.model.queued] or machine.task_ids


QUEUED = st.runner().flatmap(lambda machine: st.sampled_from(_queued(machine)))
"""On its way or in the order, as far as there are any."""


class Leaving(moves_of_outbox.Telling):
    """Who moves tasks away, and who completes what others have begun."""

    @rule(task_id=st.one_of(moves.TASKS, QUEUED), account=st.sampled_from(["", "b", "c"]), then=st.sampled_from("lsn"))
    def lend(self, task_id: str, account: str, then: str) -> None:
        async def lent() -> Any:
            lent = await self.any.moves.lend(task_id, account)
            return lent and (lent.to, lent.status)

        if self.stores:
            self.both("lend", lent(), lambda: self.model.lend(task_id, account))
        if self.stores and then == "l":
            self.left(task_id)
        if self.stores and then == "s":
            self.stay(task_id)

    def left(self, task_id: str) -> None:
        self.both("left", self.any.moves.left(task_id), lambda: self.model.left(task_id))

    def stay(self, task_id: str) -> None:
        task = self.model.tasks.get(task_id)
        times = {name: getattr(task, name, 0) for name in ("start_by_ms", "end_by_ms")}
        record = {name: str(ms - self.aged_ms) for name, ms in times.items() if ms}
        lent = Lent(id=task_id, to="b", status="queued", record=record)
        self.both("stay", self.any.moves.stay(lent), lambda: self.model.stay(task_id))
