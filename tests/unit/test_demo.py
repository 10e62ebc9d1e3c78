"""One demo a folder, whatever became of the one before."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aigcq import demo, supervisor
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.errors import ConfigurationError


def test_a_second_demo_in_a_folder_is_refused_with_the_first_one_s_address(tmp_path: Path) -> None:
    with supervisor._only_one(tmp_path):
        (tmp_path / demo.NOTE).write_text(json.dumps({"url": "http://127.0.0.1:8000"}))

        assert demo.running_url(tmp_path) == "http://127.0.0.1:8000"
        with pytest.raises(demo.CannotStart, match="already: http://127.0.0.1:8000"), supervisor._only_one(tmp_path):
            pass

    assert demo.running_url(tmp_path) == ""


def test_accounts_of_the_real_vendor_are_kept_out_of_it(tmp_path: Path) -> None:
    plan = supervisor.Plan(host="127.0.0.1", port=1, workers=1, speed=1, concurrency=1, real=False)

    with pytest.raises(ConfigurationError, match="where AIGCQ_ACCOUNTS is not set"):
        supervisor.run(plan, Settings(accounts="accounts.yaml", data_dir=tmp_path))


def test_a_note_that_a_killed_demo_left_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / demo.NOTE).write_text(json.dumps({"url": "http://127.0.0.1:8000"}))

    assert demo.running_url(tmp_path) == ""
    with supervisor._only_one(tmp_path):
        pass


def test_a_demo_that_is_just_starting_keeps_others_out(tmp_path: Path) -> None:
    with (
        supervisor._only_one(tmp_path),
        pytest.raises(demo.CannotStart, match="it starts"),
        supervisor._only_one(tmp_path),
    ):
        pass


@pytest.mark.asyncio
async def test_no_part_can_colour_the_terminal_or_write_as_another(capsys: pytest.CaptureFixture[str]) -> None:
    part: Any = SimpleNamespace(stdout=asyncio.StreamReader())
    part.stdout.feed_data("一 \x1b[31mred\r   api │ forged\x9b1m\n".encode())
    part.stdout.feed_eof()
    nothing: Any = None

    await supervisor._Demo(nothing, Settings(), nothing, SystemClock())._echo("simulator", part, "cyan")

    (line,) = capsys.readouterr().out.split("\n")[:-1]
    assert line.isprintable()
    assert line == r" simulator │ 一 \x1b[31mred\r   api │ forged\x9b1m"
