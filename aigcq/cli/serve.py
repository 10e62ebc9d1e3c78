"""What does the work: `aigcq worker`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from typing import Annotated

import typer
import uvloop

from aigcq import catalogue, config, telemetry
from aigcq.accounts import Historian, Mover, open_accounts
from aigcq.accounts.historian import WORKER_STALE_SECONDS
from aigcq.api.payloads import Teller
from aigcq.cli.account import employ, renewing
from aigcq.clock import Clock, SystemClock
from aigcq.config import Settings
from aigcq.embedded import redis_url
from aigcq.errors import ConfigurationError
from aigcq.exporter import Scrape, listening
from aigcq.outbound.caller import Caller
from aigcq.outbound.guard import allowed_by
from aigcq.storage import refuse_unshared
from aigcq.store import Store
from aigcq.vendors.tencent_vod import TencentVod
from aigcq.vendors.vod_api import Account as VendorAccount
from aigcq.worker.crew import Crew, Member
from aigcq.worker.deliverer import Deliverer
from aigcq.worker.worker import Worker


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("worker")(worker)


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
            mover = Mover(accounts) if accounts.several else None
            crew = Crew(members, mover, Historian([each.store for each in accounts], WORKER_STALE_SECONDS))
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
