"""To which account a new task goes.

To one that works for its tenant and makes its model, is not paused and has a worker; of those to the one in which
it is expected to wait for the least time, of equal ones to the first in the file. If all are paused it waits.

Who repeats a call means the task of the first one, wherever that is. Its account is found in three steps, and a
process that dies between two of them leaves nothing that leads to a second task:
1. Every account is asked whether the key was used there: then it is that one's, whose `enqueue` answers as the first
   time, moved tasks included: what they leave behind keeps its id.
2. None has it: the key is given to the account that would be chosen now, in the key's home (`Homes.claim`), which is
   one account by a hash. Of two calls that come at once both are told the same one. Who dies now leaves a key that is
   given and not used: the next call finds it given, and uses it there.
3. It is enqueued there, with its key, in one step. Two calls meet in it as they do where there is one account.
A given key is never taken back, not even if the account refuses the task: a call that comes late might use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple
from zlib import crc32

from aigcq.accounts.accounts import Accounts, OpenAccount
from aigcq.accounts.together import together
from aigcq.errors import InvalidRequest
from aigcq.store.homes import repeatable
from aigcq.store.records import NewTask
from aigcq.tenant import outward

UNMEASURED_SECONDS: Final = 60.0
"""How long a video is taken to take where nobody has measured any."""


class _Rank(NamedTuple):
    """The lower, the better."""

    paused: bool
    idle: bool = False
    """It has no worker."""
    seconds: float = 0.0
    """For so long one more task would wait."""
    turns: float = 0.0


class Router:
    """Chooses accounts for one process."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def routed(self, new: NewTask) -> tuple[OpenAccount, NewTask]:
        """Return where to enqueue a task, and the task with an id that says so.

        Raises:
            InvalidRequest: no account makes this model for this tenant.
            StoreUnavailable: an account does not answer.
        """
        if not self._accounts.several:
            return self._accounts[0], new
        account = await (self._repeated(new) if repeatable(new) else self.chosen(new.tenant, new.model))
        account.load.sent += 1
        return account, replace(new, id=self._accounts.identified(new.id, account))

    async def chosen(self, tenant: str, model: str) -> OpenAccount:
        """Return the account for a new task; raises as `routed`."""
        able = [each for each in self._accounts if each.takes(tenant, model)]
        if not able:
            serving = [each for each in self._accounts if each.account.serves(outward(tenant))]
            made = sorted({name for each in serving for name in each.account.models})
            raise InvalidRequest("model_name", f"No account here makes {model} for you.", made or None)
        return able[0] if len(able) == 1 else (await self._best(able, model))[0]

    async def relief(self, tenant: str, model: str, source: OpenAccount, most: float) -> OpenAccount | None:
        """Return where a task of `source`, which is paused, can go; None: nobody can run it, or all are busy enough.

        `most`: how often all permits of the other account may have to come free before it runs.
        """
        able = [each for each in self._accounts if each is not source and each.takes(tenant, model)]
        if not able:
            return None
        best, rank = await self._best(able, model)
        return best if not rank.paused and not rank.idle and rank.turns <= most else None

    async def _best(self, able: Sequence[OpenAccount], model: str) -> tuple[OpenAccount, _Rank]:
        overviews = [await each.load.overview() for each in able]
        seconds = [await each.load.seconds(model) for each in able]
        known = [each for each in seconds if each is not None]
        usual = sum(known) / len(known) if known else UNMEASURED_SECONDS
        ranks = []
        for each, overview, took in zip(able, overviews, seconds, strict=True):
            if overview.paused:
                ranks.append(_Rank(paused=True))
                continue
            turns = each.load.turns(overview)
            idle = not each.load.works(overview, each.account.settings.lease_seconds)
            ranks.append(_Rank(False, idle, turns * (took or usual), turns))
        return min(zip(able, ranks, strict=True), key=lambda each: each[1])

    async def _repeated(self, new: NewTask) -> OpenAccount:
        if new.idempotency_key or new.resend:
            told = await together(each.store.homes.named(new) for each in self._accounts)
            when, account = max(zip(told, self._accounts, strict=True), key=lambda each: each[0] or 0)
            if when is not None:
                return account
        chosen = await self.chosen(new.tenant, new.model)
        home = self._home(new)
        return self._accounts.get(await home.store.homes.claim(new, chosen.name)) or home

    def _home(self, new: NewTask) -> OpenAccount:
        """Return the account in which the key is given away; the same for everyone who has the same accounts."""
        name = f"{new.tenant}:{new.route}:{new.idempotency_key or new.fingerprint}"
        return max(self._accounts, key=lambda each: crc32(f"{name}:{each.name}".encode()))
