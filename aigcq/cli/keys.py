"""What an operator does with API keys, straight on Redis: `aigcq keys …`. Thus the first one is made."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from aigcq.api.keys import info_of
from aigcq.api_key import NAME_MAX_CHARS, ApiKey, Shown
from aigcq.caller import DEFAULT_SCOPES, Scope
from aigcq.cli.durations import seconds_of
from aigcq.cli.operate import on_all
from aigcq.clock import SystemClock
from aigcq.schemas.access import KeyInfo
from aigcq.store import Store
from aigcq.tenant import DEFAULT, NAME, inward, outward

commands = typer.Typer(no_args_is_help=True, help="Who may call: API keys, their tenants and scopes.")

KeyId = Annotated[str, typer.Argument(help="The key's id: what stands behind `aigcq_`.", metavar="KEY_ID")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
SHOWN = "This is the one time that it is shown; only its hash is kept."


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.add_typer(commands, name="keys")


@commands.command("create")
def create(
    tenant: Annotated[str, typer.Option(help="For whom it is: what is made with it belongs to this tenant.")] = DEFAULT,
    name: Annotated[str, typer.Option(help="What you will know it by.")] = "",
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it is good for; may be repeated. Default: create and read.")
    ] = None,
    expires_in: Annotated[str, typer.Option(help="E.g. 90d; by default never.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key. From the first one on, nobody may call without."""
    check_tenant(tenant)
    if len(name) > NAME_MAX_CHARS or not name.isprintable():
        raise typer.BadParameter(f"takes at most {NAME_MAX_CHARS} printable characters", param_hint="--name")
    shown, life_seconds = Shown.new(), seconds_of(expires_in, "--expires-in")

    async def add(store: Store) -> tuple[ApiKey, bool]:
        first = not await store.credentials.needed()
        scopes = scope or DEFAULT_SCOPES
        key = await store.credentials.add(
            shown, tenant=inward(tenant), name=name, scopes=set(scopes), life_seconds=life_seconds
        )
        return key, first

    key, first = on_all(add)
    _show(key, shown, as_json)
    if first:
        typer.echo("It is the first: from now on who calls needs a key, unless AIGCQ_AUTH is `off`.", err=True)


@commands.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys, with when each was used last; never what opens."""
    keys = on_all(lambda store: store.credentials.all())
    if as_json:
        typer.echo(json.dumps([_document(key) for key in keys], ensure_ascii=False, indent=2))
    elif not keys:
        typer.echo("There is no key: anybody who reaches the service may call it.")
    else:
        Console().print(_table(keys))


@commands.command("rotate")
def rotate(
    key_id: KeyId,
    overlap: Annotated[str, typer.Option(help="For so long the old one goes on.")] = "24h",
    as_json: AsJson = False,
) -> None:
    """Make a key that is as another one, which goes on for a while."""
    shown, overlap_seconds = Shown.new(), seconds_of(overlap, "--overlap")
    if not overlap_seconds:
        raise typer.BadParameter(
            "takes more than nothing; `aigcq keys revoke` ends the old one", param_hint="--overlap"
        )
    _show(on_all(lambda store: store.credentials.rotate(key_id, shown, overlap_seconds)), shown, as_json)


@commands.command("revoke")
def revoke(key_id: KeyId) -> None:
    """Let a key be good for nothing, within a second. The service does not become open by it."""
    on_all(lambda store: store.credentials.revoke(key_id))
    typer.echo("It is good for nothing any more.")


def check_tenant(name: str) -> None:
    """Refuse what cannot be the name of a tenant."""
    if not NAME.fullmatch(name):
        what = "takes lower-case letters, digits, - and _, at most 40 of them and no sign first"
        raise typer.BadParameter(what, param_hint="tenant")


def _show(key: ApiKey, shown: Shown, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_document(key) | {"key": shown.text}, ensure_ascii=False, indent=2))
        return
    typer.echo(shown.text)
    typer.echo(f"Tenant {outward(key.tenant)}, scopes {', '.join(sorted(key.scopes))}. {SHOWN}", err=True)


def _document(key: ApiKey) -> dict[str, Any]:
    return KeyInfo(**info_of(key, SystemClock().now() * 1000)).model_dump(mode="json")


def _table(keys: Any) -> Table:
    columns = ("id", "tenant", "name", "scopes", "state", "created_at", "expires_at", "last_used_at")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.removesuffix("_at").replace("_", " "), overflow="fold")
    for row in map(_document, keys):
        shown = {**row, "scopes": ", ".join(row["scopes"])}
        table.add_row(*("" if shown[column] is None else str(shown[column]) for column in columns))
    return table
