"""What a run found: figures, rules, and the history that brings it back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.table import Table

from chaos.verdict import Check

SHOWN = 5
"""So many cases of a broken rule are shown."""


@dataclass
class Outcome:
    """What one run found."""

    checks: list[Check]
    figures: dict[str, Any]
    plan: list[dict[str, Any]] = field(default_factory=list)
    struck: list[dict[str, Any]] = field(default_factory=list)
    picture: str = ""
    """SVG."""

    @property
    def passed(self) -> bool:
        return not any(check.broken for check in self.checks)

    def save(self, folder: Path, run: Mapping[str, Any]) -> None:
        """Write the picture and the history: how the run was called, its plan, what really struck, what it found."""
        document = {
            **run,
            "passed": self.passed,
            "figures": self.figures,
            "checks": {check.rule: list(check.broken) for check in self.checks},
            "plan": self.plan,
            "struck": self.struck,
        }
        (folder / "history.json").write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
        (folder / "run.svg").write_text(self.picture, encoding="utf-8")


def figures_table(figures: Mapping[str, Any]) -> Table:
    table = Table("figure", "value", title="what happened")
    for name, value in figures.items():
        table.add_row(name, _readable(value))
    return table


def rules_table(checks: Sequence[Check]) -> Table:
    table = Table("rule", "held", "broken by", title="the books")
    for check in checks:
        more = [f"… and {len(check.broken) - SHOWN} more"] if len(check.broken) > SHOWN else []
        held = "[red]no[/]" if check.broken else "[green]yes[/]"
        table.add_row(check.rule, held, "\n".join([*check.broken[:SHOWN], *more]))
    return table


def spread_of(seconds: Sequence[float]) -> dict[str, float | int]:
    """Return how many there are, their mean, median, 99th percentile and worst."""
    if not seconds:
        return {"n": 0}
    ordered = sorted(seconds)
    at = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in QUANTILES.items()}
    return {"n": len(ordered), "mean": round(fmean(ordered), 2)} | {name: round(at[name], 2) for name in at}


QUANTILES = {"p50": 0.5, "p99": 0.99, "max": 1.0}


def _readable(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return str(value)
