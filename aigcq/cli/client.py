"""What a user of the service asks: `aigcq create | status | cancel | health`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from aigcq import demo
from aigcq.cli.service import Url, at, shown, waited
from aigcq.client import AigcqError
from aigcq.embedded import redis_url
from aigcq.embedded import shown as plain
from aigcq.store import open_store
from aigcq.worker.consumer import consumer_pattern

HEALTH_SECONDS = 5.0


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("create")(create)
    app.command("status")(status)
    app.command("cancel")(cancel)
    app.command("health")(health)


def create(
    prompt: Annotated[str, typer.Argument(help="What the video shows.")],
    model: Annotated[str, typer.Option(help="Model and version, e.g. Hailuo-2.3 or Kling-2.5.")] = "",
    duration: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    resolution: Annotated[str, typer.Option(help="E.g. 768P.")] = "",
    aspect_ratio: Annotated[str, typer.Option(help="E.g. 16:9.")] = "",
    image_url: Annotated[str, typer.Option(help="First frame.")] = "",
    field: Annotated[list[str] | None, typer.Option(help="Any other field of the API as name=value.")] = None,
    idempotency_key: Annotated[str, typer.Option(help="Your name for this request; repeating it adds nothing.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until the video is there.")] = False,
    url: Url = "",
) -> None:
    """Queue one video; with --wait, print where it is in the end."""
    name, _, version = model.partition("-")
    body = {"prompt": prompt, "model_name": name, "model_version": version, "duration": duration}
    body |= {"resolution": resolution, "aspect_ratio": aspect_ratio, "image_url": image_url}
    body |= dict(_named(each) for each in field or [])
    body = {key: value for key, value in body.items() if value not in (None, "")}
    with at(url) as client:
        created = client.create_from(body, idempotency_key=idempotency_key or None)
        if wait:
            typer.echo(waited(client, created.task_id).video_url)
        else:
            typer.echo(shown(created.raw))


def status(task_id: Annotated[str, typer.Argument(help="The task's id.")], url: Url = "") -> None:
    """Print a task as JSON."""
    with at(url) as client:
        typer.echo(shown(client.get(task_id).raw))


def cancel(task_id: Annotated[str, typer.Argument(help="The task's id.")], url: Url = "") -> None:
    """Take a task back; prints honestly what came of it."""
    with at(url) as client:
        typer.echo(shown(client.cancel(task_id).raw))


def health(
    worker: Annotated[bool, typer.Option("--worker", help="Ask Redis for this host's worker, not the API.")] = False,
    url: Url = "",
) -> None:
    """Exit 0 if the API of this host answers and reaches Redis (or, with --worker, its worker lives)."""
    raise typer.Exit(0 if (asyncio.run(_worker_lives()) if worker else _api_answers(url)) else 1)


def _named(field: str) -> tuple[str, str]:
    name, equals, value = field.partition("=")
    if not equals:
        raise typer.BadParameter(f"takes name=value, e.g. seed=7, not {field!r}", param_hint="--field")
    return name, value


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
