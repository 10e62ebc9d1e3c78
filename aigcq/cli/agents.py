"""What agents start: `aigcq mcp`."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from typing import Annotated

import anyio
import typer

from aigcq import config
from aigcq.cli.service import Url, address
from aigcq.client import AsyncClient

MISSING = 'aigcq: `aigcq mcp` needs the SDK of the protocol: pip install "mcp>=2.3,<3" (it is the extra aigcq[mcp]).'

OPEN = (
    "aigcq: warning: at {host}, anybody who reaches port {port} can make videos, which costs money, and see and cancel "
    "all there are, unless the service needs API keys: then everybody has to show one. It travels in the clear: put "
    "something before this that speaks TLS."
)


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("mcp")(mcp)


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve streamable HTTP at /mcp, not standard input.")] = False,
    host: Annotated[str, typer.Option(help="With --http: the address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="With --http.")] = 8765,
    url: Url = "",
) -> None:
    """Offer the queue's service to agents by the Model Context Protocol, over standard input and output."""
    try:
        from aigcq.mcp import http as over_http  # an extra: not everybody has its SDK
        from aigcq.mcp.server import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        typer.echo(MISSING, err=True)
        raise typer.Exit(2) from None
    service, key = address(url), config.read().api_key.get_secret_value()
    if http:
        if not _is_here(host):
            typer.echo(OPEN.format(host=host, port=port), err=True)
        anyio.run(over_http.serve, service, host, port)  # whose key counts there is the caller's
    else:
        server(lambda: AsyncClient(service, api_key=key, trust_env=False)).run()


def _is_here(host: str) -> bool:
    """Return whether only processes of this host reach what listens at `host`."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host.lower() == "localhost"
