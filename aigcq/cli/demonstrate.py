"""To see it work: `aigcq demo | smoke`."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from aigcq import config, smoke, supervisor
from aigcq.cli.listen import LOCAL, Host, Port
from aigcq.config import Settings
from aigcq.errors import ConfigurationError


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("demo")(run_demo)
    app.command("smoke")(run_smoke)


def run_demo(
    host: Host = LOCAL,
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="How many workers.", min=1, max=16)] = 2,
    speed: Annotated[float, typer.Option(help="How many times faster than the vendor the simulator is.", min=0.1)] = 10,
    concurrency: Annotated[int, typer.Option(help="Videos that the simulated account may run at once.", min=1)] = 4,
    real: Annotated[bool, typer.Option("--real", help="Use the real vendor. This costs money.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the real vendor is used.")] = False,
) -> None:
    """Run everything in one terminal: store, simulator, API and workers. Ctrl-C stops all of it."""
    settings = config.read()
    if real:
        _confirm(settings, yes)
    plan = supervisor.Plan(host=host, port=port, workers=workers, speed=speed, concurrency=concurrency, real=real)
    raise typer.Exit(supervisor.run(plan, settings))


def run_smoke(
    url: Annotated[str, typer.Option(help="The service to test; by default the local one, else its own.")] = "",
    spend: Annotated[bool, typer.Option("--spend", help="Create videos even if that costs money.")] = False,
) -> None:
    """Test a running service from outside, or one of its own with the simulator."""
    raise typer.Exit(smoke.run(url, spend=spend))


def _confirm(settings: Settings, yes: bool) -> None:
    if not settings.has_credentials:
        raise ConfigurationError("--real needs TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, e.g. in .env.")
    host = urlsplit(settings.tencentcloud_endpoint).hostname
    question = f"Every video will be made by {host} and charged to SubAppId {settings.vod_subapp_id}. Go on?"
    if not yes:
        typer.confirm(question, abort=True)
