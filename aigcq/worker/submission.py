"""Submission, exactly once.

Before every call that creates a vendor task it is put on record that one may exist from now
on. If the outcome is not known, the same attempt is sent again with the same SessionId, which
creates nothing if it is already in. Once an attempt is ambiguous, only three things end that:
a vendor task id, finding the vendor task by its SessionId, or giving up to a person. A later
refusal does not: it says nothing about the first send.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from aigcq import telemetry
from aigcq.backoff import equal_jitter
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import (
    VendorAccount,
    VendorDuplicate,
    VendorError,
    VendorFailed,
    VendorRejected,
    VendorTaskGone,
    VendorUnavailable,
    VendorUnknown,
)
from aigcq.model import Delivery
from aigcq.request import VideoRequest
from aigcq.store import Store
from aigcq.store.deliveries import NotYet, SessionExpired, Submission
from aigcq.vendors.base import Vendor
from aigcq.worker.budget import Budget
from aigcq.worker.persist import Persist
from aigcq.worker.stop import Stop

log = telemetry.logger()

RESEND_BASE_SECONDS = 1.0
SEARCH_BASE_SECONDS = 1.0
SEARCH_MAX_SECONDS = 15.0
WINDOW_SECONDS = 900.0
"""How far the vendor's clock and its listing may be off when a vendor task is searched by creation time."""


class SessionBurned(VendorError):
    """The vendor kept the SessionId of a request that it had refused: the next attempt is safe."""

    code = "session_burned"
    retryable = True


@dataclass(frozen=True, slots=True)
class Submitter:
    """Makes one vendor task for one delivery."""

    store: Store
    vendor: Vendor
    settings: Settings
    clock: Clock
    rng: Random
    stop: Stop
    persist: Persist
    budget: Budget

    async def submit(self, delivery: Delivery, still_held: Callable[[], None]) -> str:
        """Return the id of the delivery's vendor task, created now or found.

        `still_held` raises LeaseLost if the lease may have ended; it is asked last.

        Raises:
            LeaseLost, CancelledBeforeSending: the vendor was not called.
            VendorUnknown: given up; a person must look, the permit stays taken.
            VendorError: the vendor refused, and nothing was created.
        """
        request = VideoRequest.model_validate_json(delivery.request)
        sends = 0
        while True:
            try:
                leave = await self._begin(delivery)
            except SessionExpired:
                return await self._search_or_give_up(delivery, delivery.task.sent_ms)
            still_held()
            sends += 1
            try:
                return await self.vendor.submit(
                    request,
                    task_id=delivery.task_id,
                    session_id=delivery.task.session_id,
                    signed_at=leave.signed_ms / 1000,
                )
            except VendorDuplicate:
                return await self._find_duplicate(delivery, leave)
            except VendorError as error:
                await self._after_refusal(delivery, leave, error)
            await self.stop.nap(equal_jitter(sends, RESEND_BASE_SECONDS, self.settings.resend_seconds, self.rng))

    async def _begin(self, delivery: Delivery) -> Submission:
        """Wait for leave to call the vendor; never submit what cannot be recorded."""
        while True:
            leave = await self.persist(self.store.deliveries.begin_submission, delivery)
            if not isinstance(leave, NotYet):
                return leave
            await self.stop.nap(leave.seconds)

    async def _after_refusal(self, delivery: Delivery, leave: Submission, error: VendorError) -> None:
        """Return if the attempt is to be sent again; raise if the refusal is the last word."""
        if isinstance(error, VendorUnknown):
            log.warning("submission unknown", task=delivery.task_id, vendor_code=error.vendor_code, why=str(error))
            return
        if not leave.ambiguous:
            raise error
        if isinstance(error, VendorAccount):
            await self.persist(self.store.control.pause, str(error), by="vendor", probe_seconds=probe_seconds(error))
        if isinstance(error, VendorRejected | VendorFailed | VendorTaskGone):
            await self._search_or_give_up(delivery, leave.first_sent_ms)

    async def _find_duplicate(self, delivery: Delivery, leave: Submission) -> str:
        """The SessionId is in. Return the vendor task it became."""
        if leave.ambiguous or not delivery.task.refused:
            return await self._search_or_give_up(delivery, leave.first_sent_ms)
        # All that this SessionId ever met is on record as refusals: the vendor burns refused ones.
        if found := await self._search(delivery, leave.first_sent_ms, self.settings.resend_seconds):
            return found
        raise SessionBurned("The vendor keeps the SessionId of refused requests: set AIGCQ_REFUSED_BURNS_SESSION=true.")

    async def _search_or_give_up(self, delivery: Delivery, first_sent_ms: int) -> str:
        if found := await self._search(delivery, first_sent_ms, self.settings.search_seconds):
            return found
        raise VendorUnknown(
            f"The vendor may have a task with SessionId {delivery.task.session_id}, but it was not found."
        )

    async def _search(self, delivery: Delivery, first_sent_ms: int, seconds: float) -> str | None:
        """Look for the vendor task by its SessionId; the clock runs only while the vendor answers."""
        looks, left = 0, seconds
        log.info("searching vendor task", task=delivery.task_id, session_id=delivery.task.session_id)
        while True:
            looks += 1
            pause = equal_jitter(looks, SEARCH_BASE_SECONDS, SEARCH_MAX_SECONDS, self.rng)
            try:
                if found := await self._look(delivery, first_sent_ms / 1000):
                    return found
                left -= pause
            except (VendorUnavailable, VendorAccount) as error:
                log.warning("search failed", task=delivery.task_id, vendor_code=error.vendor_code, why=str(error))
            if left <= 0:
                return None
            await self.stop.nap(pause)

    async def _look(self, delivery: Delivery, first_sent: float) -> str | None:
        await self.budget()
        return await self.vendor.find(
            delivery.task.session_id,
            after=first_sent - WINDOW_SECONDS,
            before=self.clock.now() + WINDOW_SECONDS,
        )


def probe_seconds(error: VendorAccount) -> float:
    """Return how long to wait before looking whether the account works again.

    A quota does not show in a free call: after a while one task tries it.
    """
    return 300.0 if error.vendor_code.startswith("LimitExceeded") else 15.0
