"""What `aigcq top` draws fits a terminal of 80 columns, and leaves out nothing that somebody must act on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from aigcq.cli.panel import Picture, panel, spark
from aigcq.config import Settings
from aigcq.diagnosis import Seen, findings
from aigcq.limit import News
from aigcq.store.control import Change, Overview
from aigcq.store.workers import Holding, Staff, StaffMember

NOW = 1_800_000_000_000
OVERVIEW = Overview(
    now_ms=NOW, queued=1234, waiting=2, processing=8, live=8, threshold=12, maximum=12, paused="", paused_by="",
    workers={"w" * 60: NOW - 2000}, vendor={"flowing_ms": str(NOW)},
)  # fmt: skip
HELD = [Holding(task_id=str(n), phase="generating", vendor_task_id="V", since_ms=NOW) for n in range(8)]
STAFF = Staff(
    now_ms=NOW,
    members=[
        StaffMember(consumer="w" * 60, beat_ms=NOW - 2000, draining=True, holds=HELD),
        StaffMember(consumer="gone", beat_ms=0, draining=False, holds=[]),
    ],
    unread=0,
)
PICTURE = Picture(
    name="default", now_ms=NOW, settings=Settings(), overview=OVERVIEW, staff=STAFF, live=[1, 8], queued=[0, 1234],
    flow={"completed": 9, "refused": 2},
    changes=[Change(ms=NOW, cause=News.REFUSED, old=12, new=10, live=10)],
)  # fmt: skip


def drawn(picture: Picture, width: int = 80) -> list[str]:
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(panel(picture))
    return capture.get().splitlines()


def wrong(**changes: object) -> Picture:
    overview = replace(OVERVIEW, **changes)  # type: ignore[arg-type]  # any of its fields
    return replace(PICTURE, overview=overview, findings=findings(Seen(overview=overview), Settings()))


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for picture in (PICTURE, wrong(workers={}, paused="lunch " * 40, paused_by="operator")):
        assert max(map(len, drawn(picture, width))) <= width


def test_all_of_it_is_there() -> None:
    text = "\n".join(drawn(PICTURE))

    for part in ("aigcq default ok", "8 of 12", "queued 1,234", "completed 9", "refused 2", "2 s", "ends", "12 → 10"):
        assert part in text
    assert len(drawn(PICTURE)) <= 24


def test_what_is_wrong_is_told_with_what_to_do() -> None:
    text = " ".join(" ".join(drawn(wrong(workers={}))).split())

    assert "unavailable" in text
    assert "✖ no_worker No worker is alive" in text
    assert "→ Start one with `python worker.py`" in text


def test_without_redis_it_says_so() -> None:
    away = findings(Seen(away="Redis does not answer: ConnectionError"), Settings())

    lines = drawn(Picture(name="default", now_ms=NOW, settings=Settings(), findings=away))

    assert "✖ redis_unavailable" in "\n".join(lines)


def test_the_highest_of_a_trail_is_a_full_bar() -> None:
    assert spark([0, 4, 8]) == "▁▅█"
    assert spark([0, 0]) == "▁▁"
    assert len(spark(list(range(100)))) == 24
