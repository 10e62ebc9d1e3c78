"""The service, live in a terminal: `aigcq top`."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.live import Live

from aigcq.accounts import Accounts, StoreOfAll
from aigcq.cli.operate import on_accounts
from aigcq.cli.panel import TRAIL, Picture, panel
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.diagnosis import Seen, findings
from aigcq.errors import StoreUnavailable, VendorRateLimited, VendorThrottled
from aigcq.model import Event
from aigcq.store import Store
from aigcq.store.control import Change
from aigcq.store.workers import Staff
from aigcq.worker.stop import Stop, Stopping

REDRAW_SECONDS: Final = 1.0
FLOW_MS: Final = 60_000
PAGE: Final = 1000
MOST_PAGES: Final = 20
"""Of events, in one look: a queue that is faster is counted a little late."""
CHANGES: Final = 5
THROTTLED: Final = {VendorThrottled.code, VendorRateLimited.code}
NAMES: Final = {
    Event.CREATE: "created",
    Event.CLAIM: "started",
    Event.SUCCEED: "completed",
    Event.FAIL: "failed",
    Event.EXPIRE: "failed",
    Event.CANCEL: "cancelled",
    Event.ABORT: "cancelled",
    Event.RETRY: "retried",
}
"""Events that are counted, and as what."""


def install(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command("top")(top)


def top(
    once: Annotated[bool, typer.Option("--once", help="Show it once, and end.")] = False,
) -> None:
    """Show the queue, the workers, the limit and what is wrong, anew each second until Ctrl-C."""
    console = Console()
    with suppress(KeyboardInterrupt):
        on_accounts(lambda accounts: _once(accounts, console) if once else _watch(accounts, console))


async def _once(accounts: Accounts, console: Console) -> None:
    console.print(panel(await Watching(accounts).look()))


async def _watch(accounts: Accounts, console: Console) -> None:
    watching, stop = Watching(accounts), Stop()
    # Not by a cancellation: one that comes while Redis is asked can get lost.
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.request)
    live = Live(console=console, screen=console.is_terminal, auto_refresh=False, vertical_overflow="crop")
    with suppress(Stopping), live:
        while True:
            live.update(panel(await watching.look()), refresh=True)
            await stop.nap(REDRAW_SECONDS)


@dataclass(slots=True)
class Flow:
    """What has happened in one queue within the last minute, by its events."""

    store: Store
    _after: str = ""
    _seen: deque[tuple[int, str]] = field(default_factory=deque)

    async def look(self, now_ms: int) -> Mapping[str, int]:
        """Return how often each thing has happened."""
        self._after = self._after or f"{now_ms - FLOW_MS}-0"
        for _ in range(MOST_PAGES):
            page = await self.store.control.events_after(self._after, PAGE)
            for at, event in page:
                self._after = at
                if name := _counted(event):
                    self._seen.append((int(at.partition("-")[0]), name))
            if len(page) < PAGE:
                break
        while self._seen and self._seen[0][0] < now_ms - FLOW_MS:
            self._seen.popleft()
        return Counter(name for _, name in self._seen)


def _counted(event: Mapping[str, str]) -> str:
    if event.get("event") == Event.RETRY and event.get("code") in THROTTLED:
        return "refused"
    return next((name for kind, name in NAMES.items() if kind == event.get("event")), "")


class Watching:
    """What one viewer has seen so far."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._settings: Settings = accounts[0].account.settings
        self._store = StoreOfAll.of(accounts) if accounts.several else accounts[0].store
        self._flows = [Flow(each.store) for each in accounts]
        self._live: deque[int] = deque(maxlen=TRAIL)
        self._queued: deque[int] = deque(maxlen=TRAIL)
        self._clock = SystemClock()

    async def look(self) -> Picture:
        """Return this moment; that Redis is away is one too."""
        name = ", ".join(each.name for each in self._accounts)
        try:
            return await self._seen(name)
        except StoreUnavailable as error:
            found = findings(Seen(away=str(error)), self._settings)
            now_ms = round(self._clock.now() * 1000)
            return Picture(name=name, now_ms=now_ms, settings=self._settings, findings=found)

    async def _seen(self, name: str) -> Picture:
        overview = await self._store.control.overview()
        condition = await self._store.server.look()
        flow: Counter[str] = Counter()
        for each in self._flows:
            flow.update(await each.look(overview.now_ms))
        self._live.append(overview.live)
        self._queued.append(overview.queued)
        return Picture(
            name=name, now_ms=overview.now_ms, settings=self._settings, overview=overview,
            findings=findings(Seen(overview=overview, condition=condition), self._settings),
            staff=await self._staff(), changes=await self._changes(), flow=flow,
            live=list(self._live), queued=list(self._queued),
        )  # fmt: skip

    async def _staff(self) -> Staff:
        return await self._store.workers.staff()

    async def _changes(self) -> list[Change]:
        found = [change for each in self._accounts for change in await each.store.control.changes(CHANGES)]
        return sorted(found, key=lambda change: change.ms, reverse=True)[:CHANGES]
