"""What answers clients: `aigcq api`."""

from __future__ import annotations

from typing import Final

import typer
import uvicorn

from aigcq.api.app import create_app
from aigcq.api.protocol import BoundedHead
from aigcq.cli.listen import LOCAL, Host, Port

STOP_SECONDS: Final = 10
"""A client that listens to events would keep the server from stopping for ever."""


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("api")(api)


def api(host: Host = LOCAL, port: Port = 8000) -> None:
    """Run the HTTP API."""
    uvicorn.run(
        create_app,
        factory=True,
        host=host,
        port=port,
        http=BoundedHead,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS,
    )
