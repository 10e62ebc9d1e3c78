"""Log lines tell what happened, and never a secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from aigcq import telemetry
from aigcq.config import Settings


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def _stumble() -> None:
    secret_key = "hush-hush"
    raise ValueError(f"nothing of {len(secret_key)} letters")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_shows_no_variables(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(Settings(log_format=log_format), "worker")

    try:
        _stumble()
    except ValueError:
        telemetry.logger().exception("internal error", task="t-1")

    line = capsys.readouterr().err
    assert "_stumble" in line
    assert "nothing of 9 letters" in line
    assert "hush-hush" not in line


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_what_a_request_says_cannot_forge_a_line(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(Settings(log_format=log_format), "worker")

    telemetry.logger().info("poll failed", why="x\n12:00:00 settled task=t-2\x1b[31m")

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "\x1b[31m" not in lines[0]
