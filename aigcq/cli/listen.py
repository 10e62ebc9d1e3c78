"""Where a server listens: options of several commands."""

from __future__ import annotations

from typing import Annotated, Final

import typer

LOCAL: Final = "127.0.0.1"

Port = Annotated[int, typer.Option(help="TCP port.", min=1, max=65535)]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
