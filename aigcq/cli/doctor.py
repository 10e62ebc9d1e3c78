"""Is everything as it should be, and if not, what is to be changed: `aigcq doctor`."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import textwrap
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from aigcq import __version__, config, demo
from aigcq.accounts import Accounts, StoreOfAll, open_accounts
from aigcq.cli.checks import Check, State, bounded, fail, ok, skip
from aigcq.cli.checks_of_redis import of_queue, of_server
from aigcq.cli.checks_of_settings import of_settings
from aigcq.cli.checks_of_storage import of_storage
from aigcq.cli.checks_of_vendor import of_clock, of_credentials
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.diagnosis import Finding, Severity, findings, look
from aigcq.embedded import redis_url, shown
from aigcq.errors import AigcqError, ConfigurationError
from aigcq.storage import open_storage, refuse_unshared

COLORS: Final = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red", State.SKIP: "bright_black"}
WIDEST: Final = 120
NAME_WIDTH: Final = 20
STATES: Final = {Severity.ERROR: State.FAIL, Severity.WARNING: State.WARN}


def install(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Look at everything that a task needs, and say what to change. Costs nothing; exits 1 if something fails."""
    checks = asyncio.run(_all())
    failed = any(check.state is State.FAIL for check in checks)
    if as_json:
        typer.echo(json.dumps(_document(checks, failed), ensure_ascii=False, indent=2))
    else:
        typer.echo(_text(checks))
    raise typer.Exit(1 if failed else 0)


def _document(checks: Sequence[Check], failed: bool) -> dict[str, Any]:
    return {"ok": not failed, "version": __version__, "checks": [asdict(check) for check in checks]}


def _text(checks: Sequence[Check]) -> str:
    width = min(WIDEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDEST
    counts = {state: sum(check.state is state for check in checks) for state in (State.FAIL, State.WARN)}
    last = f"{counts[State.FAIL]} failed, {counts[State.WARN]} warned, of {len(checks)} checks."
    return "\n".join([*(_lines(check, width) for check in checks), last])


def _lines(check: Check, width: int) -> str:
    indent = " " * 6
    state = typer.style(f"{check.state:<4}", fg=COLORS[check.state], bold=check.state is State.FAIL)
    first = textwrap.wrap(f"{check.name:<{NAME_WIDTH}}{check.detail}", width - 5, subsequent_indent=indent[1:])
    more = textwrap.wrap(f"→ {check.action}", width - 6, subsequent_indent="  ") if check.action else []
    return "\n".join(
        [f"{state} {first[0]}", *(f"     {line}" for line in first[1:]), *(indent + line for line in more)]
    )


async def _all() -> list[Check]:
    try:
        settings = demo.settings_here()
        accounts = config.accounts(settings)
    except AigcqError as error:
        return [fail("settings", str(error), error.advice)]
    clock, several = SystemClock(), len(accounts) > 1
    checks = of_settings(settings)
    checks += await _of_redis(settings, clock)
    for each in accounts:
        suffix = f" {each.name}" if several else ""
        checks += await bounded("credentials", of_credentials(each.settings, f"credentials{suffix}"))
        checks += await bounded("clock, vendor", of_clock(each.settings, clock, f"clock, vendor{suffix}"))
    return checks + await bounded("storage", of_storage(settings))


async def _of_redis(settings: Settings, clock: SystemClock) -> list[Check]:
    checks: list[Check] = []
    try:
        with redis_url(settings, lambda text: checks.append(ok("Redis", text))) as url:
            checks.append(ok("Redis", f"The address is {shown(url)}."))
            refuse_unshared(settings, url)
            async with open_accounts(settings, url, clock) as accounts:
                return [*checks, *[check async for check in _of_accounts(accounts, settings, clock)]]
    except AigcqError as error:
        return [*checks, fail("Redis", str(error), error.advice)]


async def _of_accounts(accounts: Accounts, settings: Settings, clock: SystemClock) -> AsyncIterator[Check]:
    server = await bounded("Redis", of_server(accounts[0].store, settings))
    for check in server:
        yield check
    if len(server) == 1:  # it did not answer
        yield skip("queue", "Redis is away.")
    else:
        for each in accounts:
            for check in await bounded("queue", of_queue(each.store, each.account.settings, clock)):
                yield check
    store = StoreOfAll.of(accounts) if accounts.several else accounts[0].store
    for check in await bounded("findings", _found(store, settings, clock)):
        yield check


async def _found(store: Any, settings: Settings, clock: SystemClock) -> list[Check]:
    """Return every finding, as `/health` tells it."""
    try:
        storage = open_storage(settings)
    except ConfigurationError:  # its own check says so
        storage = None
    found = findings(await look(store, clock, storage), settings)
    return [_check(each) for each in found] or [ok("findings", "Nothing is found wrong.")]


def _check(found: Finding) -> Check:
    return Check(
        name=found.code, state=STATES[found.severity], detail=found.detail, action=f"{found.action} See {found.docs}."
    )
