"""One delivery, from its claim to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from aigcq import telemetry
from aigcq.backoff import full_jitter
from aigcq.catalogue import Catalogue
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.durations import kind_of
from aigcq.errors import (
    AigcqError,
    LeaseLost,
    Poisoned,
    StoreUnavailable,
    VendorAborted,
    VendorAccount,
    VendorError,
    VendorFailed,
    VendorRateLimited,
    VendorThrottled,
    VendorUnavailable,
    VendorUnknown,
)
from aigcq.limit import News
from aigcq.model import Delivery, Event, Phase
from aigcq.request import VideoRequest
from aigcq.store import Store
from aigcq.store.deliveries import CancelledBeforeSending
from aigcq.vendors.base import Job, JobStatus, Vendor
from aigcq.worker.budget import Budget
from aigcq.worker.held import Held
from aigcq.worker.horizon import Gauge, NotCollected, Watch
from aigcq.worker.listing import Listing
from aigcq.worker.persist import Persist
from aigcq.worker.rhythm import AT_ONCE, Rhythm
from aigcq.worker.stop import Stop, Stopping
from aigcq.worker.submission import SessionBurned, Submitter

log = telemetry.logger()

LAST_SHARE = 0.2
"""How much of the drain time handing back may take when it ends by force."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Drives deliveries; each in a coroutine of its own."""

    store: Store
    vendor: Vendor
    settings: Settings
    clock: Clock
    catalogue: Catalogue
    rng: Random
    stop: Stop
    persist: Persist
    budget: Budget
    submitter: Submitter
    gauge: Gauge
    rhythm: Rhythm
    listing: Listing

    async def drive(self, held: Held) -> None:
        """Bring one delivery to its end, or hand it back; only a cancellation gets out."""
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
            await self._give_up(held, AigcqError("A fault in aigcq stopped this task."))

    async def _work(self, held: Held) -> None:
        delivery = held.delivery
        if delivery.task.unreadable:
            raise ValueError(f"the record makes no sense: {', '.join(delivery.task.unreadable)}")
        vendor_task_id = delivery.task.vendor_task_id
        if delivery.task.deaths >= self.settings.max_deaths and not vendor_task_id:  # what is paid for is collected
            await self._give_up(held, Poisoned(delivery.task.deaths))
            return
        await self.gauge.measure_heritage(held)
        try:
            if not vendor_task_id:
                vendor_task_id = await self._submit(held)
            job = await self._watch(held, vendor_task_id)
        except CancelledBeforeSending:
            await self._settle(delivery, Event.ABORT, {})
        except VendorError as error:
            await self._after_error(held, error, submitted=bool(vendor_task_id))
        else:
            await self._finish(held, job)

    async def _submit(self, held: Held) -> str:
        self.stop.check()
        delivery = held.delivery
        made = await self.submitter.submit(held)
        await self.persist(self.store.deliveries.record_submission, delivery, made.vendor_task_id, made.made_ms)
        log.info("submitted", task=delivery.task_id, vendor_task=made.vendor_task_id, attempt=delivery.task.attempt)
        held.alive_at = self.clock.monotonic()
        held.watched(made.vendor_task_id, self._kind(delivery), held.alive_at)
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
            held.watched(vendor_task_id, self._kind(held.delivery), self.clock.monotonic())
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

    async def _abort_if_wanted(self, held: Held, vendor_task_id: str, job: Job) -> None:
        if not held.cancel_requested or job.status is not JobStatus.WAITING:
            return
        try:
            aborted = await self.vendor.abort(vendor_task_id)
        except VendorError as error:
            log.warning("abort failed", task=held.delivery.task_id, why=str(error))
        else:
            log.info("abort asked", task=held.delivery.task_id, aborted=aborted)

    async def _finish(self, held: Held, job: Job) -> None:
        delivery = held.delivery
        match job.status:
            case JobStatus.SUCCEEDED:
                over, took = held.over_seconds(job.finished_at, self.clock), job.took_seconds
                release = self.store.deliveries.release
                await self.persist(release, delivery, ended_seconds=over, kind=held.kind, took_seconds=took)
                await self._settle(delivery, Event.SUCCEED, job.video)
            case JobStatus.ABORTED if held.cancel_requested:
                await self._settle(delivery, Event.ABORT, {})
            case JobStatus.ABORTED:
                await self._fail(delivery, VendorAborted("The vendor task was aborted at the vendor."))
            case _:
                error = job.error or VendorFailed("No reason was given.")
                over = held.over_seconds(job.finished_at, self.clock)
                await self._after_error(held, error, submitted=True, ended_seconds=over)

    async def _after_error(
        self, held: Held, error: VendorError, *, submitted: bool, ended_seconds: float | None = None
    ) -> None:
        """Settle or put back after the vendor's refusal, before it had accepted, or when the vendor task has ended."""
        delivery = held.delivery
        told = {"news": _news(error, ended_seconds), "ended_seconds": ended_seconds or 0.0}
        match error:
            case VendorUnknown() | NotCollected():
                await self._give_up(held, error)
            case VendorThrottled() if self.settings.rate_limit_action == "fail":
                await self._fail(delivery, error, billed=submitted, **told)
            case VendorThrottled():
                await self._retry(delivery, error, next_attempt=self._counts(submitted), **told)
            case VendorAccount():
                await self.submitter.pause(error)
                await self._retry(delivery, error, next_attempt=self._counts(submitted))
            case VendorUnavailable():
                await self._retry(delivery, error, unreachable=True)
            case SessionBurned():
                await self._retry(delivery, error, next_attempt=True)
            case _ if error.retryable and delivery.task.tries + 1 < self.settings.max_attempts:
                tries = delivery.task.tries + 1
                base, longest = self.settings.backoff_base_seconds, self.settings.backoff_max_seconds
                delay = full_jitter(tries, base, longest, self.rng)
                await self._retry(
                    delivery, error, next_attempt=self._counts(submitted), tried=True, delay_seconds=delay, **told
                )  # fmt: skip
            case _:
                await self._fail(delivery, error, billed=submitted, **told)

    def _counts(self, submitted: bool) -> bool:
        """Whether the SessionId of a refused request is spent."""
        return submitted or self.settings.refused_burns_session

    async def _retry(self, delivery: Delivery, error: VendorError, **how: Any) -> None:
        put_back = await self.persist(self.store.deliveries.retry, delivery, error_code=error.code, **how)
        if put_back:
            log.info("put back", task=delivery.task_id, code=error.code, vendor_code=error.vendor_code, why=str(error))
        else:
            await self._settle(delivery, Event.ABORT, {})

    async def _fail(self, delivery: Delivery, error: VendorError, *, billed: bool = True, **told: Any) -> None:
        """End it as failed. What was refused at submit was not `billed`; of the rest that is not proven."""
        outcome = error.public() | ({} if billed else {"billed": "no"})
        await self._settle(delivery, Event.FAIL, outcome, error_code=error.code, **told)

    async def _give_up(self, held: Held, error: AigcqError) -> None:
        """Fail it for a person to look at.

        The vendor may be running it, so its permit stays taken for as long as its model takes at
        most; for less if the time that it has had already is beyond doubt.
        """
        delivery = held.delivery
        sent = held.sent or delivery.task.phase != Phase.CLAIMED
        had = error.had_seconds if isinstance(error, NotCollected) else 0.0
        seconds = max(0.0, self._longest_seconds(delivery) - had) if sent else 0.0
        await self._settle(delivery, Event.FAIL, error.public(), error_code=error.code, quarantine_seconds=seconds)

    async def _settle(self, delivery: Delivery, event: Event, outcome: Mapping[str, Any], **how: Any) -> None:
        await self.persist(self.store.deliveries.settle, delivery, event, outcome, **how)
        tell = log.warning if event is Event.FAIL else log.info
        tell("settled", task=delivery.task_id, outcome=event.value, code=how.get("error_code", ""))

    async def hand_back(self, delivery: Delivery, seconds: float) -> None:
        """Let another worker go on at once; if that fails within `seconds`, it does when the lease ends."""
        try:
            async with asyncio.timeout(seconds):
                await self.store.deliveries.hand_back(delivery)
        except Exception as error:
            log.warning("not handed back", task=delivery.task_id, why=str(error))
        else:
            log.info("handed back", task=delivery.task_id)

    def _longest_seconds(self, delivery: Delivery) -> float:
        try:
            return self.catalogue.longest_seconds(VideoRequest.model_validate_json(delivery.request))
        except ValueError:  # the fault may be that the request cannot be read
            return self.catalogue.fallback.longest_seconds

    def _kind(self, delivery: Delivery) -> str:
        try:
            request = VideoRequest.model_validate_json(delivery.request)
        except ValueError:
            return ""
        return kind_of(delivery.task.model, off_peak=request.off_peak == "Enabled")


def _news(error: VendorError, ended_seconds: float | None) -> News | None:
    """Return what the law must hear of a permit whose submission or vendor task came to this."""
    over = ended_seconds is not None
    match error:
        case VendorRateLimited():
            return News.RATE_LIMITED
        case VendorThrottled():
            return News.FAILED if over else News.REFUSED
    return News.ENDED if over else None
