"""One delivery, from its claim to its end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from aigcq import metrics, telemetry, tracing
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.durations import kind_of
from aigcq.errors import (
    AigcqError,
    LeaseLost,
    Poisoned,
    StoreUnavailable,
    VendorAccount,
    VendorError,
)
from aigcq.model import Delivery, Event
from aigcq.spending import FREE
from aigcq.store import Store
from aigcq.store.deliveries import CancelledBeforeSending, OverdueBeforeSending
from aigcq.vendors.base import Job, JobStatus, Vendor
from aigcq.worker.budget import Budget
from aigcq.worker.held import Held
from aigcq.worker.horizon import Gauge, Watch
from aigcq.worker.listing import Listing
from aigcq.worker.persist import Persist
from aigcq.worker.rhythm import AT_ONCE, Rhythm
from aigcq.worker.settler import Settler
from aigcq.worker.stop import Stop, Stopping
from aigcq.worker.submission import Submitter

log = telemetry.logger()

WAITING_SECONDS = 10.0
"""What the vendor has not begun after that waits for a slot, and not for a machine."""
LAST_SHARE = 0.2
"""How much of the drain time handing back may take when it ends by force."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Drives deliveries; each in a coroutine of its own."""

    store: Store
    vendor: Vendor
    settings: Settings
    clock: Clock
    stop: Stop
    persist: Persist
    budget: Budget
    submitter: Submitter
    settler: Settler
    gauge: Gauge
    rhythm: Rhythm
    listing: Listing

    async def drive(self, held: Held) -> None:
        """Bring one delivery to its end, or hand it back; only a cancellation gets out."""
        metrics.HELD.inc()
        telemetry.know(task=held.delivery.task_id, attempt=held.delivery.task.attempt)
        try:
            with tracing.delivery(_carried(held.delivery)):
                await self._drive(held)
        finally:
            self.rhythm.leave(held)
            metrics.HELD.dec()

    async def _drive(self, held: Held) -> None:
        delivery, drain_seconds = held.delivery, self.settings.drain_seconds
        try:
            await self._work_or_give_up(held)
        except LeaseLost:
            log.warning("lease lost", task=delivery.task_id)
        except Stopping:
            await self.hand_back(delivery, drain_seconds)
        except asyncio.CancelledError:
            await self.hand_back(delivery, drain_seconds * LAST_SHARE)
            raise
        except Exception:  # its lease ends, and then somebody tries again
            log.exception("could not settle", task=delivery.task_id)

    async def _work_or_give_up(self, held: Held) -> None:
        try:
            await self._work(held)
        except (LeaseLost, Stopping):
            raise
        except Exception:
            log.exception("internal error", task=held.delivery.task_id)
            await self.settler.give_up(held, AigcqError("A fault in aigcq stopped this task."))

    async def _work(self, held: Held) -> None:
        delivery = held.delivery
        if delivery.task.unreadable:
            raise ValueError(f"the record makes no sense: {', '.join(delivery.task.unreadable)}")
        vendor_task_id = delivery.task.vendor_task_id
        if delivery.task.deaths >= self.settings.max_deaths and not vendor_task_id:  # what is paid for is collected
            await self.settler.give_up(held, Poisoned(delivery.task.deaths))
            return
        await self.gauge.measure_heritage(held)
        try:
            if not vendor_task_id:
                vendor_task_id = await self._submit(held)
            with tracing.step("poll"):
                job = await self._watch(held, vendor_task_id)
        except CancelledBeforeSending:
            await self.settler.settle(delivery, Event.ABORT, {}, cost=FREE)
        except OverdueBeforeSending:
            await self.settler.expire(delivery)
        except VendorError as error:
            await self.settler.after_error(held, error, submitted=bool(vendor_task_id))
        else:
            await self.settler.finish(held, job)

    async def _submit(self, held: Held) -> str:
        self.stop.check()
        delivery = held.delivery
        with tracing.step("submit"):
            made = await self.submitter.submit(held)
        await self.persist(self.store.deliveries.record_submission, delivery, made.vendor_task_id, made.made_ms)
        log.info("submitted", task=delivery.task_id, vendor_task=made.vendor_task_id, attempt=delivery.task.attempt)
        held.alive_at = self.clock.monotonic()
        held.watched(made.vendor_task_id, self._kind(held), held.alive_at)
        return made.vendor_task_id

    async def _watch(self, held: Held, vendor_task_id: str) -> Job:
        """Return the vendor task once it has ended; a resumed one is looked at once first.

        Raises:
            LeaseLost: somebody else watches it by now.
            VendorTaskGone: the vendor has forgotten it, or will before it ends.
        """
        progress, watch = held.delivery.task.progress, Watch(held, vendor_task_id, self.settings, self.clock)
        if held.vendor_task_id:
            due = await self.rhythm.rest(held)
        else:  # another worker has submitted it
            held.watched(vendor_task_id, self._kind(held), self.clock.monotonic())
            due = AT_ONCE
        while True:
            held.check_unlost()
            sight = await self._look(held.delivery, vendor_task_id, due)
            seen_before, held.looked = held.looked, held.looked or isinstance(sight, Job)
            if isinstance(sight, Job) and sight.ended:
                if seen_before:
                    self.listing.saw_end(held, sight)
                return sight
            watch.judge(sight)
            if isinstance(sight, Job):
                held.alive_at = self.clock.monotonic()
                progress = await self._publish(held.delivery, progress, sight)
                await self._tell_waiting(held, sight)
                await self._abort_if_wanted(held, vendor_task_id, sight)
            due = await self.rhythm.rest(held)

    async def _look(self, delivery: Delivery, vendor_task_id: str, due: float) -> Job | VendorError:
        """Return the vendor task as it is, or why it was not seen: a failed look is never a failed task."""
        await self.budget(due)
        try:
            return await self.vendor.describe(vendor_task_id)
        except VendorAccount as error:
            await self.submitter.pause(error)
            return error
        except VendorError as error:
            log.warning("poll failed", task=delivery.task_id, vendor_code=error.vendor_code, why=str(error))
            return error

    async def _publish(self, delivery: Delivery, before: int, job: Job) -> int:
        """Tell progress, if there is any; that Redis is away must not stop the polling."""
        if job.progress == before:
            return before
        try:
            await self.store.deliveries.record_progress(delivery, job.progress)
        except StoreUnavailable:
            return before
        return job.progress

    async def _tell_waiting(self, held: Held, job: Job) -> None:
        """Tell the law, once, that the vendor queues the task instead of running it."""
        early = self.clock.monotonic() - held.made_at < WAITING_SECONDS
        if job.status is not JobStatus.WAITING or held.told_waiting or early:
            return
        with suppress(StoreUnavailable):
            await self.store.deliveries.record_waiting(held.delivery)
            held.told_waiting = True

    async def _abort_if_wanted(self, held: Held, vendor_task_id: str, job: Job) -> None:
        if not held.cancel_requested or job.status is not JobStatus.WAITING:
            return
        try:
            aborted = await self.vendor.abort(vendor_task_id)
        except VendorError as error:
            log.warning("abort failed", task=held.delivery.task_id, why=str(error))
        else:
            log.info("abort asked", task=held.delivery.task_id, aborted=aborted)

    async def hand_back(self, delivery: Delivery, seconds: float) -> None:
        """Let another worker go on at once; if that fails within `seconds`, it does when the lease ends."""
        try:
            async with asyncio.timeout(seconds):
                with tracing.step("hand back", (delivery.task_id, delivery.fence + 1)):
                    await self.store.deliveries.hand_back(delivery)
        except Exception as error:
            log.warning("not handed back", task=delivery.task_id, why=str(error))
        else:
            log.info("handed back", task=delivery.task_id)

    def _kind(self, held: Held) -> str:
        try:
            return kind_of(held.delivery.task.model, off_peak=held.request.off_peak == "Enabled")
        except ValueError:
            return ""


def _carried(delivery: Delivery) -> tracing.Carried:
    task = delivery.task
    return tracing.Carried(
        task_id=task.id,
        traceparent=task.traceparent,
        fence=task.fence,
        created_ms=task.created_ms,
        started_ms=task.started_ms,
        facts={"attempt": task.attempt, "model": task.model, "worker": task.consumer},
    )
