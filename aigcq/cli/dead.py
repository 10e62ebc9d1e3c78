"""What an operator does with failed tasks, straight on Redis: `aigcq dead | requeue`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aigcq.accounts import Accounts
from aigcq.cli.operate import ForAccount, on_accounts, on_each, on_store
from aigcq.cli.serve import vendor_of
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.errors import UNCERTAIN, TaskNotFound
from aigcq.store import Store
from aigcq.store.dead import MOST_LOOKS, DeadLetter

WINDOW_SECONDS = 900.0
WIDE = 120
"""Columns of a terminal from which on all that is known of a task fits."""

Code = Annotated[str, typer.Option(help="Only tasks that failed with this error code.")]


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("dead")(dead)
    app.command("requeue")(requeue)


def dead(
    code: Code = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=MOST_LOOKS)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="All that is known of each, for machines.")] = False,
    account: ForAccount = "",
) -> None:
    """List failed tasks, those that failed last first, and why."""
    letters = on_store(lambda store: store.dead.letters(limit, code), account)
    if as_json:
        typer.echo(json.dumps([_document(letter) for letter in letters], ensure_ascii=False, indent=2))
        return
    if not letters:
        typer.echo(f"No failed task has the code {code}; without --code all are listed." if code else _none())
        return
    console = Console()
    console.print(_table(letters, wide=console.width >= WIDE))
    if len(letters) == limit:
        typer.echo(f"Those are the last {limit}; --limit shows more.")
    typer.echo("`aigcq status TASK_ID` tells all of one; `aigcq requeue TASK_ID` makes it again, for money.")


def requeue(
    task_ids: Annotated[list[str] | None, typer.Argument(help="The failed tasks' ids.", metavar="TASK_ID...")] = None,
    force: Annotated[bool, typer.Option("--force", help="Even if the vendor may have made the video already.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All that failed with --code.")] = False,
    code: Code = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --all.")] = False,
    account: ForAccount = "",
) -> None:
    """Run failed tasks again, each as a new attempt. This costs money."""
    _check(task_ids or [], force, everything, code)
    chosen = task_ids or _ids(on_each(lambda store: store.dead.letters(MOST_LOOKS, code), account).values())
    if not chosen:
        typer.echo(f"No failed task has the code {code}; `aigcq dead` lists them all.")
        return
    if everything and not yes:
        typer.confirm(f"Run {len(chosen)} tasks again that failed with {code}? Each is paid for anew.", abort=True)
    kept = on_accounts(lambda accounts: _requeue_each(accounts, chosen, force))
    if len(chosen) > 1:
        typer.echo(f"{len(chosen) - kept} of {len(chosen)} were requeued.")
    raise typer.Exit(1 if kept else 0)


def _check(task_ids: list[str], force: bool, everything: bool, code: str) -> None:
    """Raise BadParameter where it is not clear what is to be run again."""
    if everything == bool(task_ids) or everything != bool(code):
        raise typer.BadParameter("Name the tasks, or say --all --code CODE; `aigcq dead` lists them.")
    if everything and force:
        raise typer.BadParameter("--force goes with tasks that are named: each of them may be paid for twice.")


def _ids(found: Iterable[Sequence[DeadLetter]]) -> list[str]:
    return [letter.task.id for letters in found for letter in letters]


async def _requeue_each(accounts: Accounts, task_ids: Sequence[str], force: bool) -> int:
    """Put failed tasks back, each in its account; return how many stay as they are."""
    kept = 0
    for task_id in task_ids:
        account = await accounts.of(task_id)
        kept += await _requeue(account.store, account.account.settings, [task_id], force)
    return kept


async def _requeue(store: Store, settings: Settings, task_ids: Sequence[str], force: bool) -> int:
    """Put failed tasks back, one after the other, and tell of each; return how many stay as they are."""
    kept = 0
    for task_id in task_ids:
        try:
            why = "" if force else await _doubt(store, settings, task_id)
            if not why and not await store.tasks.requeue(task_id):
                why = "Only a failed task can be requeued."
        except TaskNotFound as error:
            why = str(error)
        typer.echo(f"{task_id}  {why or 'Requeued.'}", err=bool(why))
        kept += bool(why)
    return kept


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


def _none() -> str:
    return "No task has failed, or its record has expired (AIGCQ_RESULT_TTL_SECONDS)."


def _table(letters: Sequence[DeadLetter], wide: bool) -> Table:
    """Return a line for each; `wide` leaves room for more than what a person needs to act."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("task", no_wrap=True, min_width=36)
    table.add_column("ended (UTC)", no_wrap=True, min_width=11)
    for name in ("model", "attempt", "tries", "code") if wide else ():
        table.add_column(name, no_wrap=True)
    table.add_column("why")
    for letter in letters:
        task, why = letter.task, str(letter.error.get("message", ""))
        more = [task.model, str(task.attempt), str(task.tries), task.error_code] if wide else []
        ended = _ended(task.ended_ms).strftime("%m-%d %H:%M")
        table.add_row(task.id, ended, *more, _shortened(why if wide else f"{task.error_code}: {why}"))
    return table


def _shortened(why: str) -> Text:
    """Return what others said as it is: it is no markup, and takes one line."""
    return Text(" ".join(why.split()), no_wrap=True, overflow="ellipsis")


def _document(letter: DeadLetter) -> dict[str, Any]:
    task = letter.task
    return {
        "task_id": task.id,
        "ended_at": _ended(task.ended_ms).isoformat().replace("+00:00", "Z"),
        "model": task.model,
        "attempt": task.attempt,
        "tries": task.tries,
        "session_id": task.session_id,
        "vendor_task_id": task.vendor_task_id or None,
        "error": letter.error or {"code": task.error_code},
    }


def _ended(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
