"""What a user of the service does: `aigcq create | status | cancel | health`."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from aigcq import config, demo
from aigcq.clock import SystemClock
from aigcq.embedded import redis_url, shown
from aigcq.store import open_store
from aigcq.worker.consumer import consumer_pattern

DEFAULT_URL = "http://127.0.0.1:8000"
LOOK_SECONDS = 1.0

Url = Annotated[str, typer.Option(help="The service; by default AIGCQ_PUBLIC_URL, the demo that runs here, or :8000.")]


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
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    raise typer.Exit(asyncio.run(_create(_service(url), body, headers, wait)))


def status(task_id: Annotated[str, typer.Argument(help="The task's id.")], url: Url = "") -> None:
    """Print a task as JSON."""
    typer.echo(_shown(asyncio.run(_call("GET", f"{_service(url)}/aigc/status/{task_id}"))))


def cancel(task_id: Annotated[str, typer.Argument(help="The task's id.")], url: Url = "") -> None:
    """Take a task back; prints honestly what came of it."""
    typer.echo(_shown(asyncio.run(_call("POST", f"{_service(url)}/aigc/tasks/{task_id}/cancel"))))


def health(
    worker: Annotated[bool, typer.Option("--worker", help="Ask Redis for this host's worker, not the API.")] = False,
    url: Url = "",
) -> None:
    """Exit 0 if the API of this host answers and reaches Redis (or, with --worker, its worker lives)."""
    healthy = asyncio.run(_worker_lives() if worker else _api_answers(_service(url)))
    raise typer.Exit(0 if healthy else 1)


async def _create(service: str, body: dict[str, Any], headers: dict[str, str], wait: bool) -> int:
    created = await _call("POST", f"{service}/aigc/create", json=body, headers=headers)
    if not wait:
        typer.echo(_shown(created))
        return 0
    try:
        task = await _watch(service, created["task_id"])
    except asyncio.CancelledError:  # Ctrl-C
        typer.echo(f"The video is being made all the same: aigcq status {created['task_id']}", err=True)
        raise
    if task["status"] == "completed":
        typer.echo(task["result"]["video_url"])
        return 0
    typer.echo(_shown(task.get("error") or {"status": task["status"]}), err=True)
    return 1


def _named(field: str) -> tuple[str, str]:
    name, equals, value = field.partition("=")
    if not equals:
        raise typer.BadParameter(f"takes name=value, e.g. seed=7, not {field!r}", param_hint="--field")
    return name, value


async def _watch(service: str, task_id: str) -> dict[str, Any]:
    """Show a task's progress until it has ended; return it."""
    clock = SystemClock()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(task_id, total=100)
        while True:
            task = await _call("GET", f"{service}/aigc/status/{task_id}")
            progress.update(bar, completed=task["progress"], description=_describe(task))
            if task["status"] in ("completed", "failed", "cancelled"):
                return task
            await clock.sleep(LOOK_SECONDS)


def _describe(task: dict[str, Any]) -> str:
    if task["status"] != "queued":
        return f"{task['phase'] or task['status']} {task['progress']} %"
    if task["position"] is None:
        return f"waiting until {task['run_after']}"
    return f"queued, position {task['position']}"


async def _call(method: str, url: str, **how: Any) -> dict[str, Any]:
    """Return the JSON answer; a problem is told on stderr and ends the command."""
    timeout = aiohttp.ClientTimeout(total=30)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.request(method, url, **how) as response:
            answer: dict[str, Any] = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        typer.echo(
            f"aigcq: {shown(url)} does not answer as it should: {type(error).__name__}. Is the service up?", err=True
        )
        raise typer.Exit(2) from None
    if response.status >= 400:
        typer.echo(f"aigcq: {answer.get('detail')}\n{answer.get('advice', '')}", err=True)
        for each in answer.get("errors", []):
            typer.echo(f"  {each['field']}: {each['message']} {_allowed(each)}", err=True)
        raise typer.Exit(1)
    return answer


def _allowed(error: dict[str, Any]) -> str:
    return f"Allowed: {', '.join(map(str, error['allowed']))}." if error.get("allowed") else ""


async def _api_answers(service: str) -> bool:
    with suppress(aiohttp.ClientError, TimeoutError, ValueError):
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(f"{service}/health") as response:
            answer = await response.json(content_type=None)
            typer.echo(_shown(answer))
            return bool(answer.get("redis"))
    typer.echo(f"{shown(service)} does not answer.", err=True)
    return False


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
    typer.echo(_shown({"alive": lives}))
    return bool(lives)


def _service(url: str) -> str:
    settings = config.read()
    return (url or settings.public_url or demo.running_url(settings.data_dir) or DEFAULT_URL).rstrip("/")


def _shown(answer: object) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=2)
