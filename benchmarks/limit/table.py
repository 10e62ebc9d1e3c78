"""The table: a scenario a line, a law a column; for a terminal and for the README."""

from __future__ import annotations

from rich.table import Table

from benchmarks.limit.figures import Comparison

BEGIN = "<!-- the table: python -m benchmarks.limit -->"
END = "<!-- the end of the table -->"
RISES = {
    "to a known level (step, outage)": ("step", "outage"),
    "to a new level (step_hi)": ("step_hi",),
    "where it refuses late (async)": ("async",),
}
FIRST_HOUR = ("q5", "q1")
"""Scenarios whose limit is far from the default: what it costs to find it."""


def for_terminal(comparison: Comparison) -> Table:
    """Return the table in colours."""
    title = "goodput, % of the oracle's / refusals per 100 completed"
    table = Table("scenario", *comparison.laws, title=title)
    for name in comparison.scenarios:
        table.add_row(name, *(comparison.cell(law, name) for law in comparison.laws))
    table.add_section()
    for name, cells in _sums(comparison):
        table.add_row(name, *cells, style="bold")
    return table


def for_readme(comparison: Comparison) -> str:
    """Return the table as Markdown."""
    rows = [(name, [comparison.cell(law, name) for law in comparison.laws]) for name in comparison.scenarios]
    sums = [(f"**{name}**", [f"**{cell}**" for cell in cells]) for name, cells in _sums(comparison)]
    lines = [("scenario", comparison.laws), ("---", ["---:"] * len(comparison.laws)), *rows, *sums]
    return "\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in lines)


def put_into(text: str, table: str) -> str:
    """Return the README's text with the table in its place."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _sums(comparison: Comparison) -> list[tuple[str, list[str]]]:
    laws = comparison.laws
    return [
        ("mean, where the vendor refuses", [comparison.mean(law) for law in laws]),
        ("worst of these", [comparison.worst(law) for law in laws]),
        *(
            (f"rise {what}, s", [comparison.rises(law, names) for law in laws])
            for what, names in RISES.items()
            if set(names) & set(comparison.scenarios)
        ),
        *(
            (f"refused in the first hour of {name}", [comparison.first_hour(law, name) for law in laws])
            for name in FIRST_HOUR
            if name in comparison.scenarios
        ),
    ]
