"""What an operator does with tenants, straight on Redis: `aigcq tenants …`."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from aigcq.api.tenants import info_of
from aigcq.cli.keys import AsJson, check_tenant
from aigcq.cli.operate import on_all
from aigcq.errors import TenantNotFound
from aigcq.schemas.access import MILLIONTHS
from aigcq.store import Store
from aigcq.tenant import Tenant, inward

commands = typer.Typer(no_args_is_help=True, help="Who shares the account, and what each may take of it.")

Name = Annotated[str, typer.Argument(help="The tenant; `default` is the one that nobody named.", metavar="NAME")]


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.add_typer(commands, name="tenants")


@commands.command("list")
def list_tenants(as_json: AsJson = False) -> None:
    """List the tenants that have settings of their own; any other has the defaults."""
    tenants = on_all(lambda store: store.tenants.all())
    if as_json:
        typer.echo(json.dumps([_document(each) for each in tenants], indent=2))
    elif not tenants:
        typer.echo("No tenant has settings of its own.")
    else:
        rows = [_document(each) for each in tenants]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in rows[0]:
            table.add_column(column.replace("_", " "), overflow="fold")
        for row in rows:
            table.add_row(*(str(value) if value or column == "name" else "" for column, value in row.items()))
        Console().print(table)


@commands.command("set")
def set_tenant(
    name: Name,
    weight: Annotated[float | None, typer.Option(help="Its share beside others that want the account.")] = None,
    max_live: Annotated[int | None, typer.Option(help="Videos that may be made at once; 0: no limit.", min=0)] = None,
    backlog_limit: Annotated[int | None, typer.Option(help="Unfinished tasks; 0: no limit.", min=0)] = None,
    requests_per_minute: Annotated[int | None, typer.Option(help="Of each of its keys; 0: no limit.", min=0)] = None,
    budget_day: Annotated[str | None, typer.Option(help="What a day may cost, e.g. 12.50; 0: no limit.")] = None,
    budget_month: Annotated[str | None, typer.Option(help="What a month may cost; 0: no limit.")] = None,
) -> None:
    """Say what a tenant may take; what is not named stays as it is."""
    check_tenant(name)
    if weight is not None and not 0 < weight <= 1000:
        raise typer.BadParameter("takes a number above 0, at most 1000", param_hint="--weight")
    given = {
        "weight": weight,
        "max_live": max_live,
        "backlog_limit": backlog_limit,
        "requests_per_minute": requests_per_minute,
        "budget_day": _millionths(budget_day, "--budget-day"),
        "budget_month": _millionths(budget_month, "--budget-month"),
    }
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not None}

    async def put(store: Store) -> Tenant:
        tenant = replace(await store.tenants.get(inward(name)), **changes)
        await store.tenants.put(tenant)
        return tenant

    typer.echo(json.dumps(_document(on_all(put)), indent=2))


@commands.command("remove")
def remove(name: Name) -> None:
    """Let a tenant have the defaults again; its keys and tasks stay."""
    check_tenant(name)
    if not on_all(lambda store: store.tenants.remove(inward(name))):
        raise TenantNotFound(name)
    typer.echo("It has the defaults again.")


def _millionths(amount: str | None, option: str) -> int | None:
    if amount is None:
        return None
    try:
        found = Decimal(amount) * MILLIONTHS
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or found < 0 or found != found.to_integral_value():
        raise typer.BadParameter("takes an amount like 12.50, with at most six decimals", param_hint=option)
    return int(found)


def _document(tenant: Tenant) -> dict[str, Any]:
    return info_of(tenant).model_dump()
