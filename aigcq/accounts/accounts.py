"""The accounts of a process, open, and where a task is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

from aigcq.accounts.load import Load
from aigcq.accounts.together import together
from aigcq.audit import Actor
from aigcq.caller import ANYONE
from aigcq.clock import Clock
from aigcq.config import Account, Settings, accounts
from aigcq.errors import ConfigurationError, StoreUnavailable
from aigcq.outbound.signing import new_secret
from aigcq.store import Store, open_store
from aigcq.tenant import outward

MOST_TRACES: Final = 3
"""So often a task is looked for that moves meanwhile; it moves once."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenAccount:
    """One account with its queue."""

    account: Account
    store: Store
    load: Load

    @property
    def name(self) -> str:
        return self.account.name

    def takes(self, tenant: str, model: str) -> bool:
        """Return whether it works for a tenant, named as records have it, and makes this model."""
        return self.account.serves(outward(tenant)) and self.account.makes(model)


class Accounts(Sequence[OpenAccount]):
    """All accounts, in the order of the file; the first is the home of what belongs to none."""

    def __init__(self, opened: Sequence[OpenAccount]) -> None:
        self._opened = tuple(opened)
        self._names = {each.name: each for each in opened}
        self._hints = {each.name: hint_of(each.name) for each in opened}

    def __len__(self) -> int:
        return len(self._opened)

    def __getitem__(self, index: int) -> OpenAccount:  # type: ignore[override]  # nobody takes slices
        return self._opened[index]

    def acting(self, actor: Actor) -> Accounts:
        """Return the same accounts, in which is written down what `actor` does."""
        return Accounts([replace(each, store=each.store.acting(actor)) for each in self])

    @property
    def several(self) -> bool:
        return len(self._opened) > 1

    def named(self, name: str) -> OpenAccount:
        """Return the account of that name.

        Raises:
            ConfigurationError: there is none.
        """
        if name not in self._names:
            known = ", ".join(self._names)
            raise ConfigurationError(f"There is no account {name!r}; there is: {known}.")
        return self._names[name]

    def one(self, name: str) -> OpenAccount:
        """Return the account of that name; without a name the only one.

        Raises:
            ConfigurationError: there is none, or there are several and none is named.
        """
        if not name and self.several:
            raise ConfigurationError(
                f"There are several accounts: name one of {', '.join(self._names)} with --account."
            )
        return self.named(name) if name else self[0]

    def get(self, name: str) -> OpenAccount | None:
        """Return the account of that name; None: there is none, or none any more."""
        return self._names.get(name)

    def identified(self, task_id: str, account: OpenAccount) -> str:
        """Return the id of a task that is enqueued in `account`: its last byte tells where to look first."""
        return task_id[:-2] + self._hints[account.name] if self.several else task_id

    async def of(self, task_id: str, sees: str = ANYONE) -> OpenAccount:
        """Return the account that a task is in, or what is kept of it; of one that nobody knows, any.

        Where there is one account it is that one, and nothing is asked. A task on its way is in the one that lends it.
        One that is of another tenant than `sees` is looked for like one that is not: it takes as long.

        Raises:
            StoreUnavailable: an account that might have it does not answer.
        """
        if not self.several:
            return self[0]
        first = [each for each in self if self._hints[each.name] == task_id[-2:]]
        for group in (first, [each for each in self if each not in first]):
            if group and (found := await self._among(group, task_id, sees)):
                return found
        return (first or self)[0]

    async def _among(self, group: Sequence[OpenAccount], task_id: str, sees: str) -> OpenAccount | None:
        for _ in range(MOST_TRACES):
            traces = await together(each.store.moves.trace(task_id) for each in group)
            seen = [pair for pair in zip(group, traces, strict=True) if sees in (ANYONE, pair[1].tenant)]
            found = [each for each, trace in seen if trace.here] or [each for each, trace in seen if trace.known]
            if found:
                return found[0]
            group = [goal for _, trace in seen if (goal := self.get(trace.moved_to))]
            if not group:
                return None
        return group[0]


def hint_of(name: str) -> str:
    """Return the last byte of the ids of an account's tasks, as two hexadecimal digits."""
    return f"{crc32(name.encode()) & 0xFF:02x}"


@asynccontextmanager
async def open_accounts(settings: Settings, url: str, clock: Clock) -> AsyncIterator[Accounts]:
    """Open every account of `settings`, in the Redis at `url`.

    Raises:
        ConfigurationError: the file of accounts cannot work.
        SchemaTooNew: a release after the next one has written one of the queues.
    """
    async with AsyncExitStack() as stack:
        opened = []
        for account in accounts(settings):
            store = await stack.enter_async_context(open_store(account.settings, url))
            opened.append(OpenAccount(account, store, Load(store, clock)))
        made = Accounts(opened)
        with suppress(StoreUnavailable):  # Redis may come later
            await _share(made)
        yield made


async def _share(opened: Accounts) -> None:
    """Let accounts that are new have what all of them must have alike: settings of tenants, what signs webhooks."""
    if not opened.several:
        return
    home, *others = [each.store for each in opened]
    secret = await home.receivers.secret(new_secret())
    for tenant in [None, *await home.tenants.all()]:
        for other in others:
            if tenant is None:
                await other.receivers.secret(secret)
            elif tenant not in await other.tenants.all():
                await other.tenants.put(tenant)
