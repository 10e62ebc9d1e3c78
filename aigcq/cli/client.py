"""What a user of the service asks: `aigcq create | status | cancel`."""

from __future__ import annotations

from typing import Annotated

import typer

from aigcq.cli.service import Url, at, shown, waited


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("create")(create)
    app.command("status")(status)
    app.command("cancel")(cancel)


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


def _named(field: str) -> tuple[str, str]:
    name, equals, value = field.partition("=")
    if not equals:
        raise typer.BadParameter(f"takes name=value, e.g. seed=7, not {field!r}", param_hint="--field")
    return name, value
