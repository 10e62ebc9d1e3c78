"""The service as commands speak to it: where it is, what is printed when it refuses, and waiting for a video."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from aigcq import config, demo
from aigcq.client import AigcqError, Client, FieldError, Task, TaskFailed, Unavailable, WaitTimeout

DEFAULT_URL: Final = "http://127.0.0.1:8000"
LOOK_SECONDS: Final = 1.0
NOT_IN_TIME: Final = 3
"""Exit code: the task goes on."""

Url = Annotated[
    str, typer.Option(help="The service; by default AIGCQ_URL, AIGCQ_PUBLIC_URL, the demo that runs here, or :8000.")
]


def address(url: str) -> str:
    """Return the service's address: the one that is given, or the one that is meant here."""
    settings = config.read()
    given = url or settings.url or settings.public_url
    return (given or demo.running_url(settings.data_dir) or DEFAULT_URL).rstrip("/")


@contextmanager
def at(url: str, *, retries: int = 0, timeout_seconds: float = 30.0) -> Iterator[Client]:
    """Yield a client of the service. What it refuses is told on stderr and ends the command with exit code 1;
    if there is no service, with 2."""
    key = config.read().api_key.get_secret_value()
    service = address(url)
    try:
        with Client(service, api_key=key, retries=retries, timeout_seconds=timeout_seconds, trust_env=False) as client:
            yield client
    except TaskFailed as error:
        typer.echo(shown(error.task.raw.get("error") or {"status": error.task.status}), err=True)
        raise typer.Exit(1) from None
    except WaitTimeout as error:
        typer.echo(f"aigcq: {error.detail} {error.advice}", err=True)
        raise typer.Exit(NOT_IN_TIME) from None
    except Unavailable as error:
        if error.code:
            raise _refusal(error) from None
        typer.echo(f"aigcq: {error.detail} {error.advice}", err=True)
        raise typer.Exit(2) from None
    except AigcqError as error:
        raise _refusal(error) from None


def _refusal(error: AigcqError) -> typer.Exit:
    typer.echo(f"aigcq: {error.detail}\n{error.advice}", err=True)
    for each in error.errors:
        typer.echo(f"  {each.field}: {each.message} {_allowed(each)}", err=True)
    return typer.Exit(1)


def _allowed(error: FieldError) -> str:
    return f"Allowed: {', '.join(map(str, error.allowed))}." if error.allowed else ""


def waited(client: Client, task_id: str, timeout_seconds: float | None = None) -> Task:
    """Show a task's progress until it has ended; return it with its video. Raises as `Client.wait`."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(task_id, total=100)

        def show(task: Task) -> None:
            progress.update(bar, completed=task.progress, description=described(task))

        try:
            return client.wait(task_id, timeout_seconds, show, look_seconds=LOOK_SECONDS)
        except KeyboardInterrupt:
            typer.echo(f"The video is being made all the same: aigcq status {task_id}", err=True)
            raise


def described(task: Task) -> str:
    """Return where a task stands, for people."""
    eta = f", about {task.eta_seconds:.0f} s to go" if task.eta_seconds is not None and not task.ended else ""
    if task.status != "queued":
        return f"{task.phase or task.status} {task.progress} %{eta}"
    if task.position is None:
        return f"waiting until {task.raw.get('run_after')}"
    return f"queued, position {task.position}{eta}"


def shown(answer: Mapping[str, Any], indent: int | None = 2) -> str:
    """Return an answer as it is printed."""
    return json.dumps(answer, ensure_ascii=False, indent=indent)
