"""How many videos may run at once, and how that came about: `aigcq limit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from aigcq.cli.operate import ForAccount, on_store
from aigcq.limit import News
from aigcq.limit.law import Bounds
from aigcq.store import Store
from aigcq.store.control import Change, Overview
from aigcq.store.limits import OPERATOR

MEANINGS: Final = {
    "started": "nothing was known yet",
    OPERATOR: "an operator has set other bounds",
    "bounded": "MAX_THRESHOLD is lower, or an operator's bounds have ended",
    "recovered": "the vendor was quiet for long enough",
    News.ACCEPTED: "a probe was accepted: the vendor takes more",
    News.REFUSED: "the vendor refused what it took before",
    News.RATE_LIMITED: "too many submissions came in one second",
    News.FAILED: "the vendor accepted a task and failed it: too many at once",
    News.WAITING: "the vendor lets tasks wait instead of running them",
    News.ENDED: "a task had ended before the vendor's limit was measured",
}


def install(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command("limit")(limit)


def limit(
    count: Annotated[int, typer.Option(help="At most so many changes.", min=1, max=10_000)] = 20,
    minimum: Annotated[int | None, typer.Option(help="Never let it fall below this.", min=1, max=100_000)] = None,
    maximum: Annotated[int | None, typer.Option(help="Never let it rise above this.", min=1, max=100_000)] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Let the settings decide about both again.")] = False,
    account: ForAccount = "",
) -> None:
    """Tell how many videos may run at once, and show the last changes of that with their causes.

    --minimum and --maximum hold at once and for every worker, over MIN_THRESHOLD and MAX_THRESHOLD, until --reset.
    """
    if reset and (minimum or maximum):
        raise typer.BadParameter("--reset goes without --minimum and --maximum.")

    async def both(store: Store) -> tuple[Overview, Sequence[Change]]:
        if reset or minimum or maximum:
            told = Bounds() if reset else await store.limits.bounds()
            await store.limits.bound(Bounds(minimum or told.minimum, maximum or told.maximum))
        return await store.control.overview(), await store.control.changes(count)

    overview, changes = on_store(both, account)
    typer.echo(f"{overview.live} of {overview.threshold} run, {overview.queued} wait. {_bound(overview)}")
    if any(overview.bounds):
        least, most = (each or "as set" for each in overview.bounds)
        typer.echo(f"By an operator: at least {least}, at most {most}; `aigcq limit --reset` ends that.")
    for model, threshold in sorted(overview.model_limits.items()):
        typer.echo(f"Of {model} the vendor takes {threshold} at once, as far as was found; other models pass it.")
    if changes:
        Console().print(_table(changes))


def _bound(overview: Overview) -> str:
    if overview.threshold < overview.maximum:
        return "That is what the vendor takes at once, as far as was found."
    bound = f"{'the maximum' if overview.bounds.maximum else 'MAX_THRESHOLD'}={overview.maximum}"
    if overview.live < overview.threshold:
        return f"Nothing has shown that the vendor takes less than {bound}."
    return f"{bound[0].upper()}{bound[1:]} is what binds: the vendor might take more."


def _table(changes: Sequence[Change]) -> Table:
    table = Table("when (UTC)", "of", "from", "to", "live", "because", box=box.SIMPLE)
    for change in changes:
        when = datetime.fromtimestamp(change.ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        old = "" if change.old is None else str(change.old)
        scope = change.scope.removeprefix("model:")
        table.add_row(when, scope, old, str(change.new), str(change.live), MEANINGS.get(change.cause, change.cause))
    return table
