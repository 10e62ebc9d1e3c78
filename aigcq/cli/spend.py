"""What was spent: `aigcq spend`, straight on Redis."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from aigcq import demo
from aigcq.api.books import csv_by_model, spend_of
from aigcq.cli.operate import on_all
from aigcq.cli.serve import vendor_of
from aigcq.clock import SystemClock
from aigcq.errors import ConfigurationError
from aigcq.schemas import Spend
from aigcq.spending import day_before
from aigcq.store import Store
from aigcq.tenant import NAME, inward
from aigcq.worker.audit import Audit

MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


def install(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command("spend")(spend)


def spend(
    month: Annotated[str, typer.Option(help="Like 2026-11; by default the month that it is.")] = "",
    tenant: Annotated[str, typer.Option(help="Of one tenant; by default of all.")] = "",
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV: by day, tenant and model.")] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Compare yesterday with the vendor's own count first.")
    ] = False,
) -> None:
    """Tell what was spent in a month, and what the budgets have left."""
    if month and not MONTH.fullmatch(month):
        raise ConfigurationError("--month must be like 2026-11.")
    if tenant and not NAME.fullmatch(tenant):
        raise ConfigurationError("--tenant must be the name of a tenant: small letters, digits, - and _.")

    async def read(store: Store) -> Spend:
        if reconcile:
            await _reconcile(store)
        wanted = month.replace("-", "") or store.connection.today[:6]
        return await spend_of(store, wanted, inward(tenant) if tenant else None)

    found = on_all(read)
    if csv:
        typer.echo(csv_by_model(found), nl=False)
        return
    console = Console()
    console.print(_table(found))
    for line in _lines(found):
        typer.echo(line)


async def _reconcile(store: Store) -> None:
    settings, clock = demo.settings_here(), SystemClock()
    async with vendor_of(settings, clock) as vendor, asyncio.timeout(120):
        await Audit(store, vendor, settings, clock).compare(day_before(store.connection.today))


def _table(found: Spend) -> Table:
    title = f"{found.month}, {found.currency}, days of {found.timezone}"
    table = Table("day", "tenant", "model", "videos", "seconds", "settled", title=title, box=box.SIMPLE)
    for day in found.days:
        table.add_row(day.day, day.tenant, "", "", "", day.settled, style="bold")
        for model, it in sorted(day.models.items()):
            table.add_row("", "", model, str(it.videos), f"{it.seconds:g}", it.settled)
    total = found.total
    table.add_row("total", found.tenant or "", "", str(total.videos), f"{total.seconds:g}", total.settled, style="bold")
    return table


def _lines(found: Spend) -> list[str]:
    total = found.total
    committed = f"{total.committed} {found.currency} committed to open ones"
    said = [f"{total.tasks} tasks; {committed}, {total.released} released."]
    said += [
        f"Budget of the {each.scope} for the {each.period}: {each.remaining} of {each.limit} {each.currency} remain "
        f"until {each.renews_at:%Y-%m-%d %H:%M} UTC."
        for each in found.budgets
    ]
    for each in found.reconciled:
        if not each.available:
            said.append(f"{each.day}: the vendor does not tell its own count for this account.")
        elif each.differs:
            said.append(
                f"{each.day} differs: the vendor counts {each.vendor_videos} videos of {each.vendor_seconds:g} s, "
                f"our books have {each.videos} of {each.seconds:g} s."
            )
    return said
