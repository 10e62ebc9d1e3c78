"""The worker process: takes deliveries, keeps its leases, stops in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random
from typing import ParamSpec, TypeVar

from aigcq import telemetry
from aigcq.backoff import spread
from aigcq.catalogue import Catalogue
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import SchemaTooNew, StoreUnavailable
from aigcq.model import Delivery
from aigcq.store import Store
from aigcq.store.deliveries import Claimed
from aigcq.store.leases import Renewal
from aigcq.vendors.base import Vendor
from aigcq.worker import audit, bill, rhythm
from aigcq.worker.budget import Budget
from aigcq.worker.consumer import consumer_name
from aigcq.worker.driver import LAST_SHARE, Driver
from aigcq.worker.held import Held
from aigcq.worker.hints import Hints
from aigcq.worker.horizon import Gauge
from aigcq.worker.listener import Listener
from aigcq.worker.listing import Listing
from aigcq.worker.observed import Observed
from aigcq.worker.persist import Persist
from aigcq.worker.probing import SHELF_SECONDS, Probing
from aigcq.worker.room import Room
from aigcq.worker.saver import CLEAR_SECONDS, Saver
from aigcq.worker.settler import Settler
from aigcq.worker.stop import Stop, Stopping
from aigcq.worker.submission import Submitter
from aigcq.worker.symptoms import Symptoms

P = ParamSpec("P")
T = TypeVar("T")
log = telemetry.logger()

BATCH = 50
"""Deliveries taken or reclaimed by one script."""
RENEW_BATCH = 200
"""Deliveries renewed by one: thousands must all have had their turn long before a lease ends."""
REPAIR_SECONDS = 60.0
MEASURE_SECONDS = 15.0
REDIS_AWAY_SECONDS = 0.5
SUSPECT_SECONDS = 0.1
"""How soon another look at the leases is worth it while this worker tries a suspect."""


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
        self._room = Room(settings, self._held)
        self._gauge = Gauge(store, settings, self.consumer, self._held)
        self._over = Stop()
        self._symptoms = Symptoms(clock, self.consumer)
        self._outdated: SchemaTooNew | None = None
        self._signs_off = True
        persist, budget = Persist(self.stop, rng), Budget(store, settings, clock, self.stop)
        self._hints = Hints(store, self._vendor, settings, clock, budget, self._held)
        self.listener = Listener(store, self._hints)
        self._submitter = Submitter(store, self._vendor, settings, clock, rng, self.stop, persist, budget)
        self._rhythm = rhythm.Rhythm(store, settings, clock, rng, self.stop, self._held)
        self._listing = Listing(self._vendor, settings, clock, budget, self._rhythm, self._held)
        self._saver = Saver(store, self._vendor, settings, clock, rng, self.stop, persist, budget, self._symptoms)
        self._probing = Probing(
            store, self._vendor, self._submitter, self._symptoms, self._saver.storage, self.consumer
        )
        self._audit = audit.Audit(store, self._vendor, settings, clock)
        bills = bill.Bill(settings, clock)
        settler = Settler(store, settings, clock, catalogue, rng, persist, self._submitter, self._saver, bills)
        self._driver = Driver(
            store, self._vendor, settings, clock, self.stop, persist, budget, self._submitter, settler,
            self._gauge, self._rhythm, self._listing,
        )  # fmt: skip

    async def run(self) -> None:
        """Work until `stop` is requested. The nesting is the shutdown order: deliveries, then chores.

        Raises:
            SchemaTooNew: a newer release has written the queue; what was held is handed back.
        """
        async with asyncio.TaskGroup() as group:
            chores = [
                group.create_task(self._every(self._settings.renew_seconds, self._live)),
                group.create_task(self._every(self._settings.renew_seconds, self._probing.pause)),
                group.create_task(self._every(REPAIR_SECONDS, self._repair)),
                group.create_task(self._every(MEASURE_SECONDS, self._gauge.measure)),
                group.create_task(self._every(CLEAR_SECONDS, self._saver.clear)),
                group.create_task(self._every(SHELF_SECONDS, self._probing.shelf)),
                group.create_task(self._every(audit.LOOK_SECONDS, self._audit.look)),
                group.create_task(self._every(rhythm.MEASURE_SECONDS, self._rhythm.measure)),
                group.create_task(self._every(self._settings.worker_poll_interval, self._listing.look)),
                group.create_task(self._every(self._settings.worker_poll_interval, self._hints.pull)),
                group.create_task(self._every(self._settings.worker_poll_interval, self._store.upkeep.expire)),
            ]
            try:
                await self._deliver()
            finally:
                self._over.request()
                for chore in chores:
                    chore.cancel()
                await self._saver.close()
        if self._signs_off:
            await self._leave()
        log.info("worker stopped", consumer=self.consumer)
        if self._outdated:
            raise self._outdated

    async def _deliver(self) -> None:
        """Take deliveries until the stop; then let them end or be handed back, within the drain time."""
        # What is left of the drain time is for handing back by force, and for signing off.
        seconds, asking = self._settings.drain_seconds * (1 - 2 * LAST_SHARE), True
        try:
            async with asyncio.timeout(None) as drain, asyncio.TaskGroup() as deliveries:
                deliveries.create_task(self.stop.ends(drain, seconds))
                deliveries.create_task(self._sweep(deliveries))
                await self._consume(deliveries)
                asking = False
                log.info("draining", held=len(self._held))
        except TimeoutError:
            log.warning("drain time is over; deliveries were handed back", consumer=self.consumer)
            # What a claim that was cut off has given to this worker, whoever takes it over must not call its doing.
            self._signs_off = not asking

    async def _consume(self, deliveries: asyncio.TaskGroup) -> None:
        while not self.stop.requested:
            if not await self._attempt(self._look, deliveries):
                await self._attempt(self._reconnect)

    async def _look(self, deliveries: asyncio.TaskGroup) -> bool:
        """Claim what may run; return True when there is a reason to look again."""
        room = self._room.left(BATCH)
        asked_at = self._clock.monotonic()
        claimed = await self._store.deliveries.claim(self.consumer, room)
        self._symptoms.claimed(len(claimed.deliveries))
        for delivery in claimed.deliveries:
            self._start(deliveries, delivery, asked_at)
        if claimed.overdue:
            await self._store.upkeep.expire()
        elif claimed.due_seconds == 0:
            await self._store.upkeep.promote()
        elif not room or len(claimed.deliveries) < room:
            await self.stop.unless(self._wait(claimed))
        return True

    async def _wait(self, claimed: Claimed) -> None:
        """Return when an event may have changed the answer, or after the time that the answer named."""
        times = [self._settings.worker_poll_interval, claimed.wait_seconds, claimed.due_seconds]
        until = self._clock.monotonic() + min(time for time in times if time is not None)
        self.listener.claimed(claimed.last_event, submissions=claimed.unanswered)
        while (left := until - self._clock.monotonic()) > 0 and not self.stop.requested:
            if await self.listener.hears(min(left, self._settings.worker_block_time / 1000)):
                return

    def _start(self, group: asyncio.TaskGroup, delivery: Delivery, asked_at: float, how: str = "claimed") -> None:
        held = Held.since(delivery, asked_at, self._settings.lease_seconds)
        if former := self._held.get(delivery.task_id):
            former.lost = True
        self._held[delivery.task_id] = held
        self._room.enter(held)
        log.info(how, task=delivery.task_id, attempt=delivery.task.attempt, phase=delivery.task.phase)
        group.create_task(self._drive(held))

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
            pause = await self._attempt(self._reclaim, deliveries)
            with suppress(Stopping):
                await self.stop.unless(
                    self._until_handed_back(self._settings.renew_seconds if pause is None else pause)
                )

    async def _reclaim(self, deliveries: asyncio.TaskGroup) -> float:
        """Take over one batch; return the seconds after which to look again.

        For one lease after a start of Redis nobody is taken for dead: nobody could renew.
        """
        await self._renew_leases([held for held in self._held.values() if held.looked and held.suspected])
        asked_at = self._clock.monotonic()
        up_long_enough = await self._store.control.uptime_seconds() >= self._settings.lease_seconds
        unproven = sum(not held.proven for held in self._held.values())
        taken, next_end = await self._store.leases.reclaim(
            self.consumer, BATCH, expired=up_long_enough, unproven=unproven
        )
        for delivery in taken:
            self._start(deliveries, delivery, asked_at, "reclaimed")
        return 0.0 if len(taken) == BATCH else self._until_next_sweep(next_end)

    def _until_next_sweep(self, next_end: float | None) -> float:
        if any(held.suspected for held in self._held.values()):  # others wait until this one is not
            return SUSPECT_SECONDS
        soonest, longest = self._settings.lease_seconds / 20, self._settings.renew_seconds
        return longest if next_end is None else max(soonest, min(longest, next_end))

    async def _until_handed_back(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(spread(seconds, self._rng)):
                await self.listener.handed_back.wait()
        self.listener.handed_back.clear()

    async def _live(self) -> None:
        """Renew what is held, then say that we live: who only beats is taken for one never told what it holds."""
        await self._renew()
        symptoms, simulated = self._symptoms, int(self._settings.vendor_is_simulated)
        seen = {**self._vendor.tell(), **symptoms.tell(), "simulated": simulated}
        beat = self._probing.beat = await self._store.control.beat(self.consumer, seen, claimed=symptoms.told_claims())
        symptoms.heard_time(beat.now_ms)
        if beat.drain:
            self.stop.request()

    async def _renew(self) -> None:
        await self._renew_leases(list(self._held.values()))

    async def _renew_leases(self, mine: Sequence[Held]) -> None:
        """Renew leases; who drives one that was lost finds out before its next step."""
        for first in range(0, len(mine), RENEW_BATCH):
            batch = mine[first : first + RENEW_BATCH]
            asked_at = self._clock.monotonic()
            answers = await self._store.leases.renew(self.consumer, [held.delivery for held in batch])
            for held, answer in zip(batch, answers, strict=True):
                if answer is Renewal.LOST:
                    held.lost = True
                    self._symptoms.lost()
                    held.bell.set()  # its driver finds out at once
                    continue
                held.renewed(asked_at, self._settings.lease_seconds)
                held.proven = True
                if answer is Renewal.CANCEL_REQUESTED and not held.cancel_requested:
                    held.cancel_requested = True
                    held.bell.set()  # an abort works only while it waits

    async def _repair(self) -> None:
        await self._store.connection.prepare()  # without the group nothing can end, and nobody else may notice
        if mended := await self._store.upkeep.repair():
            log.warning("repaired", tasks=mended)

    async def _every(self, seconds: float, chore: Callable[[], Awaitable[object]]) -> None:
        while not self._over.requested:
            await self._attempt(chore)
            with suppress(Stopping):
                await self._over.nap(spread(seconds, self._rng))

    async def _attempt(self, step: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what `step` returns, or None: neither Redis being away nor a fault of ours ends the worker."""
        try:
            return await step(*args, **kwargs)
        except Stopping:
            pass
        except StoreUnavailable as error:
            log.warning("store away", step=step.__name__.strip("_"), why=str(error))
        except SchemaTooNew as error:
            log.error("outdated", why=str(error))
            self._outdated = error
            self.stop.request()
        except Exception:
            log.exception("internal error", step=step.__name__.strip("_"))
        return None

    async def _reconnect(self) -> None:
        """Wait for Redis; one that came back empty gets its consumer group again."""
        await self.stop.nap(REDIS_AWAY_SECONDS)
        with suppress(StoreUnavailable):
            await self._store.connection.prepare()

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(self._settings.drain_seconds * LAST_SHARE):
                await self._store.control.leave(self.consumer)
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("could not sign off", why=str(error))
