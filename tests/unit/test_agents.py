"""`aigcq mcp` over HTTP says what it means to listen for others."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from aigcq.cli import app
from aigcq.mcp import http as over_http
from aigcq.mcp import server as offered


class Server:
    def run(self, *_: Any, **__: Any) -> None:
        """Serve nobody."""


async def _serve(*_: Any) -> None:
    """Serve nobody."""


@pytest.mark.parametrize(
    ("words", "warned"),
    [
        (["--http", "--host", "0.0.0.0"], True),
        (["--http", "--host", "::"], True),
        (["--http", "--host", "agents.example.com"], True),
        (["--http"], False),
        (["--http", "--host", "localhost"], False),
        (["--http", "--host", "::1"], False),
        ([], False),
    ],
)
def test_who_listens_for_others_is_told_that_they_can_spend_money(
    words: list[str], warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offered, "server", lambda client: Server())
    monkeypatch.setattr(over_http, "serve", _serve)

    ran = CliRunner().invoke(app, ["mcp", *words])

    assert ran.exit_code == 0, ran.output
    assert ("anybody who reaches port 8765 can make videos, which costs money" in ran.stderr) is warned
    assert ran.stdout == ""
