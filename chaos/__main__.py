"""`python -m chaos --seed 1 --minutes 2`: one run, one table, one verdict; exits 0 or 1."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from chaos.laboratory import Laboratory
from chaos.plan import from_json, plan
from chaos.report import figures_table, rules_table

TASKS_PER_SECOND = 5.0


def main(
    seed: Annotated[int, typer.Option(help="Decides every fault and every task.")] = 1,
    minutes: Annotated[float, typer.Option(help="How long things are broken.", min=0.1, max=60)] = 2.0,
    tasks: Annotated[int, typer.Option(help="How many tasks; by default 5 a second.", min=0)] = 0,
    fsync: Annotated[str, typer.Option(help="Redis' appendfsync: always or everysec.")] = "always",
    folder: Annotated[Path | None, typer.Option(help="Where logs and history go; by default a new one.")] = None,
    replay: Annotated[Path | None, typer.Option(help="A history.json: strike again as it says.", exists=True)] = None,
) -> None:
    """Break the system for a while and see whether the books balance."""
    seconds = minutes * 60
    run: dict[str, Any] = {"seed": seed, "seconds": seconds, "tasks": tasks or round(seconds * TASKS_PER_SECOND)}
    run["fsync"] = fsync
    steps = plan(seed, seconds)
    if replay:
        history = json.loads(replay.read_text(encoding="utf-8"))
        run, steps = {name: history[name] for name in run}, from_json(history["plan"])
    place = (folder or Path(tempfile.mkdtemp(prefix="aigcq-chaos-"))).absolute()
    place.mkdir(parents=True, exist_ok=True)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(
        f"seed {run['seed']}, {run['seconds'] / 60:g} minutes, {run['tasks']} tasks, {len(steps)} faults, "
        f"appendfsync {run['fsync']}, logs in {place}"
    )
    outcome = asyncio.run(Laboratory(**run, folder=place, steps=steps, tell=console.print).run())
    console.print(figures_table(outcome.figures))
    console.print(rules_table(outcome.checks))
    outcome.save(place, run)
    console.print(f"picture: {place / 'run.svg'}\nagain:   python -m chaos --replay {place / 'history.json'}")
    console.print("[bold green]PASSED[/]" if outcome.passed else "[bold red]FAILED[/]")
    sys.exit(0 if outcome.passed else 1)


if __name__ == "__main__":
    typer.run(main)
