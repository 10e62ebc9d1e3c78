"""A picture of one run: live permits under the threshold, the backlog below, and every fault where it struck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aigcq.model import Event
from chaos.watch import Seen

WIDTH: Final = 1200
PANEL: Final = 170
LEFT: Final = 50
GAP: Final = 40
COLOURS: Final = {"kill": "#d62728", "redis": "#9467bd", "link": "#ff7f0e", "vendor": "#2ca02c", "": "#7f7f7f"}
ENTERS: Final = frozenset({Event.CREATE, Event.REQUEUE})
LEAVES: Final = frozenset({Event.SUCCEED, Event.FAIL, Event.CANCEL, Event.ABORT})

Curve = Sequence[tuple[int, float]]
"""(ms, value); the value holds until the next one."""


def svg(seen: Sequence[Seen], struck: Sequence[Mapping[str, Any]], title: str) -> str:
    """Return the picture as SVG."""
    first, last = seen[0].ms, max(seen[-1].ms, seen[0].ms + 1)
    claims = [event for event in seen if event.name == Event.CLAIM]
    panels = [
        ("live, under the threshold", _curve(claims, "live"), _curve(claims, "threshold")),
        ("open tasks", _open(seen), []),
    ]
    marks = [_mark(first, last, each) for each in struck]
    body = [
        line
        for number, panel in enumerate(panels)
        for line in _panel(first, last, GAP + number * (PANEL + GAP), *panel)
    ]
    height = GAP + len(panels) * (PANEL + GAP)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif">'
    background = '<rect width="100%" height="100%" fill="white"/>'
    legend = [_legend(number, name or "other", colour) for number, (name, colour) in enumerate(COLOURS.items())]
    name = f'<text x="{LEFT}" y="20" font-size="14">{title}</text>'
    return "\n".join([head, background, name, *legend, *marks, *body, "</svg>"])


def _legend(number: int, name: str, colour: str) -> str:
    return f'<text x="{LEFT + 620 + 90 * number}" y="20" font-size="12" fill="{colour}">| {name}</text>'


def _curve(events: Iterable[Seen], name: str) -> Curve:
    return [(event.ms, float(event.fields[name])) for event in events]


def _open(seen: Sequence[Seen]) -> Curve:
    count, curve = 0, []
    for event in seen:
        count += (event.name in ENTERS) - (event.name in LEAVES)
        curve.append((event.ms, float(count)))
    return curve


def _x(first: int, last: int, ms: float) -> float:
    return LEFT + (ms - first) / (last - first) * (WIDTH - 2 * LEFT)


def _mark(first: int, last: int, struck: Mapping[str, Any]) -> str:
    x = _x(first, last, min(max(struck["ms"], first), last))
    colour = next(colour for word, colour in COLOURS.items() if word in struck["fault"])
    label = f"<title>{struck['fault']} {struck['victim']}</title>"
    line = f'x1="{x:.1f}" x2="{x:.1f}" y1="{GAP}" y2="{2 * PANEL + 2 * GAP}"'
    return f'<line {line} stroke="{colour}" stroke-opacity="0.45">{label}</line>'


def _panel(first: int, last: int, top: int, name: str, curve: Curve, bound: Curve) -> list[str]:
    most = max([value for _, value in [*curve, *bound]], default=1.0) or 1.0

    def points(values: Curve) -> str:
        found, before = [], 0.0
        for ms, value in values:
            x = _x(first, last, ms)
            found += [f"{x:.1f},{top + PANEL * (1 - each / most):.1f}" for each in (before, value)]
            before = value
        return " ".join(found)

    frame = f'<rect x="{LEFT}" y="{top}" width="{WIDTH - 2 * LEFT}" height="{PANEL}" fill="none" stroke="#ccc"/>'
    minutes = (last - first) / 60_000
    texts = [
        f'<text x="{LEFT}" y="{top - 5}" font-size="12">{name}</text>',
        f'<text x="{LEFT - 6}" y="{top + 10}" font-size="11" text-anchor="end">{most:g}</text>',
        f'<text x="{WIDTH - LEFT}" y="{top + PANEL + 14}" font-size="11" text-anchor="end">{minutes:.1f} min</text>',
    ]
    lines = [(bound, "#d62728"), (curve, "#1f77b4")]
    drawn = [f'<polyline points="{points(each)}" fill="none" stroke="{colour}"/>' for each, colour in lines if each]
    return [frame, *texts, *drawn]
