"""`python -m chaos.table FOLDER…`: the histories of several runs in one table, a line each and their sum."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

POLLED = "kill -9 to the next poll, s"
COLUMNS = ("tasks", "faults", "kills", "API kills", "Redis ends", "cuts", "stalls", "toxic deaths", "lost", "twice")
PAID = "completed means made once, cancelled means at most once"


def main(folders: list[Path]) -> None:
    """Show what the runs in FOLDERS found."""
    table = Table("seed", *COLUMNS, "next poll mean / p50 / p99 / max s", "rules broken", title="the fault laboratory")
    sums: Counter[str] = Counter()
    for folder in folders:
        history = json.loads((folder / "history.json").read_text(encoding="utf-8"))
        row = _row(history)
        sums.update(row)
        broken = [rule for rule, cases in history["checks"].items() if cases]
        polled = history["figures"][POLLED]
        spread = " / ".join(str(polled.get(name, "-")) for name in ("mean", "p50", "p99", "max"))
        table.add_row(str(history["seed"]), *(str(row[name]) for name in COLUMNS), spread, "; ".join(broken) or "none")
    table.add_row("all", *(str(sums[name]) for name in COLUMNS), "", "", style="bold")
    Console(width=None if sys.stdout.isatty() else 180).print(table)


def _row(history: Mapping[str, Any]) -> dict[str, int]:
    figures = history["figures"]
    faults = Counter(figures["faults"])
    return {
        "tasks": figures["tasks"],
        "faults": faults.total(),
        "kills": faults["kill_worker"],
        "API kills": faults["kill_api"],
        "Redis ends": faults["kill_redis"] + faults["restart_redis"],
        "cuts": faults["break_link"],
        "stalls": faults["stall_worker"] + faults["stall_api"],
        "toxic deaths": int(figures["deaths by toxic tasks"].split()[0]),
        "lost": figures["lost"],
        "twice": len(history["checks"][PAID]),
    }


if __name__ == "__main__":
    typer.run(main)
