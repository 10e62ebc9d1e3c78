"""A worker signs with what the files of its secrets say at the moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigcq.cli.account import renewing
from aigcq.vendors.vod_api import Account

FIRST = Account(secret_id="id-1", secret_key="key-1", token="t")


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name, value in {"id": "id-1", "key": "key-1"}.items():
        (tmp_path / name).write_text(value + "\n")
        monkeypatch.setenv(f"TENCENTCLOUD_SECRET_{name.upper()}_FILE", str(tmp_path / name))
    return tmp_path


def test_what_is_written_into_the_files_counts_from_the_next_call_on(files: Path) -> None:
    current = renewing(FIRST)
    assert current() == FIRST

    (files / "id").write_text("id-2\n")
    (files / "key").write_text("key-2\n")

    assert current() == Account(secret_id="id-2", secret_key="key-2", token="t")


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff", b"two words"])
def test_a_file_that_is_about_to_be_replaced_changes_nothing(files: Path, content: bytes | None) -> None:
    current = renewing(FIRST)
    if content is None:
        (files / "key").unlink()
    else:
        (files / "key").write_bytes(content)

    assert current() == FIRST


def test_what_stands_in_no_file_is_read_once() -> None:
    assert renewing(FIRST)() is FIRST
