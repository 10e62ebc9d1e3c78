"""What an operator does with webhooks, straight on Redis: `aigcq webhooks …`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from aigcq import demo
from aigcq.cli.operate import ForAccount, on_all, on_each, on_store
from aigcq.outbound.signing import new_secret
from aigcq.store import Store
from aigcq.store.outbox import Note
from aigcq.store.receivers import PastCall, Receiver

commands = typer.Typer(no_args_is_help=True, help="What was told by webhook, and who is not told any more.")

Name = Annotated[str, typer.Argument(help="The receiver, as `aigcq webhooks list` names it.", metavar="RECEIVER")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.add_typer(commands, name="webhooks")


@commands.command("list")
def list_calls(
    task_id: Annotated[str, typer.Option("--task", help="Only calls about this task.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many calls.", min=1, max=10_000)] = 20,
    as_json: AsJson = False,
    account: ForAccount = "",
) -> None:
    """List the last calls to receivers, and the receivers that fail or are disabled."""

    async def read(store: Store) -> tuple[Sequence[PastCall], Sequence[Receiver]]:
        return await store.receivers.calls(limit, task_id), await store.receivers.failing(limit)

    calls, failing = on_store(read, account)
    if as_json:
        found = {"calls": [_call(each) for each in calls], "receivers": [_receiver(each) for each in failing]}
        typer.echo(json.dumps(found, indent=2))
        return
    if not calls and not failing:
        typer.echo("Nobody was called.")
        return
    for table in (
        _table(["task", "moment", "attempt", "at", "status", "ms", "host", "receiver"], map(_call, calls)),
        _table(["receiver", "host", "failures", "failing_since", "disabled_at"], map(_receiver, failing)),
    ):
        if table.row_count:
            Console().print(table)


@commands.command("replay")
def replay(task_ids: Annotated[list[str], typer.Argument(help="The tasks' ids.", metavar="TASK_ID...")]) -> None:
    """Tell again what there is to tell of tasks, at once."""

    async def post(store: Store) -> Sequence[Sequence[Note]]:
        return [await store.outbox.replay(task_id, everyone=True) for task_id in task_ids]

    for task_id, notes in zip(task_ids, on_all(post), strict=True):
        told = ", ".join(f"{note.moment}{' (AIGCQ_WEBHOOK_URL)' if note.everyone else ''}" for note in notes)
        typer.echo(f"{task_id}  {told or 'has no webhook, or nothing has happened that it is to be told of'}")


@commands.command("enable")
def enable(receiver: Name, account: ForAccount = "") -> None:
    """Call a receiver again that was disabled; what waits for it is told within the hour."""
    known = any(on_each(lambda store: store.receivers.enable(receiver), account).values())
    typer.echo("It is called again." if known else "Nothing speaks against a receiver of this name.")
    raise typer.Exit(0 if known else 1)


@commands.command("disable")
def disable(receiver: Name, account: ForAccount = "") -> None:
    """Call a receiver no more; what it would be told waits for as long as its task is on record."""
    changed = any(on_each(lambda store: store.receivers.disable(receiver), account).values())
    typer.echo("It is not called any more." if changed else "It was disabled before.")


@commands.command("secret")
def secret(
    new: Annotated[bool, typer.Option("--new", help="Print a new one for AIGCQ_WEBHOOK_SECRET; keep nothing.")] = False,
) -> None:
    """Print what receivers verify signatures with."""
    if new:
        typer.echo(new_secret())
        return
    for each in demo.settings_here().webhook_secrets or (on_all(lambda store: store.receivers.secret(new_secret())),):
        typer.echo(each)


def _call(call: PastCall) -> dict[str, Any]:
    return {
        "task": call.task_id,
        "moment": call.moment.value,
        "attempt": call.attempt,
        "at": _at(call.at_ms),
        "status": call.status or call.error,
        "ms": call.ms,
        "host": call.host,
        "receiver": call.receiver,
    }


def _receiver(receiver: Receiver) -> dict[str, Any]:
    return {
        "receiver": receiver.name,
        "host": receiver.host,
        "failures": receiver.failures,
        "failing_since": _at(receiver.failing_since_ms),
        "disabled_at": _at(receiver.disabled_ms),
    }


def _table(columns: Sequence[str], rows: Any) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    return table


def _at(ms: int) -> str | None:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if ms else None
