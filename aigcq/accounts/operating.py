"""What an operator sees and does, in all accounts together."""

from __future__ import annotations

from dataclasses import replace

from aigcq.accounts.accounts import Accounts
from aigcq.accounts.together import together
from aigcq.errors import WorkerNotFound
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
