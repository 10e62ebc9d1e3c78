"""What becomes of a delivery once the vendor has refused it, failed it or made the video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from aigcq import telemetry, tracing
from aigcq.backoff import full_jitter
from aigcq.catalogue import Catalogue
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import (
    AigcqError,
    DeadlineExceeded,
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
from aigcq.spending import AS_ESTIMATED, FREE
from aigcq.store import Store
from aigcq.vendors.base import Job, JobStatus
from aigcq.worker.bill import Bill
from aigcq.worker.held import Held
from aigcq.worker.horizon import NotCollected
from aigcq.worker.persist import Persist
from aigcq.worker.saver import Saver
from aigcq.worker.submission import SessionBurned, Submitter

log = telemetry.logger()


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles deliveries, or puts them back; what Redis does not take is repeated."""

    store: Store
    settings: Settings
    clock: Clock
    catalogue: Catalogue
    rng: Random
    persist: Persist
    submitter: Submitter
    saver: Saver
    bill: Bill

    async def finish(self, held: Held, job: Job) -> None:
        delivery = held.delivery
        match job.status:
            case JobStatus.SUCCEEDED:
                over, took = held.over_seconds(job.finished_at, self.clock), job.took_seconds
                release = self.store.deliveries.release
                await self.persist(release, delivery, ended_seconds=over, kind=held.kind, took_seconds=took)
                with tracing.step("save"):
                    result = await self.saver.save(held, job.video, over)
                await self.settle(delivery, Event.SUCCEED, result, **self.bill.of(delivery.task, job))
            case JobStatus.ABORTED if held.cancel_requested:
                await self.settle(delivery, Event.ABORT, {}, cost=self.bill.failed())
            case JobStatus.ABORTED:
                await self._fail(
                    delivery, VendorAborted("The vendor task was aborted at the vendor."), cost=self.bill.failed()
                )
            case _:
                error = job.error or VendorFailed("No reason was given.")
                over = held.over_seconds(job.finished_at, self.clock)
                await self.after_error(held, error, submitted=True, ended_seconds=over)

    async def after_error(
        self, held: Held, error: VendorError, *, submitted: bool, ended_seconds: float | None = None
    ) -> None:
        """Settle or put back after the vendor's refusal, before it had accepted, or when the vendor task has ended."""
        delivery = held.delivery
        told = {"news": _news(error, ended_seconds), "ended_seconds": ended_seconds or 0.0}
        cost = self.bill.failed(error) if submitted else FREE
        charged = cost != FREE
        match error:
            case VendorUnknown() | NotCollected():
                await self.give_up(held, error)
            case VendorThrottled() if self.settings.rate_limit_action == "fail":
                await self._fail(delivery, error, billed=submitted, cost=cost, **told)
            case VendorThrottled():
                await self._retry(delivery, error, next_attempt=self._counts(submitted), charged=charged, **told)
            case VendorAccount():
                await self.submitter.pause(error)
                await self._retry(delivery, error, next_attempt=self._counts(submitted), charged=charged)
            case VendorUnavailable():
                await self._retry(delivery, error, unreachable=True)
            case SessionBurned():
                await self._retry(delivery, error, next_attempt=True)
            case _ if error.retryable and delivery.task.tries + 1 < self.settings.max_attempts:
                tries = delivery.task.tries + 1
                base, longest = self.settings.backoff_base_seconds, self.settings.backoff_max_seconds
                delay = full_jitter(tries, base, longest, self.rng)
                await self._retry(
                    delivery, error, next_attempt=self._counts(submitted), tried=True, delay_seconds=delay,
                    charged=charged, **told
                )  # fmt: skip
            case _:
                await self._fail(delivery, error, billed=submitted, cost=cost, **told)

    def _counts(self, submitted: bool) -> bool:
        """Whether the SessionId of a refused request is spent."""
        return submitted or self.settings.refused_burns_session

    async def _retry(self, delivery: Delivery, error: VendorError, *, charged: bool = False, **how: Any) -> None:
        put_back = await self.persist(
            self.store.deliveries.retry, delivery, error_code=error.code, charged=charged, **how
        )
        cost = AS_ESTIMATED if charged else FREE
        if put_back:
            log.info("put back", task=delivery.task_id, code=error.code, vendor_code=error.vendor_code, why=str(error))
        elif 0 < delivery.task.end_by_ms <= self.clock.now() * 1000:
            await self.expire(delivery, cost)
        else:
            await self.settle(delivery, Event.ABORT, {}, cost=cost)

    async def expire(self, delivery: Delivery, cost: int = FREE) -> None:
        """End it as too late; of an attempt before this one it is not proven that it was free."""
        error = DeadlineExceeded()
        outcome = error.public() | ({"billed": "unknown"} if delivery.task.attempt > 1 else {})
        await self.settle(delivery, Event.EXPIRE, outcome, error_code=error.code, cost=cost)

    async def _fail(self, delivery: Delivery, error: VendorError, *, billed: bool = True, **told: Any) -> None:
        """End it as failed. What was refused at submit was not `billed`; of the rest that is not proven."""
        outcome = error.public() | ({} if billed else {"billed": "no"})
        await self.settle(delivery, Event.FAIL, outcome, error_code=error.code, **told)

    async def give_up(self, held: Held, error: AigcqError) -> None:
        """Fail it for a person to look at.

        The vendor may be running it, so its permit stays taken for as long as its model takes at
        most; for less if the time that it has had already is beyond doubt.
        """
        delivery = held.delivery
        sent = held.sent or delivery.task.phase != Phase.CLAIMED
        had = error.had_seconds if isinstance(error, NotCollected) else 0.0
        seconds = max(0.0, self._longest_seconds(held) - had) if sent else 0.0
        cost = AS_ESTIMATED if sent else FREE  # what may have been made may have to be paid
        how = {"error_code": error.code, "quarantine_seconds": seconds, "cost": cost}
        await self.settle(delivery, Event.FAIL, error.public(), **how)

    async def settle(self, delivery: Delivery, event: Event, outcome: Mapping[str, Any], **how: Any) -> None:
        with tracing.step("settle"):
            await self.persist(self.store.deliveries.settle, delivery, event, outcome, **how)
        tell = log.warning if event is Event.FAIL else log.info
        code, model = how.get("error_code", ""), delivery.task.model
        tell("settled", task=delivery.task_id, outcome=event.value, code=code, model=model)

    def _longest_seconds(self, held: Held) -> float:
        try:
            return self.catalogue.longest_seconds(held.request)
        except ValueError:  # the fault may be that the request cannot be read
            return self.catalogue.fallback.longest_seconds


def _news(error: VendorError, ended_seconds: float | None) -> News | None:
    """Return what the law must hear of a permit whose submission or vendor task came to this."""
    over = ended_seconds is not None
    match error:
        case VendorRateLimited():
            return News.RATE_LIMITED
        case VendorThrottled():
            return News.FAILED if over else News.REFUSED
    return News.ENDED if over else None
