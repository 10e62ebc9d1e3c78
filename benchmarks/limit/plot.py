"""The picture of a scenario: for each law the quota, the threshold, and every refusal where it was heard of."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from benchmarks.limit.books import Books
from benchmarks.limit.scenario import Scenario

WIDTH: Final = 1200
PANEL: Final = 150
LEFT: Final = 50
GAP: Final = 46
TICK: Final = 8
"""A refusal is a line of this height, under the panel."""
QUOTA: Final = "#bbbbbb"
THRESHOLD: Final = "#1f77b4"
REFUSED: Final = "#d62728"


def svg(scenario: Scenario, runs: Mapping[str, Books]) -> str:
    """Return the picture as SVG, a panel for each law."""
    height = GAP + len(runs) * (PANEL + GAP)
    panels = [
        line
        for number, (law, books) in enumerate(runs.items())
        for line in _panel(scenario, GAP + number * (PANEL + GAP), law, books)
    ]
    title = escape(f"{scenario.name}: {scenario.about}")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif">',
            '<rect width="100%" height="100%" fill="white"/>',
            f'<text x="{LEFT}" y="20" font-size="14">{title}</text>',
            *(_legend(number, *each) for number, each in enumerate(_COLOURS.items())),
            *panels,
            "</svg>\n",
        ]
    )


_COLOURS: Final = {"quota": QUOTA, "threshold": THRESHOLD, "refusal": REFUSED}


def _legend(number: int, name: str, colour: str) -> str:
    return f'<text x="{WIDTH - LEFT - 250 + 90 * number}" y="20" font-size="12" fill="{colour}">| {name}</text>'


def _panel(scenario: Scenario, top: int, law: str, books: Books) -> list[str]:
    quota = [(look.at, look.quota) for look in books.looks]
    threshold = [(look.at, look.threshold) for look in books.looks if look.threshold is not None]
    most = max(level for _, level in [*quota, *threshold]) or 1
    bottom = top + PANEL

    def x(at: float) -> float:
        return LEFT + at / scenario.horizon * (WIDTH - 2 * LEFT)

    def y(level: float) -> float:
        return bottom - PANEL * level / most

    def steps(levels: list[tuple[float, int]]) -> str:
        """Return a path; a level holds until the next one."""
        path = [f"M{x(levels[0][0]):.1f} {y(levels[0][1]):.1f}"]
        for (_, before), (at, level) in zip(levels, levels[1:], strict=False):
            if level != before:
                path.append(f"H{x(at):.1f}V{y(level):.1f}")
        return "".join([*path, f"H{x(scenario.horizon):.1f}"])

    area = f"{steps(quota)}V{bottom}H{x(quota[0][0]):.1f}Z"
    refusals = "".join(f"M{x(at):.1f} {bottom + 2}v{TICK}" for at in books.refusals)
    curve = f'<path d="{steps(threshold)}" fill="none" stroke="{THRESHOLD}"/>' if threshold else ""
    return [
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH - 2 * LEFT}" height="{PANEL}" fill="none" stroke="#ccc"/>',
        f'<path d="{area}" fill="{QUOTA}" fill-opacity="0.4" stroke="none"/>',
        curve,
        f'<path d="{refusals}" stroke="{REFUSED}" stroke-opacity="0.7" fill="none"/>',
        f'<text x="{LEFT}" y="{top - 6}" font-size="12">{law}: {books.done} done, {len(books.refusals)} refused</text>',
        f'<text x="{LEFT - 6}" y="{top + 10}" font-size="11" text-anchor="end">{most}</text>',
        f'<text x="{WIDTH - LEFT}" y="{bottom + 24}" font-size="11" text-anchor="end">'
        f"{scenario.horizon / 60:.0f} min</text>",
    ]
