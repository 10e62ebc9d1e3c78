"""What `aigcq top` shows, drawn for a terminal of 80 columns or more. Pure: what was seen in, lines out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from aigcq.cli.limit import MEANINGS
from aigcq.config import Settings
from aigcq.diagnosis import Finding, Severity, status_of
from aigcq.model import Phase
from aigcq.store.control import Change, Overview
from aigcq.store.workers import Staff, StaffMember

BARS: Final = "▁▂▃▄▅▆▇█"
BAR_WIDTH: Final = 24
TRAIL: Final = 40
"""So many moments are drawn."""
MOST_WORKERS: Final = 12
MOST_FINDINGS: Final = 6
STYLES: Final = {"ok": "bold green", "degraded": "bold yellow", "paused": "bold yellow", "unavailable": "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One moment of the service."""

    name: str
    """Which queue, or which accounts."""
    now_ms: int
    settings: Settings
    findings: Sequence[Finding] = ()
    overview: Overview | None = None
    """None: Redis is away."""
    staff: Staff | None = None
    changes: Sequence[Change] = ()
    flow: Mapping[str, int] = field(default_factory=Counter[str])
    """How often each thing happened within the last minute."""
    live: Sequence[int] = ()
    queued: Sequence[int] = ()
    """As they were at the last moments, the newest last."""


def panel(picture: Picture) -> RenderableType:
    """Return all of it, one part below the other."""
    parts: list[RenderableType] = [_head(picture)]
    if picture.overview:
        parts += [*_queue(picture.overview, picture), _flow(picture)]
    parts += _findings(picture.findings)
    if picture.staff:
        parts += _workers(picture.staff, picture.settings)
    if picture.changes:
        parts += _changes(picture.changes)
    return Group(*parts)


def _head(picture: Picture) -> RenderableType:
    status = status_of(picture.findings)
    when = datetime.fromtimestamp(picture.now_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    grid = Table.grid(expand=True)
    grid.add_column()
    grid.add_column(justify="right")
    name = Text.assemble(
        (f"aigcq {picture.name} ", "bold"), (status, STYLES[status]), no_wrap=True, overflow="ellipsis"
    )
    grid.add_row(name, when)
    return grid


def _queue(seen: Overview, picture: Picture) -> Iterator[RenderableType]:
    share = min(1.0, seen.live / seen.threshold) if seen.threshold else 0.0
    full = round(share * BAR_WIDTH)
    bound = "" if seen.threshold < seen.maximum else ", the most that is allowed"
    yield Text.assemble(
        "live    ", ("█" * full, "cyan"), ("░" * (BAR_WIDTH - full), "bright_black"),
        (f" {seen.live} of {seen.threshold}", "bold"), bound, overflow="ellipsis", no_wrap=True,
    )  # fmt: skip
    counts = f"queued {seen.queued:,}   waiting {seen.waiting:,}   processing {seen.processing:,}"
    yield Text(f"backlog {counts}   unanswered {seen.unanswered:,}", no_wrap=True, overflow="ellipsis")
    if len(picture.live) > 1:
        drawn = f"trail   live {spark(picture.live)}  queued {spark(picture.queued)}"
        yield Text(drawn, no_wrap=True, overflow="ellipsis")
    for name, each in seen.accounts.items():
        paused = f"   paused: {each.paused}" if each.paused else ""
        text = f"        {name}: {each.live} of {each.threshold} run, {each.queued:,} queued{paused}"
        yield Text(text, no_wrap=True, overflow="ellipsis")


def spark(values: Sequence[int], width: int = 24) -> str:
    """Return values as a row of bars, the last `width` of them; the highest is a full one."""
    shown = values[-width:]
    most = max(shown, default=0)
    return "".join(BARS[round(value / most * (len(BARS) - 1))] if most else BARS[0] for value in shown)


def _flow(picture: Picture) -> RenderableType:
    names = ("created", "started", "completed", "failed", "cancelled", "retried", "refused")
    told = "   ".join(f"{name} {picture.flow.get(name, 0):,}" for name in names)
    return Text(f"minute  {told}", overflow="fold")


def _findings(found: Sequence[Finding]) -> Iterator[RenderableType]:
    if not found:
        return
    yield _title(f"{len(found)} wrong" if len(found) > 1 else "wrong")
    for each in found[:MOST_FINDINGS]:
        mark, style = ("✖", "bold red") if each.severity is Severity.ERROR else ("▲", "yellow")
        yield Text.assemble((f"{mark} {each.code} ", style), each.detail)
        yield Text(f"  → {each.action}", style="bright_black")
    if len(found) > MOST_FINDINGS:
        yield Text(f"  … {len(found) - MOST_FINDINGS} more: aigcq doctor", style="bright_black")


def _workers(staff: Staff, settings: Settings) -> Iterator[RenderableType]:
    yield _title("workers")
    if not staff.members:
        yield Text("none", style="bright_black")
        return
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("worker", ratio=1, no_wrap=True, overflow="ellipsis")
    for name in ("beat", "holds", "submitting", "generating", "saving"):
        table.add_column(name, justify="right", no_wrap=True)
    for member in staff.members[:MOST_WORKERS]:
        table.add_row(*_row(member, staff.now_ms, settings))
    yield table
    if len(staff.members) > MOST_WORKERS:
        yield Text(f"… {len(staff.members) - MOST_WORKERS} more", style="bright_black")


def _row(member: StaffMember, now_ms: int, settings: Settings) -> Iterator[Text]:
    ago = (now_ms - member.beat_ms) / 1000 if member.beat_ms else None
    silent = ago is None or ago > settings.lease_seconds
    phases = Counter(each.phase for each in member.holds)
    name = f"{member.account} {member.consumer}".strip()
    yield Text(name, style="red" if silent else "")
    beat = "?" if ago is None else f"{max(0, ago):.0f} s"
    yield Text.assemble(("ends ", "yellow") if member.draining else "", (beat, "red" if silent else ""))
    yield Text(f"{len(member.holds):,}")
    for phase in (Phase.SUBMITTING, Phase.GENERATING, Phase.SAVING):
        yield Text(f"{phases[phase]:,}")


def _changes(changes: Sequence[Change]) -> Iterator[RenderableType]:
    yield _title("limit")
    table = Table.grid(padding=(0, 1, 0, 0))
    for change in changes:
        when = datetime.fromtimestamp(change.ms / 1000, UTC).strftime("%H:%M:%S")
        moved = f"{'' if change.old is None else change.old} → {change.new}".strip()
        scope = change.scope.removeprefix("model:")
        table.add_row(when, scope, moved, Text(MEANINGS.get(change.cause, change.cause), overflow="ellipsis"))
    yield table


def _title(text: str) -> RenderableType:
    return Rule(Text(text, style="bold"), align="left", style="bright_black", characters="─")
