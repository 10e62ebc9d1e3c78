"""A result: a table for people, JSON for machines, a picture for both."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.plot import Bars, Lines, svg

Row = Mapping[str, str | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A target and whether it was met."""

    what: str
    value: float
    target: float
    unit: str = ""
    at_least: bool = False
    """Whether the value should be the target or more; else the target or less."""

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target

    def sentence(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{self.what}: {shown(self.value)} {self.unit} (target {sign} {shown(self.target)})".replace("  ", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one bench found."""

    title: str
    load: str
    """What was asked of the system, and with what."""
    rows: Sequence[Row]
    picture: Bars | Lines
    verdicts: Sequence[Verdict] = ()
    notes: Sequence[str] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    """Every sample."""
    server: str = ""
    """Which Redis or Valkey."""


def show(report: Report) -> None:
    """Print the table, the targets and the notes."""
    console = Console(width=max(110, Console().width))
    table = Table(title=report.title, caption=report.load)
    for column in report.rows[0] if report.rows else ():
        table.add_column(column, justify="left" if isinstance(report.rows[0][column], str) else "right")
    for row in report.rows:
        table.add_row(*(value if isinstance(value, str) else shown(value) for value in row.values()))
    console.print(table)
    for verdict in report.verdicts:
        console.print(f"  {'met   ' if verdict.met else 'MISSED'} {verdict.sentence()}", highlight=False)
    for note in report.notes:
        console.print(f"  {note}", highlight=False)


def save(report: Report, name: str, folder: Path, command: str, machine: Mapping[str, Any]) -> None:
    """Write `name`.json and `name`.svg."""
    document = {
        "title": report.title,
        "command": command,
        "load": report.load,
        "machine": {**machine, "load_after": [round(each, 2) for each in os.getloadavg()]},
        "rows": list(report.rows),
        "targets": [
            {
                "what": each.what,
                "value": each.value,
                "target": each.target,
                "unit": each.unit,
                "at_least": each.at_least,
                "met": each.met,
            }
            for each in report.verdicts
        ],
        "notes": list(report.notes),
        "raw": report.raw,
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_rounded(document), ensure_ascii=False, indent=1)
    (folder / f"{name}.json").write_text(text + "\n", "utf-8")
    (folder / f"{name}.svg").write_text(svg(report.title, report.picture), "utf-8")


def shown(value: float) -> str:
    """Return a figure with three digits that mean something."""
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def _rounded(value: Any) -> Any:
    """Return JSON values with floats of five significant digits; what is not a number becomes null."""
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value
