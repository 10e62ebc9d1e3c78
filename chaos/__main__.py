"""`python -m chaos --seed 1 --minutes 2`: one run, one table, one verdict; exits 0 or 1."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chaos.laboratory import Laboratory, Outcome

TASKS_PER_SECOND = 3.0
SHOWN = 5


def main(
    seed: Annotated[int, typer.Option(help="Decides every fault and every task.")] = 1,
    minutes: Annotated[float, typer.Option(help="How long things are broken.", min=0.1, max=60)] = 2.0,
    tasks: Annotated[int, typer.Option(help="How many tasks; by default 3 a second.")] = 0,
    fsync: Annotated[str, typer.Option(help="Redis' appendfsync: always or everysec.")] = "always",
    folder: Annotated[Path | None, typer.Option(help="Where logs and history go; by default a new one.")] = None,
) -> None:
    """Break the system for a while and see whether the books balance."""
    place = folder or Path(tempfile.mkdtemp(prefix="aigcq-chaos-"))
    place.mkdir(parents=True, exist_ok=True)
    seconds = minutes * 60
    laboratory = Laboratory(seed, seconds, tasks or round(seconds * TASKS_PER_SECOND), fsync, place)
    console = Console()
    console.print(f"seed {seed}, {minutes:g} minutes, {laboratory.tasks} tasks, appendfsync {fsync}, logs in {place}")
    outcome = asyncio.run(laboratory.run())
    console.print(_figures(outcome))
    console.print(_rules(outcome))
    console.print(f"history: {laboratory.save(outcome)}")
    console.print("[bold green]PASSED[/]" if outcome.passed else "[bold red]FAILED[/]")
    sys.exit(0 if outcome.passed else 1)


def _figures(outcome: Outcome) -> Table:
    table = Table("figure", "value", title="what happened")
    for name, value in outcome.figures.items():
        table.add_row(name, str(value))
    return table


def _rules(outcome: Outcome) -> Table:
    table = Table("rule", "held", "broken by", title="the books")
    for check in outcome.checks:
        more = [f"… and {len(check.broken) - SHOWN} more"] if len(check.broken) > SHOWN else []
        table.add_row(check.rule, "no" if check.broken else "yes", "\n".join([*check.broken[:SHOWN], *more]))
    return table


if __name__ == "__main__":
    typer.run(main)
