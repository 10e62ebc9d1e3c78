"""All accounts as one store: what the API is given, so that no route has to know how many there are.

What is about one task is asked of the account that the task is in; a new one goes where the router says. Lists are
merged (`Lists` of `listing.py`), counts are added up (`Control` of `overview.py`). What belongs to no account (API
keys, files for tasks to come) is in the first one; settings of tenants are in each, as scripts read them there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from aigcq.accounts.accounts import Accounts
from aigcq.accounts.history import HistoryOfAll
from aigcq.accounts.listing import ListsOfAll
from aigcq.accounts.moving import complete
from aigcq.accounts.operating import DeadOfAll, ObservationsOfAll, WorkersOfAll
from aigcq.accounts.overview import ControlOfAll
from aigcq.accounts.routing import Router
from aigcq.accounts.together import together
from aigcq.audit import Actor, Deed
from aigcq.caller import OPERATOR, Caller
from aigcq.errors import TaskMoving, TaskNotFound
from aigcq.model import Cancelled
from aigcq.store import Store
from aigcq.store.audit import Audit
from aigcq.store.files import Files
from aigcq.store.ledger import Ledger, Spent
from aigcq.store.outbox import Note, Outbox
from aigcq.store.receivers import PastCall, Receivers
from aigcq.store.records import NewTask, View
from aigcq.store.tasks import Tasks
from aigcq.store.tenants import Tenants
from aigcq.store.uploads import Uploads
from aigcq.tenant import Tenant

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoreOfAll(Store):
    """One store, of several accounts."""

    accounts: Accounts = field(kw_only=True)

    @classmethod
    def of(cls, accounts: Accounts, caller: Caller = OPERATOR) -> StoreOfAll:
        """Return all accounts as `caller` may see them."""
        home, way = accounts[0].store.seen_by(caller), _Way(accounts, caller)
        kept = {name: getattr(home, name) for name in Store.__dataclass_fields__ if name not in _OF_ALL}
        return cls(
            **kept, accounts=accounts, tasks=TasksOfAll(way), lists=ListsOfAll(accounts, caller),
            files=FilesOfAll(way), uploads=UploadsOfAll(way), outbox=OutboxOfAll(way), receivers=ReceiversOfAll(way),
            tenants=TenantsOfAll(way), control=ControlOfAll(accounts), ledger=LedgerOfAll(way), audit=AuditOfAll(way),
            workers=WorkersOfAll(accounts), dead=DeadOfAll(accounts), observations=ObservationsOfAll(accounts),
            history=HistoryOfAll(accounts, caller),
        )  # fmt: skip

    def seen_by(self, caller: Caller) -> Store:
        return StoreOfAll.of(self.accounts, caller)

    def acting(self, actor: Actor) -> Store:
        return StoreOfAll.of(self.accounts.acting(actor), self.caller)

    @property
    def names(self) -> Sequence[str]:
        return [each.name for each in self.accounts]

    def named(self, account: str) -> Store:
        return self.accounts.named(account).store.seen_by(self.caller)

    async def routed(self, new: NewTask) -> tuple[Store, NewTask]:
        account, routed = await Router(self.accounts).routed(owned(new, self.caller))
        return account.store.seen_by(self.caller), routed


_OF_ALL = {
    "tasks", "lists", "files", "uploads", "outbox", "receivers", "tenants", "control", "ledger", "audit",
    "workers", "dead", "observations", "history",
}  # fmt: skip


def owned(new: NewTask, caller: Caller) -> NewTask:
    """Return the task as its caller's."""
    return replace(new, tenant=caller.tenant) if caller.tenant and not new.tenant else new


class _Way:
    """To the account of a task, as a caller may see it."""

    def __init__(self, accounts: Accounts, caller: Caller) -> None:
        self.accounts = accounts
        self.caller = caller
        self.home = accounts[0].store

    async def ask(self, task_id: str, question: Callable[[Store], Awaitable[T]]) -> T:
        """Return what the account of a task answers. One that moves meanwhile is asked for where it has gone."""
        account = await self.accounts.of(task_id, self.caller.sees)
        try:
            return await question(account.store.seen_by(self.caller))
        except TaskMoving:
            await complete(self.accounts, account, task_id)
        except TaskNotFound:
            if await self.accounts.of(task_id, self.caller.sees) is account:
                raise
        account = await self.accounts.of(task_id, self.caller.sees)
        return await question(account.store.seen_by(self.caller))


