"""What an operator sees and does, in all accounts together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from aigcq.accounts.accounts import Accounts
from aigcq.accounts.together import together
from aigcq.durations import Sketch
from aigcq.errors import WorkerNotFound
from aigcq.store.dead import Dead, DeadLetter
from aigcq.store.observations import Observations
from aigcq.store.workers import Staff, Workers


class WorkersOfAll(Workers):
    """The workers of every account; one process that works for several is one in each."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(accounts[0].store.connection)
        self._accounts = accounts

    async def staff(self) -> Staff:
        found = await together(each.store.workers.staff() for each in self._accounts)
        members = [
            replace(member, account=one.name)
            for one, staff in zip(self._accounts, found, strict=True)
            for member in staff.members
        ]
        return Staff(
            now_ms=max(staff.now_ms for staff in found),
            members=sorted(members, key=lambda each: -each.beat_ms),
            unread=sum(staff.unread for staff in found),
        )

    async def drain(self, consumer: str) -> bool:
        for each in self._accounts:
            staff = await each.store.workers.staff()
            if any(member.consumer == consumer and member.beat_ms for member in staff.members):
                return await each.store.workers.drain(consumer)
        raise WorkerNotFound(consumer)


class DeadOfAll(Dead):
    """The failed tasks of all accounts, in one order."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(accounts[0].store.connection)
        self._accounts = accounts

    async def letters(self, count: int, code: str = "") -> Sequence[DeadLetter]:
        found = await together(each.store.dead.letters(count, code) for each in self._accounts)
        return self._merged(found)[:count]

    async def page(self, count: int, code: str = "", before: str = "") -> tuple[Sequence[DeadLetter], str]:
        pages = await together(each.store.dead.page(count, code, before) for each in self._accounts)
        merged = self._merged([letters for letters, _ in pages])
        # Up to here all were looked at: what is behind it waits until the others have come as far.
        horizon = max((behind for _, behind in pages if behind), key=_place, default="")
        near = [each for each in merged if not horizon or _place(each.cursor) >= _place(horizon)]
        if len(near) > count:
            return near[:count], near[count - 1].cursor
        return near, horizon

    def _merged(self, found: Sequence[Sequence[DeadLetter]]) -> list[DeadLetter]:
        named = [
            replace(letter, account=one.name)
            for one, letters in zip(self._accounts, found, strict=True)
            for letter in letters
        ]
        return sorted(named, key=lambda each: _place(each.cursor), reverse=True)


class ObservationsOfAll(Observations):
    """What was observed of the vendor, whichever account it was."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(accounts[0].store.connection)
        self._accounts = accounts

    async def durations(self, kinds: Collection[str]) -> Mapping[str, Sketch]:
        found = await together(each.store.observations.durations(kinds) for each in self._accounts)
        return {kind: Sketch.merged([each[kind] for each in found]) for kind in kinds}

    async def oldest_seconds(self) -> float | None:
        found = await together(each.store.observations.oldest_seconds() for each in self._accounts)
        return max((seconds for seconds in found if seconds is not None), default=None)

    async def starts(self) -> Sequence[int]:
        found = await together(each.store.observations.starts() for each in self._accounts)
        return sorted(ms for starts in found for ms in starts)


def _place(cursor: str) -> tuple[int, str]:
    ms, _, task_id = cursor.partition(":")
    return int(ms), task_id
