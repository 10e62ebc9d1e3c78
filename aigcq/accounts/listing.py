"""Lists of the tasks of several accounts, merged.

A cursor looks like that of one account, as clients know it: of open tasks, which stand in the order of their entries,
the account is told by the entry's number within its millisecond; of all others the id of the task decides.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from aigcq.accounts.accounts import Accounts
from aigcq.accounts.together import together
from aigcq.caller import Caller
from aigcq.store.listing import CURSOR, ENDED, FIRST, OPEN, Listed, Lists, Wanted

LAST_NUMBER: Final = 999_999_999_999_999
Key = tuple[float, ...]
Pages = AsyncIterator[tuple[Sequence[Listed], str]]


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Who reads the list of one account."""

    index: int
    pages: Pages
    rows: list[Listed] = field(default_factory=list)
    """Read, and not yet given."""
    behind: str = "unread"
    """The account's cursor behind what was read; empty: there is no more."""

    async def read(self) -> None:
        if not self.rows and self.behind:
            rows, self.behind = await anext(self.pages, ([], ""))
            self.rows = list(rows)


class ListsOfAll(Lists):
    """Lists over all accounts."""

    def __init__(self, accounts: Accounts, caller: Caller) -> None:
        super().__init__(accounts[0].store.connection, caller)
        self._accounts = accounts
        self._each = [each.store.seen_by(caller).lists for each in accounts]

    async def pages(self, wanted: Wanted, cursor: str = "") -> AsyncIterator[tuple[Sequence[Listed], str]]:
        newest, readers = wanted.newest, []
        for index, lists in enumerate(self._each):
            pages = lists.pages(wanted, self._of_one(cursor, index, newest))
            readers.append(_Reader(index=index, pages=pages))
        while any(each.rows or each.behind for each in readers):
            await together(each.read() for each in readers)
            # Up to here nobody has anything that was not read; what is behind it waits for the others.
            ends = [self._of_all(each.behind, each.index) for each in readers if each.behind]
            horizon = min(ends, key=lambda end: _key(end, newest), default="")
            given = []
            for each in readers:
                account = self._accounts[each.index].name
                listed = [
                    replace(row, cursor=self._of_all(row.cursor, each.index), account=account) for row in each.rows
                ]
                near = [row for row in listed if not horizon or _key(row.cursor, newest) <= _key(horizon, newest)]
                given += near
                each.rows = each.rows[len(near) :]
            yield sorted(given, key=lambda row: _key(row.cursor, newest)), horizon

    async def owners(self, task_ids: Sequence[str]) -> Mapping[str, str]:
        found = await together(lists.owners(task_ids) for lists in self._each)
        return {task_id: tenant for each in found for task_id, tenant in each.items()}

    async def outcomes(self, task_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        found = await together(lists.outcomes(task_ids) for lists in self._each)
        return {task_id: outcome for each in found for task_id, outcome in each.items()}

    async def cursor_of(self, task_id: str) -> str:
        account = await self._accounts.of(task_id, self._caller.sees)
        index = list(self._accounts).index(account)
        return self._of_all(await self._each[index].cursor_of(task_id), index)

    def _of_all(self, cursor: str, index: int) -> str:
        """Return an account's cursor as one of all."""
        part, _, place = cursor.partition(":")
        if ":" in place or place == FIRST or not cursor:
            return cursor
        ms, _, number = place.partition("-")
        return f"{part}:{ms}-{int(number) * len(self._each) + index}"

    def _of_one(self, cursor: str, index: int, newest: bool) -> str:
        """Return the cursor of one account, behind which is all that is behind one of all.

        Raises:
            ValueError: it is none that a list has given.
        """
        if not cursor:
            return ""
        if not (found := CURSOR.fullmatch(cursor)):
            raise ValueError("no cursor of a list")
        if ":" in found["after"] or found["after"] == FIRST:
            return cursor
        ms, number = map(int, found["after"].split("-"))
        number, last = divmod(number, len(self._each))
        if newest and index < last:
            number += 1
        elif not newest and index > last:
            ms, number = (ms, number - 1) if number else (ms - 1, LAST_NUMBER)
        return f"{found['part']}:{ms}-{number}"


def _key(cursor: str, newest: bool) -> Key:
    """Return what puts places of a list in its order."""
    part, _, place = cursor.partition(":")
    first_part = OPEN if newest else ENDED
    half, sign = int(part != first_part), -1 if newest else 1
    if place == FIRST:
        return (half, float("-inf"))
    ms, number = place.split(":") if ":" in place else place.split("-")
    return (half, sign * int(ms), sign * (UUID(number).int if "-" in number else int(number)))
