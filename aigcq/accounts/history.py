"""The history of several accounts, as if they were one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from aigcq.accounts.accounts import Accounts
from aigcq.accounts.together import together
from aigcq.caller import Caller
from aigcq.errors import TaskNotFound
from aigcq.history import MOST_OF_MANY, Row
from aigcq.store.control import Change
from aigcq.store.history import SEPARATOR, History, Line, Past
from aigcq.watched import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOfAll(Past):
    """What all accounts have in common: a time is known if it is of each that had begun."""

    each: Sequence[Past]

    @property
    def gaps(self) -> Sequence[Gap]:
        return sorted(gap for past in self.each for gap in past.gaps)

    def knows(self, from_ms: int, to_ms: int) -> bool | None:
        found = {past.knows(from_ms, to_ms) for past in self.each} - {None}
        return all(found) if found else None


class HistoryOfAll(History):
    """What has happened in all accounts together."""

    def __init__(self, accounts: Accounts, caller: Caller) -> None:
        super().__init__(accounts[0].store.connection, caller)
        self._accounts = accounts
        self._each = [account.store.seen_by(caller).history for account in accounts]

    async def past(self, step_ms: int, from_ms: int, to_ms: int) -> Past:
        found = await together(each.past(step_ms, from_ms, to_ms) for each in self._each)
        rows: dict[int, Row] = {}
        for past in found:
            for number, row in past.rows.items():
                rows.setdefault(number, Row(most=MOST_OF_MANY)).add_queue(row)
        return PastOfAll(rows=rows, watched=found[0].watched, each=found)

    async def changes(
        self, count: int, *, before: str = "", scopes: Collection[str] = ()
    ) -> Sequence[tuple[str, Change]]:
        at, _, last = before.partition(SEPARATOR)
        pages = await together(
            each.changes(count, before=_before(at, index > int(last or 0)) if at else "", scopes=scopes)
            for index, each in enumerate(self._each)
        )
        found = [
            (_order(change_id), -index, f"{change_id}{SEPARATOR}{index}", replace(change, account=account.name))
            for index, (account, page) in enumerate(zip(self._accounts, pages, strict=True))
            for change_id, change in page
        ]
        return [(cursor, change) for *_, cursor, change in sorted(found, key=lambda it: it[:2], reverse=True)[:count]]

    async def line(self, task_id: str, *, moved: bool = False) -> Line:
        account = await self._accounts.of(task_id, self._caller.sees)
        line = await account.store.seen_by(self._caller).history.line(task_id, moved=moved)
        source = self._accounts.get(line.moved_from)
        if not source or source is account:
            return replace(line, whole=line.whole and not line.moved_from)
        try:
            before = await source.store.seen_by(self._caller).history.line(task_id, moved=True)
        except TaskNotFound:
            return replace(line, whole=False)
        events = sorted([*before.events, *line.events], key=lambda told: _order(told.id))
        return replace(line, events=events, whole=before.whole and line.whole)


def _before(at: str, behind: bool) -> str:
    """Return the id before which an account is read on; one `behind` in the order has not given that very id yet."""
    if not behind:
        return at
    ms, _, number = at.partition("-")
    return f"{ms}-{int(number) + 1}"


def _order(event_id: str) -> tuple[int, ...]:
    return tuple(map(int, event_id.split("-")))
