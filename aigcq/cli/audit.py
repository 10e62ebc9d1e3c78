"""What an operator looks up, straight on Redis: `aigcq audit`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from pydantic import TypeAdapter, ValidationError
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aigcq.api.audit import entry_of
from aigcq.audit import Deed
from aigcq.cli.operate import on_all
from aigcq.errors import ConfigurationError
from aigcq.schemas.audit import AuditEntry
from aigcq.schemas.moment import SPELT, Moment
from aigcq.store import Store

COLUMNS: Final = tuple(AuditEntry.model_fields)
SHOWN: Final = ("at", "who", "name", "tenant", "address", "did", "on", "detail", "result")
PAGE: Final = 500
BLOCK_SECONDS: Final = 5.0
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes what is in a cell for something to carry out."""

Row = Mapping[str, Any]


def install(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command("audit")(audit)


def audit(
    since: Annotated[
        str, typer.Option(help="All from then on: ISO 8601 with a time zone, or seconds since 1970.")
    ] = "",
    limit: Annotated[int, typer.Option(help="Without --since: the last so many.", min=1)] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is done from now on.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a line, for machines.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values, for a spreadsheet.")] = False,
) -> None:
    """Show who did what to the queue: keys, tenants, pauses, requeues, …; the oldest first."""
    if as_json and as_csv:
        raise typer.BadParameter("Say --json or --csv, not both.")
    since_ms = _moment_ms(since) if since else 0
    show = _as_json if as_json else _as_csv() if as_csv else _as_lines if follow else _as_table

    async def read(store: Store) -> None:
        async for deeds in _found(store, since_ms, None if since else limit, follow=follow):
            show([entry_of(deed).model_dump(mode="json") for deed in deeds])

    try:
        on_all(read)
    except KeyboardInterrupt:
        raise typer.Exit from None


async def _found(store: Store, since_ms: int, limit: int | None, *, follow: bool) -> AsyncIterator[Sequence[Deed]]:
    """Yield the deeds that are asked for, the oldest first; then, if they are followed, those that come."""
    newest_first: list[Deed] = []
    while limit is None or len(newest_first) < limit:
        wanted = PAGE if limit is None else min(PAGE, limit - len(newest_first))
        before = newest_first[-1].id if newest_first else ""
        page = await store.audit.last(wanted, before=before, since_ms=since_ms)
        newest_first += page
        if len(page) < wanted:
            break
    yield newest_first[::-1]
    last = newest_first[0].id if newest_first else "0-0"
    while follow:
        if deeds := await store.audit.after(last, BLOCK_SECONDS):
            last = deeds[-1].id
            yield deeds


def _moment_ms(text: str) -> int:
    try:
        moment: datetime = TypeAdapter(Moment).validate_python(text)
    except ValidationError:
        raise ConfigurationError(f"--since {SPELT}.") from None
    return round(moment.timestamp() * 1000)


def _as_json(rows: Sequence[Row]) -> None:
    for row in rows:
        typer.echo(json.dumps(row, ensure_ascii=False))


def _as_csv() -> Callable[[Sequence[Row]], None]:
    out = csv.DictWriter(sys.stdout, COLUMNS)
    out.writeheader()

    def show(rows: Sequence[Row]) -> None:
        out.writerows({name: _cell(str(value)) for name, value in row.items()} for row in rows)
        sys.stdout.flush()

    return show


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _as_table(rows: Sequence[Row]) -> None:
    if not rows:
        typer.echo("Nothing was written down.")
        return
    table = Table(*SHOWN, box=box.SIMPLE)
    for row in rows:
        table.add_row(*[Text(_plain(str(row[name]))) for name in SHOWN])
    Console().print(table)


def _as_lines(rows: Sequence[Row]) -> None:
    for row in rows:
        typer.echo("  ".join(_plain(str(row[name])) for name in SHOWN if row[name]))


def _plain(text: str) -> str:
    """Return what a terminal shows and does not obey."""
    return "".join(char if char.isprintable() else " " for char in text)
