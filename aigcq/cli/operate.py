"""What an operator does, straight on Redis: `aigcq pause | resume | requeue | config`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import typer

from aigcq import config, demo
from aigcq.cli.serve import vendor_of
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.embedded import redis_url
from aigcq.errors import AigcqError, Poisoned, VendorNoVideo, VendorTaskGone, VendorUnknown
from aigcq.store import Store, open_store

T = TypeVar("T")

UNCERTAIN: Final = frozenset(
    {VendorUnknown.code, VendorTaskGone.code, VendorNoVideo.code, Poisoned.code, AigcqError.code}
)
"""Error codes after which the vendor may have made the video, whatever we know."""
WINDOW_SECONDS = 900.0


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("requeue")(requeue)
    app.command("config")(print_config)


def pause(reason: Annotated[str, typer.Option(help="Why; everyone sees it.")]) -> None:
    """Start no more tasks; what runs goes on."""
    _on_store(lambda store: store.control.pause(reason))
    typer.echo("Paused. `aigcq resume` lets tasks start again.")


def resume() -> None:
    """Let tasks start again."""
    typer.echo("Resumed." if _on_store(lambda store: store.control.resume()) else "The queue was not paused.")


def requeue(
    task_id: Annotated[str, typer.Argument(help="The failed task's id.")],
    force: Annotated[bool, typer.Option("--force", help="Even if the vendor may have made the video already.")] = False,
) -> None:
    """Run a failed task again, as a new attempt. This costs money."""
    settings = demo.settings_here()
    if not force and (why := _on_store(lambda store: _doubt(store, settings, task_id))):
        typer.echo(why, err=True)
        raise typer.Exit(1)
    done = _on_store(lambda store: store.tasks.requeue(task_id))
    typer.echo("Requeued." if done else "Only a failed task can be requeued.")
    raise typer.Exit(0 if done else 1)


def print_config() -> None:
    """Print every setting with its meaning and default: the text of .env.example."""
    typer.echo(config.env_example(), nl=False)


async def _doubt(store: Store, settings: Settings, task_id: str) -> str:
    """Return why a new attempt could be a second payment, after looking the old one up; empty if it cannot."""
    task = (await store.tasks.get(task_id)).task
    if task.error_code not in UNCERTAIN:
        return ""
    clock = SystemClock()
    async with vendor_of(settings, clock) as vendor:
        sent = (task.sent_ms or task.created_ms) / 1000
        found = await vendor.find(task.session_id, after=sent - WINDOW_SECONDS, before=clock.now() + WINDOW_SECONDS)
    seen = f"The vendor has it as {found}." if found else f"The vendor does not list SessionId {task.session_id}."
    return (
        f"{task.error_code}: nobody knows whether this task was made and charged. {seen} Add --force to make it again."
    )


def _on_store(verb: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        settings = demo.settings_here()
        with redis_url(settings, lambda text: typer.echo(text, err=True)) as url:
            async with open_store(settings, url) as store:
                return await verb(store)

    return asyncio.run(run())
