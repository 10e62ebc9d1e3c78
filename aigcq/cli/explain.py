"""Why is a task where it is: `aigcq explain`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from aigcq.accounts import Accounts
from aigcq.accounts.accounts import OpenAccount
from aigcq.api.eta import Measured, eta_of
from aigcq.cli.explaining import Known, explained
from aigcq.cli.operate import on_accounts
from aigcq.clock import SystemClock
from aigcq.diagnosis import Finding, Seen, findings
from aigcq.model import Status
from aigcq.store.tasks import View
from aigcq.tenant import Tenant

AHEAD = 3
"""So many of the tasks before it are named."""


def install(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command("explain")(explain)


def explain(
    task_id: Annotated[str, typer.Argument(help="The task's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="What the words are made of, for machines.")] = False,
) -> None:
    """Say in one paragraph where a task is, and why exactly there."""
    known = on_accounts(lambda accounts: known_of(accounts, task_id))
    typer.echo(json.dumps(_document(known), ensure_ascii=False, indent=2) if as_json else explained(known))


async def known_of(accounts: Accounts, task_id: str) -> Known:
    """Return all that the whereabouts of a task follow from.

    Raises:
        TaskNotFound: there is no such task, or its record has expired.
    """
    account = await accounts.of(task_id)
    store, settings = account.store, account.account.settings
    view = await store.tasks.get(task_id)
    overview = await store.control.overview()
    condition = await store.server.look(fresh=True)
    tenant, tenant_live = await _cap(account, view)
    return Known(
        view=View(task=view.task, position=view.position, outcome=view.outcome, stored=view.stored,
                  account=account.name if accounts.several else ""),
        overview=overview,
        findings=findings(Seen(overview=overview, condition=condition), settings),
        settings=settings,
        eta=await eta_of(view, Measured(store, settings, SystemClock())),
        ahead=await store.lists.ahead(view.position or 0, AHEAD),
        tenant=tenant,
        tenant_live=tenant_live,
    )  # fmt: skip


async def _cap(account: OpenAccount, view: View) -> tuple[Tenant | None, int]:
    """Return the tenant of a queued task if it has a cap, and how many of its videos run."""
    if view.task.status is not Status.QUEUED:
        return None, 0
    tenant = await account.store.tenants.get(view.task.tenant)
    return (tenant, await account.store.tenants.live(tenant.name)) if tenant.max_live else (None, 0)


def _document(known: Known) -> dict[str, object]:
    task = known.task
    return {
        "task_id": task.id, "status": task.status, "phase": task.phase, "position": known.view.position,
        "account": known.view.account, "ahead": list(known.ahead), "explanation": explained(known),
        "findings": _shown(known.findings), "eta": known.eta.model_dump() if known.eta else None,
    }  # fmt: skip


def _shown(found: Sequence[Finding]) -> list[dict[str, object]]:
    return [asdict(each) | {"docs": each.docs} for each in found]
