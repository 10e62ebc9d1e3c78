"""The worker process: takes deliveries, keeps its leases, stops in order."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from secrets import token_hex

from aigcq import telemetry
from aigcq.backoff import spread
from aigcq.catalogue import Catalogue
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import SchemaTooNew, StoreUnavailable, VendorError
from aigcq.model import Delivery, Event
from aigcq.store import Store
from aigcq.store.deliveries import Claimed, Renewal
from aigcq.vendors.base import Vendor
from aigcq.worker.budget import Budget
from aigcq.worker.driver import Driver, Held
from aigcq.worker.observed import Observed
from aigcq.worker.persist import Persist
from aigcq.worker.stop import Stop, Stopping
from aigcq.worker.submission import Submitter

log = telemetry.logger()

BATCH = 50
"""Deliveries taken, renewed or reclaimed by one script."""
REPAIR_SECONDS = 60.0
REDIS_AWAY_SECONDS = 0.5

UNREMARKABLE = frozenset(
    {Event.CLAIM, Event.SUBMIT, Event.PROGRESS, Event.RECLAIM, Event.CANCEL_REQUEST, "alarm", "pause"}
)
"""Events after which there is nothing new to claim."""


def consumer_name(settings: Settings) -> str:
    """Return a name that no other worker has, even with the same CONSUMER_NAME in `.env`."""
    return f"{settings.consumer_name or socket.gethostname()}-{os.getpid()}-{token_hex(2)}"


class Worker:
    """One process's share of the work; hundreds of deliveries at a time."""

    def __init__(
        self, store: Store, vendor: Vendor, settings: Settings, clock: Clock, catalogue: Catalogue, rng: Random
    ) -> None:
        self.consumer = consumer_name(settings)
        self.stop = Stop()
        self._store = store
        self._vendor = Observed(vendor, clock)
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._held: dict[str, Held] = {}
        self._handed_back = asyncio.Event()
        persist, budget = Persist(self.stop, rng), Budget(store, settings, self.stop)
        submitter = Submitter(store, self._vendor, settings, clock, rng, self.stop, persist, budget)
        self._driver = Driver(
            store, self._vendor, settings, clock, catalogue, rng, self.stop, persist, budget, submitter
        )  # fmt: skip

    async def run(self) -> None:
        """Work until `stop` is requested. The nesting is the shutdown order: deliveries, then chores.

        Raises:
            SchemaTooNew: a newer release has written the queue.
        """
        log.info("worker started", consumer=self.consumer)
        async with asyncio.TaskGroup() as group:
            renew = self._settings.renew_seconds
            chores = [
                group.create_task(self._every(renew, self._renew)),
                group.create_task(self._every(renew, self._beat)),
                group.create_task(self._every(REPAIR_SECONDS, self._repair)),
            ]
            try:
                await self._deliver()
            finally:
                for chore in chores:
                    chore.cancel()
        await self._leave()
        log.info("worker stopped", consumer=self.consumer)

    async def _deliver(self) -> None:
        """Take deliveries until the stop; then let them end or be handed back, within the drain time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as drain, asyncio.TaskGroup() as deliveries:
                deliveries.create_task(self._sweep(deliveries))
                await self._consume(deliveries)
                log.info("draining", held=len(self._held))
                drain.reschedule(loop.time() + self._settings.drain_seconds)
        except TimeoutError:
            log.warning("drain time is over; deliveries were handed back", consumer=self.consumer)

    async def _consume(self, deliveries: asyncio.TaskGroup) -> None:
        while not self.stop.requested:
            try:
                await self._look(deliveries)
            except Stopping:
                return
            except StoreUnavailable as error:
                await self._reconnect(error)

    async def _look(self, deliveries: asyncio.TaskGroup) -> None:
        """Claim what may run; wait for a reason to look again."""
        room = min(BATCH, self._settings.worker_concurrency - len(self._held))
        claimed = await self._store.deliveries.claim(self.consumer, max(0, room))
        for delivery in claimed.deliveries:
            self._start(deliveries, delivery)
        if claimed.due_seconds == 0:
            await self._store.deliveries.promote()
        elif not room or len(claimed.deliveries) < room:
            await self.stop.unless(self._wait(claimed))

    async def _wait(self, claimed: Claimed) -> None:
        """Return when an event may have changed the answer, or after the time that the answer named."""
        longest = self._settings.worker_poll_interval
        times = [claimed.wait_seconds, claimed.due_seconds]
        until = self._clock.monotonic() + min([longest, *(time for time in times if time is not None)])
        last = claimed.last_event
        while (left := until - self._clock.monotonic()) > 0:
            block = min(left, self._settings.worker_block_time / 1000)
            events = await self._store.control.events(last, block)
            if any(event["event"] == Event.HAND_BACK for _, event in events):
                self._handed_back.set()
            if any(event["event"] not in UNREMARKABLE for _, event in events):
                return
            last = events[-1][0] if events else last

    def _start(self, deliveries: asyncio.TaskGroup, delivery: Delivery) -> None:
        held = Held(delivery, until=self._clock.monotonic() + self._settings.lease_seconds)
        self._held[delivery.task_id] = held
        log.info("claimed", task=delivery.task_id, attempt=delivery.task.attempt, phase=delivery.task.phase)
        deliveries.create_task(self._drive(held))

    async def _drive(self, held: Held) -> None:
        try:
            await self._driver.drive(held)
        finally:
            if self._held.get(held.delivery.task_id) is held:
                del self._held[held.delivery.task_id]

    async def _sweep(self, deliveries: asyncio.TaskGroup) -> None:
        """Take over what the dead and the stopped have left, as soon as its lease ends.

        However much this worker holds already: nobody else may be left to do it.
        """
        while not self.stop.requested:
            pause = self._settings.renew_seconds
            try:
                pause = await self._reclaim(deliveries)
            except StoreUnavailable as error:
                log.warning("sweep failed", why=str(error))
            with suppress(Stopping):
                await self.stop.unless(self._until_handed_back(pause))

    async def _reclaim(self, deliveries: asyncio.TaskGroup) -> float:
        """Take over one batch; return the seconds after which to look again.

        For one lease after a start of Redis nobody is taken for dead: nobody could renew.
        """
        up_long_enough = await self._store.control.uptime_seconds() >= self._settings.lease_seconds
        taken, next_end = await self._store.deliveries.reclaim(self.consumer, BATCH, expired=up_long_enough)
        for delivery in taken:
            self._start(deliveries, delivery)
        soonest = self._settings.lease_seconds / 20
        longest = self._settings.renew_seconds
        return longest if next_end is None else max(soonest, min(longest, next_end))

    async def _until_handed_back(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(spread(seconds, self._rng)):
                await self._handed_back.wait()
        self._handed_back.clear()

    async def _renew(self) -> None:
        """Renew every lease; one that was lost ends in its own next write."""
        everyone = list(self._held.values())
        for first in range(0, len(everyone), BATCH):
            batch = everyone[first : first + BATCH]
            asked_at = self._clock.monotonic()
            answers = await self._store.deliveries.renew(self.consumer, [held.delivery for held in batch])
            for held, answer in zip(batch, answers, strict=True):
                if answer is not Renewal.LOST:
                    held.until = asked_at + self._settings.lease_seconds
                held.cancel_requested |= answer is Renewal.CANCEL_REQUESTED

    async def _beat(self) -> None:
        """Say that we live; look whether a pause of the machine's own is over."""
        seen = {**self._vendor.tell(), "simulated": int(self._settings.vendor_is_simulated)}
        beat = await self._store.control.beat(self.consumer, seen)
        if not beat.probe_at_ms or beat.now_ms < beat.probe_at_ms:
            return
        try:
            await self._vendor.probe()
        except VendorError as error:
            log.warning("still paused", vendor_code=error.vendor_code, why=str(error))
        else:
            if await self._store.control.resume(by="vendor"):
                log.info("queue resumed")

    async def _repair(self) -> None:
        if mended := await self._store.deliveries.repair():
            log.warning("repaired", tasks=mended)

    async def _every(self, seconds: float, chore: Callable[[], Awaitable[None]]) -> None:
        """Do `chore` now and then; neither Redis being away nor a fault in it ends the worker."""
        while True:
            try:
                await chore()
            except SchemaTooNew:
                raise
            except StoreUnavailable as error:
                log.warning("chore failed", chore=chore.__name__, why=str(error))
            except Exception:
                log.exception("internal error", chore=chore.__name__)
            await self._clock.sleep(spread(seconds, self._rng))

    async def _reconnect(self, error: StoreUnavailable) -> None:
        """Wait for Redis; one that came back empty gets its consumer group again."""
        log.warning("store away", why=str(error))
        try:
            await self.stop.nap(REDIS_AWAY_SECONDS)
            await self._store.connection.prepare()
        except (Stopping, StoreUnavailable):
            return

    async def _leave(self) -> None:
        try:
            await self._store.control.leave(self.consumer)
        except StoreUnavailable as error:
            log.warning("could not sign off", why=str(error))
