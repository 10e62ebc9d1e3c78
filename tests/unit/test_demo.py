"""One demo a folder, whatever became of the one before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aigcq import demo


def test_a_second_demo_in_a_folder_is_refused_with_the_first_one_s_address(tmp_path: Path) -> None:
    with demo._only_one(tmp_path):
        (tmp_path / demo.NOTE).write_text(json.dumps({"url": "http://127.0.0.1:8000"}))

        assert demo.running_url(tmp_path) == "http://127.0.0.1:8000"
        with pytest.raises(demo.CannotStart, match="already: http://127.0.0.1:8000"), demo._only_one(tmp_path):
            pass

    assert demo.running_url(tmp_path) == ""


def test_a_note_that_a_killed_demo_left_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / demo.NOTE).write_text(json.dumps({"url": "http://127.0.0.1:8000"}))

    assert demo.running_url(tmp_path) == ""
    with demo._only_one(tmp_path):
        pass


def test_a_demo_that_is_just_starting_keeps_others_out(tmp_path: Path) -> None:
    with demo._only_one(tmp_path), pytest.raises(demo.CannotStart, match="it starts"), demo._only_one(tmp_path):
        pass
