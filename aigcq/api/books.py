"""From the ledger to what people read of it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from aigcq.config import Settings
from aigcq.prices import load, millionths, shown
from aigcq.schemas import BudgetState, Reconciled, Spend, SpendDay, SpendModel, SpendTotal
from aigcq.spending import WHOLE, renews
from aigcq.store import Store
from aigcq.store.ledger import Spent
from aigcq.store.listing import Wanted
from aigcq.tenant import outward

BY_MODEL: Final = (
    "day", "tenant", "model", "tasks", "videos", "seconds", "settled", "committed", "released", "currency",
)  # fmt: skip
BY_TASK: Final = (
    "day", "tenant", "task_id", "model", "status", "created_at", "ended_at", "estimated", "committed", "spent",
    "currency",
)  # fmt: skip


async def spend_of(store: Store, month: str, tenant: str | None) -> Spend:
    """Return what was spent in a month of the ledger (`202611`) by one tenant, or by everybody."""
    settings = store.connection.settings
    spent = await store.ledger.month(month, tenant)
    current = store.connection.today.startswith(month)
    reconciled = await store.ledger.reconciled(month) if tenant is None else {}
    return Spend(
        month=f"{month[:4]}-{month[4:]}",
        timezone=settings.budget_timezone,
        currency=load(settings.prices).currency,
        tenant=None if tenant is None else outward(tenant),
        total=_total(spent),
        days=[_day(each) for each in spent],
        budgets=await budgets_of(store, settings, tenant) if current else [],
        reconciled=[_reconciled(day, found) for day, found in reconciled.items()],
    )


async def budgets_of(store: Store, settings: Settings, tenant: str | None) -> list[BudgetState]:
    """Return the budgets that are in force for one tenant; or those of the account."""
    today, currency = store.connection.today, load(settings.prices).currency
    if tenant is None:
        whose, limits = WHOLE, (millionths(settings.budget_day), millionths(settings.budget_month))
    else:
        own = await store.tenants.get(tenant)
        whose, limits = tenant, (own.budget_day, own.budget_month)
    states = []
    for period, limit, key in zip(("day", "month"), limits, (today, today[:6]), strict=True):
        if not limit:
            continue
        settled, committed = await store.ledger.total(whose, key)
        amounts = {"limit": limit, "settled": settled, "committed": committed}
        amounts["remaining"] = max(0, limit - settled - committed)
        states.append(
            BudgetState.model_validate(
                {"scope": "account" if tenant is None else "tenant", "period": period, "currency": currency}
                | {name: shown(amount) for name, amount in amounts.items()}
                | {"renews_at": renews(period, today, settings.budget_timezone)}
            )
        )
    return states


def csv_by_model(spend: Spend) -> str:
    """Return a month as CSV: a line for each model, and one without a model for what is known of the day only.

    So each column adds up.
    """
    rows: list[Sequence[object]] = [BY_MODEL]
    for each in spend.days:
        for model, it in sorted(each.models.items()):
            rows.append([each.day, each.tenant, model, "", it.videos, it.seconds, it.settled, "", "", spend.currency])
        rows.append([each.day, each.tenant, "", each.tasks, "", "", "", each.committed, each.released, spend.currency])
    return written(rows)


async def csv_by_task(store: Store, month: str, tenant: str | None) -> AsyncIterator[str]:
    """Yield, as CSV, the tasks that count in a month and are on record still."""
    yield written([BY_TASK])
    async for page, _ in store.lists.pages(Wanted(newest=False)):
        tasks = [each.task for each in page]
        yield written(
            [
                _iso_day(task.budget_day), outward(task.tenant), task.id, task.model, task.status,
                _iso(task.created_ms), _iso(task.ended_ms), shown(task.cost_estimate), shown(task.cost_committed),
                shown(task.cost_spent), task.currency,
            ]
            for task in tasks
            if task.budget_day.startswith(month) and (tenant is None or task.tenant == tenant)
        )  # fmt: skip


def written(rows: Iterable[Sequence[object]]) -> str:
    """Return lines of CSV, as RFC 4180 has them."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _total(spent: Sequence[Spent]) -> SpendTotal:
    amounts = {name: sum(getattr(each, name) for each in spent) for name in ("settled", "committed", "released")}
    models = [model for each in spent for model in each.models.values()]
    return SpendTotal(
        **{name: shown(amount) for name, amount in amounts.items()},
        tasks=sum(each.tasks for each in spent),
        videos=sum(model.get("videos", 0) for model in models),
        seconds=sum(model.get("millis", 0) for model in models) / 1000,
    )


def _day(each: Spent) -> SpendDay:
    return SpendDay(
        day=_iso_day(each.day),
        tenant=outward(each.tenant),
        settled=shown(each.settled),
        committed=shown(each.committed),
        released=shown(each.released),
        tasks=each.tasks,
        models={
            name: SpendModel(
                settled=shown(it.get("settled", 0)), videos=it.get("videos", 0), seconds=it.get("millis", 0) / 1000
            )
            for name, it in each.models.items()
        },
    )


def _reconciled(day: str, found: Any) -> Reconciled:
    names = ("videos", "seconds", "vendor_videos", "vendor_seconds")
    differs = (found.get("videos"), found.get("seconds")) != (found.get("vendor_videos"), found.get("vendor_seconds"))
    return Reconciled(
        day=_iso_day(day),
        available=found["available"],
        differs=differs,
        **{name: found.get(name) for name in names},
    )


def _iso_day(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds") if ms else ""
