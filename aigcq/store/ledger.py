"""The ledger: what is spent and what is promised, by day, tenant and model. Amounts are millionths of the currency.

Verbs of tasks move it, in their own step; here it is read, closed and compared with the vendor's.
Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from aigcq.errors import BudgetExceeded
from aigcq.model import Event
from aigcq.prices import Estimate, shown
from aigcq.spending import BUDGETS, WHOLE, days_of, renews
from aigcq.store.connection import Connection, translated

PAGE: Final = 500
KEPT_SECONDS: Final = 400 * 86400
TOTALS: Final = ("settled", "committed", "released", "tasks")
TURN_SECONDS: Final = 600
"""For so long one worker compares, and no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one tenant has spent in a day."""

    day: str
    tenant: str
    settled: int = 0
    """What ended tasks have come to."""
    committed: int = 0
    """What open tasks may come to."""
    released: int = 0
    """What was committed and cost nothing in the end."""
    tasks: int = 0
    """How many were created; one that was requeued counts again."""
    models: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Model -> `settled`, `videos` and `millis`, their length in thousandths of a second."""

    @classmethod
    def from_hash(cls, day: str, tenant: str, stored: Mapping[str, str]) -> Self:
        """Read a purse of a day; a field that this release does not know is not looked at."""
        models: dict[str, dict[str, int]] = {}
        for name, value in stored.items():
            what, _, model = name.partition(":")
            if what in ("settled", "videos", "millis") and model:
                models.setdefault(model, {})[what] = int(value)
        totals = {name: int(stored.get(name, 0)) for name in TOTALS}
        return cls(day=day, tenant=tenant, models=models, **totals)

    def plus(self, other: Spent) -> Spent:
        """Return what both came to together."""
        models = {name: dict(counts) for name, counts in self.models.items()}
        for name, counts in other.models.items():
            own = models.setdefault(name, {})
            for what, count in counts.items():
                own[what] = own.get(what, 0) + count
        totals = {name: getattr(self, name) + getattr(other, name) for name in TOTALS}
        return replace(self, models=models, **totals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How many videos were made on a day, and for how long they are, in thousandths of a second."""

    count: int
    millis: int


class Ledger:
    """The books of one account."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def month(self, month: str, tenant: str | None = None) -> Sequence[Spent]:
        """Return what was spent on each day of a month (`202611`), by whom: of one tenant, or of everybody."""
        tenants = await self._tenants(month) if tenant is None else [tenant]
        wanted = [(day, each) for day in days_of(month) for each in tenants]
        found: list[Spent] = []
        for first in range(0, len(wanted), PAGE):
            page = wanted[first : first + PAGE]
            stored = await self._purses([self._keys.purse(each, day) for day, each in page])
            found += [
                Spent.from_hash(day, each, purse) for (day, each), purse in zip(page, stored, strict=True) if purse
            ]
        return found

    async def total(self, tenant: str, period: str) -> tuple[int, int]:
        """Return what is settled and what is committed in a day or a month; WHOLE is the account."""
        (purse,) = await self._purses([self._keys.purse(tenant, period)])
        return int(purse.get("settled", 0)), int(purse.get("committed", 0))

    async def _tenants(self, month: str) -> list[str]:
        (whole,) = await self._purses([self._keys.purse(WHOLE, month)])
        return sorted(name.removeprefix("tenant:") for name in whole if name.startswith("tenant:"))

    async def _purses(self, names: Sequence[str]) -> Sequence[Mapping[str, str]]:
        with translated():
            async with self._connection.client.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.hgetall(name)
                found: Any = await pipe.execute()
        return list(found)

    async def close(self, since_ms: int) -> int:
        """Count as spent what is still promised for tasks that have ended since; return of how many.

        A release that knew no ledger has ended them.
        """
        offset = closed = 0
        while True:
            looked_at, more = await self._connection.run(
                "close_books",
                [self._keys.ended, self._keys.spend_prefix],
                [self._keys.task_prefix, since_ms, offset, PAGE],
            )
            offset, closed = offset + looked_at, closed + more
            if looked_at < PAGE:
                return int(closed)

    async def made(self, day: str) -> Made:
        """Return what was made on a day, by the vendor's own times."""
        (purse,) = await self._purses([self._keys.purse(WHOLE, day)])
        return Made(count=int(purse.get("made", 0)), millis=int(purse.get("made_millis", 0)))

    async def take_turn(self, day: str) -> bool:
        """Return whether this process is the one that compares `day` with the vendor, and nobody has done so before."""
        keys = self._keys
        args: list[str | int | float] = [day, TURN_SECONDS * 1000]
        return bool(await self._connection.run("take_turn", [keys.meta, keys.purse(WHOLE, day)], args))

    async def record(self, day: str, found: Mapping[str, Any], alarm: str = "") -> None:
        """Put down how `day` compares with the vendor's count; tell everybody who listens of an `alarm`."""
        purse = self._keys.purse(WHOLE, day)
        event: dict[Any, Any] = {"event": Event.ALARM, "task": "", "status": "", "cause": alarm}
        with translated():
            async with self._connection.client.pipeline(transaction=True) as pipe:
                pipe.hset(purse, "reconciled", json.dumps(found))
                pipe.expire(purse, KEPT_SECONDS)
                if alarm:
                    pipe.xadd(self._keys.events, event, maxlen=self._connection.settings.events_cap)
                await pipe.execute()

    async def reconciled(self, month: str) -> Mapping[str, Mapping[str, Any]]:
        """Return how each day of a month compares with the vendor's count, if it was compared."""
        days = days_of(month)
        purses = await self._purses([self._keys.purse(WHOLE, day) for day in days])
        return {
            day: json.loads(purse["reconciled"])
            for day, purse in zip(days, purses, strict=True)
            if "reconciled" in purse
        }


def exceeded(estimate: Estimate, found: Sequence[int], day: str, zone: str) -> BudgetExceeded:
    """Return the refusal of what `enqueue` has found to break a budget."""
    number, limit, settled, committed = found
    scope, period = BUDGETS[number - 1]
    amounts = {
        "limit": limit,
        "settled": settled,
        "committed": committed,
        "remaining": max(0, limit - settled - committed),
        "estimated": estimate.amount or 0,
    }
    return BudgetExceeded(
        {"scope": scope, "period": period, "currency": estimate.currency}
        | {name: shown(amount) for name, amount in amounts.items()}
        | {"renews_at": renews(period, day, zone).strftime("%Y-%m-%dT%H:%M:%SZ")}
    )