class TasksOfAll(Tasks):
    """Tasks, each in its account."""

    def __init__(self, way: _Way) -> None:
        super().__init__(way.home.connection, way.caller)
        self._way = way

    async def enqueue(self, new: NewTask) -> View:
        account, routed = await Router(self._way.accounts).routed(owned(new, self._way.caller))
        view = await account.store.seen_by(self._way.caller).tasks.enqueue(routed)
        return replace(view, account=account.name)

    async def get(self, task_id: str) -> View:
        async def look(store: Store) -> View:
            return replace(await store.tasks.get(task_id), account=store.connection.settings.queue)

        return await self._way.ask(task_id, look)

    async def cancel(self, task_id: str) -> Cancelled:
        return await self._way.ask(task_id, lambda store: store.tasks.cancel(task_id))

    async def requeue(self, task_id: str) -> bool:
        return await self._way.ask(task_id, lambda store: store.tasks.requeue(task_id))

    async def reorder(self, task_id: str, priority: int) -> bool:
        # On its way it would have the old priority where it arrives.
        await complete(self._way.accounts, await self._way.accounts.of(task_id, self._way.caller.sees), task_id)
        return await self._way.ask(task_id, lambda store: store.tasks.reorder(task_id, priority))

    async def erase(self, task_id: str) -> None:
        return await self._way.ask(task_id, lambda store: store.tasks.erase(task_id))


class FilesOfAll(Files):
    """Kept videos, each where its task is or was."""

    def __init__(self, way: _Way) -> None:
        super().__init__(way.home.connection, way.caller)
        self._way = way

    async def get(self, task_id: str) -> Mapping[str, Any] | None:
        return await self._way.ask(task_id, lambda store: store.files.get(task_id))

    async def forget(self, task_id: str) -> None:
        return await self._way.ask(task_id, lambda store: store.files.forget(task_id))


class UploadsOfAll(Uploads):
    """Pictures: a task's where the task is, files at home."""

    def __init__(self, way: _Way) -> None:
        super().__init__(way.home.connection, way.caller)
        self._way = way

    async def get(self, upload_id: str) -> str | None:
        found = await self._way.ask(upload_id, lambda store: store.uploads.get(upload_id))
        return await super().get(upload_id) if found is None else found


class OutboxOfAll(Outbox):
    """What clients are told, each where its task is."""

    def __init__(self, way: _Way) -> None:
        super().__init__(way.home.connection, way.caller)
        self._way = way

    async def replay(self, task_id: str, *, everyone: bool = False) -> Sequence[Note]:
        return await self._way.ask(task_id, lambda store: store.outbox.replay(task_id, everyone=everyone))


class ReceiversOfAll(Receivers):
    """Calls to receivers, each where its task is."""

    def __init__(self, way: _Way) -> None:
        super().__init__(way.home.connection)
        self._way = way

    async def calls(self, count: int, task_id: str = "", before: str = "") -> Sequence[PastCall]:
        if task_id:
            return await self._way.ask(task_id, lambda store: store.receivers.calls(count, task_id, before))
        found = await together(each.store.receivers.calls(count, "", before) for each in self._way.accounts)
        calls = sorted((call for each in found for call in each), key=lambda call: _moment(call.id), reverse=True)
        # Two that ended in one moment, in two accounts, have one id: no page ends between them.
        return calls[: count + sum(call.id == calls[count - 1].id for call in calls[count:])]


class TenantsOfAll(Tenants):
    """Settings of tenants: read at home, written everywhere."""

    def __init__(self, way: _Way) -> None:
        super().__init__(way.home.connection)
        self._way = way

    async def put(self, tenant: Tenant) -> None:
        await together(each.store.tenants.put(tenant) for each in self._way.accounts)

    async def remove(self, name: str) -> bool:
        return any(await together(each.store.tenants.remove(name) for each in self._way.accounts))


class LedgerOfAll(Ledger):
    """What was spent, in all accounts together. Each has budgets of its own: what one has left another has not."""

    def __init__(self, way: _Way) -> None:
        super().__init__(way.home.connection)
        self._way = way

    async def month(self, month: str, tenant: str | None = None) -> Sequence[Spent]:
        books = await together(each.store.ledger.month(month, tenant) for each in self._way.accounts)
        found: dict[tuple[str, str], Spent] = {}
        for spent in (each for book in books for each in book):
            key = spent.day, spent.tenant
            found[key] = found[key].plus(spent) if key in found else spent
        return [found[key] for key in sorted(found)]

    async def total(self, tenant: str, period: str) -> tuple[int, int]:
        totals = await together(each.store.ledger.total(tenant, period) for each in self._way.accounts)
        return sum(settled for settled, _ in totals), sum(committed for _, committed in totals)


class AuditOfAll(Audit):
    """Who did what, in all accounts together."""

    def __init__(self, way: _Way) -> None:
        super().__init__(way.home.connection)
        self._way = way

    async def last(self, count: int, *, before: str = "", since_ms: int = 0) -> Sequence[Deed]:
        pages = await together(
            each.store.audit.last(count, before=before, since_ms=since_ms) for each in self._way.accounts
        )
        return sorted((deed for page in pages for deed in page), key=lambda deed: _moment(deed.id), reverse=True)[
            :count
        ]


def _moment(deed_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in deed_id.split("-"))
