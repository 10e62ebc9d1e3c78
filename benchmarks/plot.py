"""Pictures of a result, as SVG: bars for contestants, lines for what grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 760
BAR: Final = 22
CHARACTER: Final = 7
"""Pixels that a letter of a name may take."""
PANEL: Final = 220
COLOURS: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#7f7f7f")


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar for each name; `target` is a line across them."""

    unit: str
    values: Mapping[str, float]
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """One line for each name over the same `xs`; an axis is logarithmic where it spans orders of magnitude."""

    x_unit: str
    y_unit: str
    xs: Sequence[float]
    lines: Mapping[str, Sequence[float]]


def svg(title: str, picture: Bars | Lines) -> str:
    """Return the picture."""
    body, height = _bars(picture) if isinstance(picture, Bars) else _lines(picture)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif">'
    name = f'<text x="10" y="20" font-size="14">{escape(title)}</text>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', name, *body, "</svg>\n"])


def _bars(bars: Bars) -> tuple[list[str], int]:
    most = max([*bars.values.values(), bars.target or 0.0, 1e-9])
    left = 16 + CHARACTER * max(map(len, bars.values), default=0)
    scale = (WIDTH - left - 90) / most
    body = []
    for row, (name, value) in enumerate(bars.values.items()):
        y = 34 + row * (BAR + 4)
        colour = COLOURS[0] if name.startswith("ours") else "#b0b0b0"
        body += [
            f'<text x="{left - 6}" y="{y + 15}" font-size="12" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{left}" y="{y}" width="{max(value, 0) * scale:.1f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{left + max(value, 0) * scale + 5:.1f}" y="{y + 15}" font-size="12">{_figure(value)}</text>',
        ]
    bottom = 34 + len(bars.values) * (BAR + 4)
    if bars.target is not None:
        x = left + bars.target * scale
        body.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="30" y2="{bottom}" stroke="#d62728" stroke-dasharray="4"/>')
    body.append(f'<text x="{left}" y="{bottom + 14}" font-size="11" fill="#555">{escape(bars.unit)}</text>')
    return body, bottom + 24


def _lines(lines: Lines) -> tuple[list[str], int]:
    top, right = 48, WIDTH - 30
    foot = top + PANEL + 30
    most = max([value for line in lines.lines.values() for value in line], default=1.0) or 1.0
    at = _positions(lines.xs, 70, right)
    body = [
        f'<rect x="70" y="{top}" width="{right - 70}" height="{PANEL}" fill="none" stroke="#ccc"/>',
        f'<text x="64" y="{top + 10}" font-size="11" text-anchor="end">{_figure(most)}</text>',
        f'<text x="64" y="{top + PANEL}" font-size="11" text-anchor="end">0</text>',
        f'<text x="70" y="{top - 6}" font-size="11" fill="#555">{escape(lines.y_unit)}</text>',
        f'<text x="{right}" y="{foot}" font-size="11" text-anchor="end">{escape(lines.x_unit)}</text>',
    ]
    for x, label in zip(at, lines.xs, strict=True):
        body.append(
            f'<text x="{x:.1f}" y="{top + PANEL + 14}" font-size="10" text-anchor="middle">{_figure(label)}</text>'
        )
    for number, (name, values) in enumerate(lines.lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{x:.1f},{top + PANEL * (1 - value / most):.1f}" for x, value in zip(at, values, strict=True)
        )
        body += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{80 + 130 * number}" y="{foot}" font-size="12" fill="{colour}">{escape(name)}</text>',
        ]
    return body, top + PANEL + 40


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _positions(xs: Sequence[float], left: float, right: float) -> list[float]:
    """Return where each x is drawn; logarithmic if they span two orders of magnitude or more."""
    wide = min(xs, default=0) > 0 and max(xs) / min(xs) >= 100
    values = [math.log(x) if wide else x for x in xs]
    low, span = min(values, default=0.0), (max(values, default=1.0) - min(values, default=0.0)) or 1.0
    return [left + (value - low) / span * (right - left) for value in values]
