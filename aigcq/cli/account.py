"""The vendor account of a worker: who it calls as, and whether this queue is of that account."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Final

import typer

from aigcq import config, telemetry
from aigcq.audit import PROCESS, Actor
from aigcq.cli.operate import ForAccount, on_store
from aigcq.config import Settings
from aigcq.config.secrets import read_secret
from aigcq.errors import ConfigurationError, StoreUnavailable
from aigcq.store import Store
from aigcq.vendors.vod_api import Account
from aigcq.worker.stop import Stop

log = telemetry.logger()

AGAIN_SECONDS: Final = 0.5
_NAMES: Final = {
    "secret_id": "TENCENTCLOUD_SECRET_ID",
    "secret_key": "TENCENTCLOUD_SECRET_KEY",
    "token": "TENCENTCLOUD_TOKEN",
}


def install(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command("account")(account)


def account(
    forget: Annotated[
        bool, typer.Option("--forget", help="Let workers of any account in, even if what is live is lost to them.")
    ] = False,
    account: ForAccount = "",
) -> None:
    """Show which vendor account this queue belongs to."""

    async def look(store: Store) -> tuple[str, bool]:
        found = await store.employer.current()
        if forget and await store.employer.forget():
            await store.audit.note("account forget", found)
            return found, True
        return found, False

    found, forgotten = on_store(look, account)
    if forgotten:
        typer.echo(f"Forgotten: {found}. The next worker that starts says which account it is.")
    else:
        typer.echo(f"SubAppId {found}" if found else "No worker has said yet which account this queue belongs to.")


def name_of(settings: Settings) -> str:
    """Return what tells one account from another; the simulator's tasks are no account's."""
    return f"{settings.vod_subapp_id}{' (simulated)' if settings.vendor_is_simulated else ''}"


async def employ(store: Store, settings: Settings, consumer: str, stop: Stop) -> None:
    """Return once this worker may work on the queue; while Redis is away nobody can say.

    Raises:
        OtherAccount: vendor tasks of another account are live.
        Stopping: the process is to stop.
    """
    secret = sha256(settings.tencentcloud_secret_id.get_secret_value().encode()).hexdigest()[:16]
    while True:
        try:
            if await store.employer.employ(name_of(settings), secret):
                log.warning("another credential", account=name_of(settings))
                acting = store.acting(Actor(who=PROCESS, name=consumer))
                await acting.audit.note("credential", name_of(settings), detail="another SecretId than before")
            return
        except StoreUnavailable as error:
            log.warning("store away", step="employ", why=str(error))
            await stop.nap(AGAIN_SECONDS)


def renewing(account: Account) -> Callable[[], Account]:
    """Return what gives the account as it is now: of secrets that stand in files, as the files say at the moment.

    A file that cannot be read, or holds what is no secret, changes nothing: it may be about to be replaced.
    """
    paths = {part: path for part, name in _NAMES.items() if (path := config.secret_paths().get(name))}
    now = account

    def current() -> Account:
        nonlocal now
        try:
            found = {part: read_secret(_NAMES[part], path).strip() for part, path in paths.items()}
            if all(found.values()):
                now = Account(**{"secret_id": now.secret_id, "secret_key": now.secret_key, "token": now.token, **found})
        except ConfigurationError as error:
            log.warning("credential not renewed", why=str(error))
        return now

    return current if paths else lambda: account
