"""A process loads what its command needs: it starts in half of the time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aigcq import cli

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("room", cli.ROOMS)
def test_every_file_has_the_commands_by_which_it_is_found(room: str) -> None:
    assert set(cli._load(room)) == set(cli.ROOMS[room])


def test_every_file_of_commands_is_found() -> None:
    files = {path.stem for path in Path(cli.__file__).parent.glob("*.py") if "def install(" in path.read_text()}

    assert files == set(cli.ROOMS)


@pytest.mark.parametrize(
    ("room", "others"),
    [
        ("simulate", {"fastapi", "redis", "aiohttp", "pydantic_settings"}),
        ("serve", {"fastapi", "uvicorn", "PIL", "httpx2"}),
        ("api", {"aigcq.worker", "aigcq.simulator", "aigcq.mcp", "PIL"}),
        ("client", {"fastapi", "uvicorn", "redis", "aiohttp", "structlog", "aigcq.simulator"}),
    ],
)
def test_a_process_does_not_load_what_others_need(room: str, others: set[str]) -> None:
    code = f"import sys, aigcq.cli.{room}\nprint(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    assert others & set(done.stdout.split()) == set()
