"""What the API has of several accounts: clients are told of a task by its account's own reader of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from aigcq import telemetry
from aigcq.accounts import Accounts, Historian, StoreOfAll
from aigcq.accounts.historian import API_STALE_SECONDS
from aigcq.api.eta import Measured
from aigcq.api.hub import Hub, Listening
from aigcq.api.streams import Streams
from aigcq.caller import OPERATOR, Caller
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import TaskNotFound
from aigcq.exporter import Scrape
from aigcq.schemas import Eta
from aigcq.storage import Storage
from aigcq.store import Store
from aigcq.store.tasks import View

log = telemetry.logger()


@dataclass(slots=True)
class Rooms:
    """What routes are given, and what must run for it: the readers of events, and who keeps history."""

    store: Store
    measured: Measured
    streams: Streams
    hubs: Sequence[Hub]
    scrape: Scrape
    historian: Historian
    clock: Clock
    _closed: bool = False

    @classmethod
    def of(cls, accounts: Accounts, settings: Settings, clock: Clock, storage: Storage | None = None) -> Rooms:
        """Return what there is of one account, or of several as if they were one."""
        hubs = [Hub(each.store, settings, clock) for each in accounts]
        streams = [Streams(each.store, hub, settings, clock) for each, hub in zip(accounts, hubs, strict=True)]
        measured = [Measured(each.store, each.account.settings, clock) for each in accounts]
        scrape = Scrape(accounts, clock, storage)
        historian = Historian([each.store for each in accounts], API_STALE_SECONDS)
        if not accounts.several:
            return cls(accounts[0].store, measured[0], streams[0], hubs, scrape, historian, clock)
        store, names = StoreOfAll.of(accounts), [each.name for each in accounts]
        return cls(
            store,
            MeasuredOfAll(store, settings, clock, dict(zip(names, measured, strict=True))),
            StreamsOfAll(store, HubOfAll(store, settings, clock, hubs), settings, clock, accounts=accounts,
                         each=dict(zip(names, streams, strict=True))),
            hubs, scrape, historian, clock,
        )  # fmt: skip

    async def run(self) -> None:
        """Read events, and keep history, until `close`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_history())
            for hub in self.hubs:
                group.create_task(hub.run())

    async def _keep_history(self) -> None:
        while not self._closed:  # a cancellation can be lost in a read that ends just then
            await self.clock.sleep(self.historian.pause_seconds)
            try:
                await self.historian.turn()
            except Exception:
                log.exception("internal error", step="history")

    def close(self) -> None:
        self._closed = True
        for hub in self.hubs:
            hub.close()


class MeasuredOfAll(Measured):
    """The pace of each account."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, each: Mapping[str, Measured]) -> None:
        super().__init__(store, settings, clock)
        self._each = each

    def of(self, account: str) -> Measured:
        return self._each.get(account, self)

    async def of_new(self, kinds: Collection[str]) -> Eta:
        """Return what the account foretells that would be done with it first."""
        found = [await each.of_new(kinds) for each in self._each.values()]
        return min(found, key=lambda eta: float("inf") if eta.p50_seconds is None else eta.p50_seconds)


class HubOfAll(Hub):
    """All readers, for who wants to hear of everything."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, each: Sequence[Hub]) -> None:
        super().__init__(store, settings, clock)
        self._each = each

    def check_room(self) -> None:
        for hub in self._each:
            hub.check_room()

    @contextmanager
    def listening(self, topic: str, one: Listening | None = None) -> Iterator[Listening]:
        self.check_room()
        one = one or Listening(topic)
        with ExitStack() as stack:
            for hub in self._each:
                stack.enter_context(hub.listening(topic, one))
            yield one

    async def reading(self) -> None:
        for hub in self._each:
            await hub.reading()


@dataclass(slots=True)
class StreamsOfAll(Streams):
    """The streams of each account. Who comes back to that of everything is told to read the list again: the events
    of several accounts have no order in which one of them could be where somebody has stopped."""

    accounts: Accounts = field(kw_only=True)
    each: Mapping[str, Streams] = field(kw_only=True)

    def seen_by(self, caller: Caller) -> Streams:
        if caller == OPERATOR:
            return self
        own = {name: streams.seen_by(caller) for name, streams in self.each.items()}
        return replace(self, store=self.store.seen_by(caller), each=own)

    async def of_task(self, task_id: str, after: str, base: str) -> AsyncGenerator[bytes, None]:
        async for frames in (await self._of(task_id)).of_task(task_id, after, base):
            yield frames

    async def ended(self, task_id: str, seconds: float) -> View:
        try:
            return await self._ended(task_id, seconds)
        except TaskNotFound:  # it has moved meanwhile, or there is none
            return await self._ended(task_id, seconds)

    async def _ended(self, task_id: str, seconds: float) -> View:
        account = await self.accounts.of(task_id, self.store.caller.sees)
        return replace(await self.each[account.name].ended(task_id, seconds), account=account.name)

    async def _of(self, task_id: str) -> Streams:
        account = await self.accounts.of(task_id, self.store.caller.sees)
        return self.each[account.name]
