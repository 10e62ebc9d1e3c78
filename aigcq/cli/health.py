"""What a host asks of its own process: `aigcq health`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer

from aigcq import demo
from aigcq.cli.service import Url, at, shown
from aigcq.client import AigcqError
from aigcq.embedded import redis_url
from aigcq.embedded import shown as plain
from aigcq.store import open_store
from aigcq.worker.consumer import consumer_pattern

HEALTH_SECONDS: Final = 5.0


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("health")(health)


def health(
    worker: Annotated[bool, typer.Option("--worker", help="Ask Redis for this host's worker, not the API.")] = False,
    url: Url = "",
) -> None:
    """Exit 0 if the API of this host answers and reaches Redis (or, with --worker, its worker lives)."""
    raise typer.Exit(0 if (asyncio.run(_worker_lives()) if worker else _api_answers(url)) else 1)


def _api_answers(url: str) -> bool:
    with at(url, timeout_seconds=HEALTH_SECONDS) as client:
        try:
            answer = client.health()
        except AigcqError:
            typer.echo(f"{plain(client.base_url)} does not answer.", err=True)
            return False
    typer.echo(shown(answer.raw))
    return answer.redis


async def _worker_lives() -> bool:
    settings = demo.settings_here()
    ours = consumer_pattern(settings)
    with redis_url(settings, lambda text: typer.echo(text, err=True)) as address:
        async with open_store(settings, address) as store:
            overview = await store.control.overview()
    lives = [
        consumer
        for consumer, beat in overview.workers.items()
        if ours.fullmatch(consumer) and overview.now_ms - beat <= settings.lease_seconds * 1000
    ]
    typer.echo(shown({"alive": lives}))
    return bool(lives)
