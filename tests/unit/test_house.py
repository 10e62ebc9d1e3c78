"""Rules of the house that no linter knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = [ROOT / name for name in ("aigcq", "benchmarks", "chaos", "tests")]
SOURCES = [path for place in PLACES for kind in ("*.py", "*.lua") for path in place.rglob(kind)]
MOST_LINES = 300


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_fits_in_three_hundred_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


def test_requirement_files_pin_exactly_and_name_no_index() -> None:
    pinned = re.compile(r"[a-z0-9._-]+(\[[a-z]+\])?==[^ ]+( ; .+)?", re.I)
    peers = sorted((ROOT / "benchmarks" / "peers").glob("*.txt"))
    texts = [path.read_text() for path in [ROOT / "requirements.txt", ROOT / "requirements-dev.txt", *peers]]
    lines = [line for text in texts for line in text.splitlines()]

    assert lines
    assert [line for line in lines if not pinned.fullmatch(line)] == []


def test_the_simulator_is_told_nothing_by_the_product() -> None:
    imports = re.compile(r"^(?:from|import) (aigcq\.[a-z_.]+)", re.M)
    sources = [path.read_text("utf-8") for path in (ROOT / "aigcq/simulator").glob("*.py")]
    found = {name for source in sources for name in imports.findall(source)}

    assert {name for name in found if not name.startswith("aigcq.simulator")} <= {"aigcq.clock"}
