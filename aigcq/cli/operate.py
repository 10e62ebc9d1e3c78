"""What an operator does, straight on Redis: `aigcq pause | resume | config`. Who it is, is written down."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from aigcq import config, demo
from aigcq.accounts import Accounts, StoreOfAll, open_accounts
from aigcq.audit import CLI, Actor
from aigcq.clock import SystemClock
from aigcq.embedded import redis_url
from aigcq.store import Store

T = TypeVar("T")


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("config")(print_config)


ForAccount = Annotated[str, typer.Option("--account", help="One of AIGCQ_ACCOUNTS; by default each of them.")]


def pause(
    reason: Annotated[str, typer.Option(help="Why; everyone sees it.")],
    account: ForAccount = "",
    move: Annotated[
        bool, typer.Option("--move", help="What is queued goes to other accounts that can take it.")
    ] = False,
) -> None:
    """Start no more tasks; what runs goes on."""
    on_each(lambda store: store.control.pause(reason, moves=move), account)
    typer.echo("Paused. `aigcq resume` lets tasks start again.")


def resume(account: ForAccount = "") -> None:
    """Let tasks start again."""
    resumed = on_each(lambda store: store.control.resume(), account)
    typer.echo("Resumed." if any(resumed.values()) else "The queue was not paused.")


def print_config() -> None:
    """Print every setting with its meaning and default: the text of .env.example."""
    typer.echo(config.env_example(), nl=False)


def on_store(verb: Callable[[Store], Awaitable[T]], account: str = "") -> T:
    """Return what `verb` returns, called on the queue of the settings here, or of the demo that runs here.

    Raises:
        ConfigurationError: there are several accounts, and none is named.
    """

    async def run(accounts: Accounts) -> T:
        return await verb(accounts.one(account).store)

    return on_accounts(run)


def on_each(verb: Callable[[Store], Awaitable[T]], account: str = "") -> dict[str, T]:
    """Return what `verb` returns, called on the queue of each account, or of the one that is named, by its name."""

    async def run(accounts: Accounts) -> dict[str, T]:
        chosen = [accounts.named(account)] if account else accounts
        return {each.name: await verb(each.store) for each in chosen}

    return on_accounts(run)


def on_all(verb: Callable[[Store], Awaitable[T]]) -> T:
    """Return what `verb` returns, called on all accounts as one store: for what belongs to no account."""

    async def run(accounts: Accounts) -> T:
        return await verb(StoreOfAll.of(accounts) if accounts.several else accounts[0].store)

    return on_accounts(run)


def on_accounts(verb: Callable[[Accounts], Awaitable[T]]) -> T:
    """Return what `verb` returns, called on the accounts of the settings here, or of the demo that runs here."""

    async def run() -> T:
        settings = demo.settings_here()
        with redis_url(settings, lambda text: typer.echo(text, err=True)) as url:
            async with open_accounts(settings, url, SystemClock()) as accounts:
                return await verb(accounts.acting(Actor(who=CLI, name=_user())))

    return asyncio.run(run())


def _user() -> str:
    """Return who runs the command, as the operating system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return f"uid {os.getuid()}"
