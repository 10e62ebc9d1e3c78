"""The command line: `aigcq --help`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

from aigcq import __version__
from aigcq.errors import AigcqError

ROOMS: Final = {
    "api": ("api",),
    "serve": ("worker",),
    "simulate": ("simulate",),
    "demonstrate": ("demo", "smoke"),
    "client": ("create", "status", "cancel"),
    "health": ("health",),
    "follow": ("wait", "download", "list", "watch"),
    "agents": ("mcp",),
    "operate": ("pause", "resume", "config"),
    "doctor": ("doctor",),
    "explain": ("explain",),
    "top": ("top",),
    "limit": ("limit",),
    "dead": ("dead", "requeue"),
    "spend": ("spend",),
    "audit": ("audit",),
    "account": ("account",),
    "webhooks": ("webhooks",),
    "keys": ("keys",),
    "tenants": ("tenants",),
}
"""The files of this folder and their commands, in the order in which `--help` shows them."""
HOMES: Final = {command: room for room, commands in ROOMS.items() for command in commands}


class Commands(TyperGroup):
    """The commands, of which a process loads those of one file: all of them take it twice as long."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(HOMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            for room in [HOMES[cmd_name]] if cmd_name in HOMES else ROOMS:  # for what there is not: see what is like it
                self.commands.update(_load(room))
        return super().get_command(ctx, cmd_name)


def _load(room: str) -> dict[str, Any]:
    """Return the commands of one file."""
    with _interruptible():
        loaded = import_module(f"{__name__}.{room}")
    commands = typer.Typer(callback=lambda: None)  # without it, what has one command is that command
    loaded.install(commands)
    group = typer.main.get_command(commands)
    assert isinstance(group, TyperGroup)
    return dict(group.commands)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Loading takes a second: Ctrl-C in it ends the process, without a traceback, as in `__main__`."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    yield
    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)


app = typer.Typer(
    name="aigcq",
    cls=Commands,
    help="A queue in front of Tencent Cloud VOD's AIGC video generation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
