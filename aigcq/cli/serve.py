"""The processes: `aigcq api | worker | simulate | demo`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated
from urllib.parse import urlsplit

import typer
import uvicorn
import uvloop

from aigcq import catalogue, config, demo, smoke, telemetry
from aigcq.accounts import Mover, open_accounts
from aigcq.api.payloads import Teller
from aigcq.api.protocol import BoundedHead
from aigcq.cli.account import employ, renewing
from aigcq.clock import Clock, SystemClock
from aigcq.config import Settings
from aigcq.embedded import redis_url
from aigcq.errors import ConfigurationError
from aigcq.exporter import Scrape, listening
from aigcq.outbound.caller import Caller
from aigcq.outbound.guard import allowed_by
from aigcq.simulator import Overflow, SettingsError, SimulatorSettings
from aigcq.simulator import run as run_simulator
from aigcq.storage import refuse_unshared
from aigcq.store import Store
from aigcq.vendors.tencent_vod import TencentVod
from aigcq.vendors.vod_api import Account as VendorAccount
from aigcq.worker.crew import Crew, Member
from aigcq.worker.deliverer import Deliverer
from aigcq.worker.worker import Worker

STOP_SECONDS = 10
"""A client that listens to events would keep the server from stopping for ever."""

Port = Annotated[int, typer.Option(help="TCP port.", min=1, max=65535)]
Host = Annotated[str, typer.Option(help="Address to listen on.")]


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("api")(api)
    app.command("worker")(worker)
    app.command("simulate")(simulate)
    app.command("demo")(run_demo)
    app.command("smoke")(run_smoke)


def api(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run the HTTP API."""
    uvicorn.run(
        "aigcq.api:create_app",
        factory=True,
        host=host,
        port=port,
        http=BoundedHead,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def worker(
    account: Annotated[str, typer.Option(help="Work for this account of AIGCQ_ACCOUNTS only.")] = "",
) -> None:
    """Run one worker: it takes tasks from the queue, of each account, and drives them at the vendor."""
    settings = config.read()
    telemetry.configure(settings, "worker")
    try:
        uvloop.run(_work(settings, account))
    except asyncio.CancelledError:  # a second signal; what was held has been handed back
        raise typer.Exit(1) from None


def simulate(
    host: Host = "127.0.0.1",
    port: Port = 8090,
    speed: Annotated[float, typer.Option(help="Divides every latency: 60 makes a minute a second.")] = 1.0,
    concurrency: Annotated[int, typer.Option(help="Videos that the account may run at once.")] = 1,
    overflow: Annotated[Overflow, typer.Option(help="What happens to a task beyond that.")] = Overflow.ASYNC_FAIL,
    faults: Annotated[
        str, typer.Option(help="Probabilities by name, e.g. reply_lost=0.1,async_fail:InternalError=0.02.")
    ] = "",
    latency: Annotated[str, typer.Option(help="Seconds of rendering as MIN-MAX, instead of the model's own.")] = "",
    seed: Annotated[int, typer.Option(help="Of latencies and faults: a run can be repeated.")] = 0,
    public_url: Annotated[str, typer.Option(help="Base of the videos' addresses.")] = "",
    state: Annotated[
        Path | None, typer.Option(help="File that keeps its tasks between two runs; written when it stops.")
    ] = None,
) -> None:
    """Run the stand-in for Tencent Cloud VOD: the same wire, no bill."""
    try:
        settings = SimulatorSettings(
            speed=speed,
            concurrency=concurrency,
            overflow=overflow,
            faults=SimulatorSettings.parse_faults(faults),
            latency=_range(latency),
            seed=seed,
            public_url=public_url,
        )
    except SettingsError as error:
        raise ConfigurationError(str(error)) from None
    run_simulator(settings, host, port, state)


def run_demo(
    host: Host = demo.LOCAL,
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
    plan = demo.Plan(host=host, port=port, workers=workers, speed=speed, concurrency=concurrency, real=real)
    raise typer.Exit(demo.run(plan, settings))


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


def _range(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    shortest, _, longest = text.partition("-")
    try:
        return float(shortest), float(longest or shortest)
    except ValueError:
        raise ConfigurationError(f"--latency takes MIN-MAX seconds, e.g. 1-3, not {text!r}.") from None


async def _work(settings: Settings, only: str = "") -> None:
    clock, models = SystemClock(), catalogue.load()
    with redis_url(settings, telemetry.logger().warning) as url:
        refuse_unshared(settings, url)
        async with open_accounts(settings, url, clock) as accounts, AsyncExitStack() as vendors:
            members = []
            for each in [accounts.named(only)] if only else accounts:
                store, own = each.store, each.account.settings
                vendor = await vendors.enter_async_context(vendor_of(own, clock))
                worker = Worker(store, vendor, own, clock, models, Random())
                members.append(
                    Member(
                        account=each.name if accounts.several else "",
                        worker=worker,
                        deliverer=deliverer_of(store, own, clock, worker.listener.posted),
                        employed=partial(employ, store, own, worker.consumer, worker.stop),
                    )
                )
            crew = Crew(members, Mover(accounts) if accounts.several else None)
            _stop_on_signals(crew)
            async with listening(settings, Scrape(accounts, clock)):
                await crew.run()


def deliverer_of(store: Store, settings: Settings, clock: Clock, bell: asyncio.Event) -> Deliverer:
    """Return who tells receivers what became of tasks; `bell` rings when there may be something to tell.

    Raises:
        ConfigurationError: AIGCQ_WEBHOOK_ALLOW cannot be read.
    """
    allowed = allowed_by(settings.webhook_allow)
    caller = partial(Caller, allowed, settings.webhook_timeout_seconds)
    return Deliverer(store, settings, clock, Random(), Teller(store, settings, clock), bell, caller)


def vendor_of(settings: Settings, clock: SystemClock) -> TencentVod:
    """Return the vendor that `settings` name.

    Raises:
        ConfigurationError: there are no credentials.
    """
    if not settings.has_credentials:
        raise ConfigurationError(
            "A worker needs TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY. Without an account, run scripts/demo."
        )
    return TencentVod(
        secret_id=settings.tencentcloud_secret_id.get_secret_value(),
        secret_key=settings.tencentcloud_secret_key.get_secret_value(),
        token=settings.tencentcloud_token.get_secret_value(),
        sub_app_id=settings.vod_subapp_id,
        endpoint=settings.tencentcloud_endpoint,
        region=settings.tencentcloud_region,
        timeout_seconds=settings.vendor_timeout_seconds,
        clock=clock,
        renewing=renewing if not settings.accounts else _constant,  # their file has secrets of its own
    )


def _constant(account: VendorAccount) -> Callable[[], VendorAccount]:
    return lambda: account


def _stop_on_signals(crew: Crew) -> None:
    """The first signal stops in order; a second one stops now, and what was held is handed back all the same."""
    loop = asyncio.get_running_loop()
    current = asyncio.current_task()

    def stop() -> None:
        if crew.stopping and current:
            current.cancel()
        crew.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
