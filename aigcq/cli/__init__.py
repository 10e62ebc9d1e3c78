"""The command line: `aigcq --help`."""

from __future__ import annotations

import sys
from typing import Final

import typer

from aigcq import __version__
from aigcq.cli import (
    account,
    agents,
    audit,
    client,
    dead,
    follow,
    keys,
    limit,
    operate,
    serve,
    spend,
    tenants,
    webhooks,
)
from aigcq.errors import AigcqError

app = typer.Typer(
    name="aigcq",
    help="A queue in front of Tencent Cloud VOD's AIGC video generation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ROOMS: Final = (serve, client, follow, agents, operate, limit, dead, webhooks, keys, tenants, spend, audit, account)
for room in ROOMS:
    room.install(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """A queue in front of Tencent Cloud VOD's AIGC video generation."""


def main() -> None:
    """Run the command line; our own errors are a sentence and exit code 2, never a traceback."""
    failure: AigcqError | None = None
    try:
        app()
    except* AigcqError as errors:
        failure = _first(errors)
    if failure:
        typer.echo(f"aigcq: {failure}\n{failure.advice}".rstrip(), err=True)
        sys.exit(2)


def _first(errors: BaseExceptionGroup[AigcqError]) -> AigcqError:
    """Return the first error; task groups wrap theirs, however deep."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


__all__ = ["app", "main"]
