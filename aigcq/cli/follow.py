"""What a user of the service follows: `aigcq wait | download | list | watch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from aigcq import model
from aigcq.cli.service import Url, at, shown, waited
from aigcq.client import Missed, QueueEvent, Snapshot, Status, Task, TaskEvent
from aigcq.client.events import AnyEvent, Event

RETRIES = 4

Id = Annotated[str, typer.Argument(help="The task's id.")]

WIDEST = 400
"""Columns of a list, however narrow the terminal is."""


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("wait")(wait)
    app.command("download")(download)
    app.command("list")(list_tasks)
    app.command("watch")(watch)


def wait(
    task_id: Id,
    timeout: Annotated[float | None, typer.Option(help="Seconds, at most; by default as long as it takes.")] = None,
    url: Url = "",
) -> None:
    """Show a task's progress and print where its video is. Exit code 1: there is none; 3: not in time, it goes on."""
    with at(url, retries=RETRIES) as client:
        typer.echo(waited(client, task_id, timeout).video_url)


def download(
    task_id: Id,
    path: Annotated[Path | None, typer.Argument(help="A file or a folder; by default ID.mp4 in this folder.")] = None,
    url: Url = "",
) -> None:
    """Fetch a task's video, waiting for it if need be; what broke off goes on where it broke."""
    with at(url, retries=RETRIES) as client:
        task = client.get(task_id)
        if not task.ended:
            task = waited(client, task_id)
        typer.echo(client.download(task, path))


def list_tasks(
    status: Annotated[list[model.Status] | None, typer.Option(help="Only these; may be repeated.")] = None,
    made_by: Annotated[str | None, typer.Option("--model", help="E.g. Hailuo-2.3.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="A JSON object a line, for programs.")] = False,
    url: Url = "",
) -> None:
    """List tasks, the newest first."""
    with at(url, retries=RETRIES) as client:
        wanted: list[Status] = [each.value for each in status or ()]
        tasks = list(client.list(status=wanted, model=made_by, limit=limit))
    if json:
        for task in tasks:
            typer.echo(shown(task.raw, indent=None))
    else:
        Console(width=WIDEST).print(_table(tasks))  # what is cut off cannot be copied


def watch(
    task_id: Annotated[str, typer.Argument(help="One task; by default all of them, and the queue.")] = "",
    url: Url = "",
) -> None:
    """Print what happens, while it happens; Ctrl-C ends it. One task is watched to its end."""
    with at(url, retries=RETRIES) as client:
        for event in client.stream(task_id) if task_id else client.events():
            typer.echo(_line(event))


def _table(tasks: list[Task]) -> Table:
    table = Table(box=None)
    for heading in ("task", "status", "model", "%", "created", "video or error"):
        table.add_column(heading, no_wrap=True)
    for task in tasks:
        told = task.video_url or (task.error.code if task.error else "")
        created = f"{task.created_at:%Y-%m-%d %H:%M:%S}" if task.created_at else ""
        table.add_row(task.task_id, task.status, task.model, str(task.progress), created, told)
    return table


def _line(event: Event | AnyEvent) -> str:
    match event:
        case TaskEvent(at=at, task_id=task_id, event=name, status=status):
            rest = [f"{event.progress} %"] if event.progress is not None else []
            return " ".join([f"{at:%H:%M:%S}", task_id, name, status, *rest, *filter(None, [event.code])])
        case QueueEvent(at=at, event=name):
            rest = [] if event.threshold is None else [str(event.threshold)]
            return " ".join([f"{at:%H:%M:%S}", "queue", name, *rest, *filter(None, [event.cause, event.scope])])
        case Missed():
            return "Something was missed."
        case Snapshot(task=task):
            return f"{task.task_id} {task.status} {task.progress} %"
        case _:
            return " ".join(filter(None, [event.task.task_id, event.task.status, event.task.video_url]))
