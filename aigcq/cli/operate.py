"""What an operator does, straight on Redis: `aigcq pause | resume | config`. Who it is, is written down."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from aigcq import config, demo
from aigcq.audit import CLI, Actor
from aigcq.embedded import redis_url
from aigcq.store import Store, open_store

T = TypeVar("T")


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("config")(print_config)


def pause(reason: Annotated[str, typer.Option(help="Why; everyone sees it.")]) -> None:
    """Start no more tasks; what runs goes on."""
    on_store(lambda store: store.control.pause(reason))
    typer.echo("Paused. `aigcq resume` lets tasks start again.")


def resume() -> None:
    """Let tasks start again."""
    typer.echo("Resumed." if on_store(lambda store: store.control.resume()) else "The queue was not paused.")


def print_config() -> None:
    """Print every setting with its meaning and default: the text of .env.example."""
    typer.echo(config.env_example(), nl=False)


def on_store(verb: Callable[[Store], Awaitable[T]]) -> T:
    """Return what `verb` returns, called on the queue of the settings here, or of the demo that runs here."""

    async def run() -> T:
        settings = demo.settings_here()
        with redis_url(settings, lambda text: typer.echo(text, err=True)) as url:
            async with open_store(settings, url) as store:
                return await verb(store.acting(Actor(who=CLI, name=_user())))

    return asyncio.run(run())


def _user() -> str:
    """Return who runs the command, as the operating system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return f"uid {os.getuid()}"
