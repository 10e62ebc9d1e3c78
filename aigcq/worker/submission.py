"""Submission, exactly once.

Before every call that creates a vendor task it is put on record that one may exist from now
on. If the outcome is not known, the same attempt is sent again with the same SessionId, which
creates nothing if it is already in. Once an attempt is ambiguous, only three things end that:
a vendor task id, finding the vendor task by its SessionId, or giving up to a person. A later
refusal does not: it says nothing about the first send.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from aigcq import telemetry
from aigcq.backoff import equal_jitter
from aigcq.clock import Clock
from aigcq.config import VENDOR_MEMORY_SECONDS, Settings
from aigcq.errors import (
    PictureGone,
    VendorAccount,
    VendorDuplicate,
    VendorError,
    VendorFailed,
    VendorRejected,
    VendorTaskGone,
    VendorUnknown,
)
from aigcq.model import Delivery
from aigcq.store import Store
from aigcq.store.deliveries import NotYet, SessionExpired, Submission
from aigcq.vendors.base import Vendor
from aigcq.worker.budget import Budget
from aigcq.worker.held import Held
from aigcq.worker.horizon import hours
from aigcq.worker.persist import Persist
from aigcq.worker.stop import Stop
from aigcq.worker.uploads import completed

log = telemetry.logger()

RESEND_BASE_SECONDS = 1.0
LEAVE_MAX_SECONDS = 5.0
SEARCH_BASE_SECONDS = 1.0
SEARCH_MAX_SECONDS = 15.0
WINDOW_SECONDS = 900.0
"""How far the vendor's clock and its listing may be off when a vendor task is searched by creation time."""


@dataclass(frozen=True, slots=True)
class Made:
    """A vendor task that exists."""

    vendor_task_id: str
    made_ms: int
    """Redis time at which it was made at the earliest."""


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

    async def submit(self, held: Held) -> Made:
        """Return the delivery's vendor task, created now or found.

        Raises:
            LeaseLost, CancelledBeforeSending: the vendor was not called.
            VendorUnknown: given up; a person must look, the permit stays taken.
            VendorError: the vendor refused, and nothing was created.
        """
        delivery, sends, sent_ms = held.delivery, 0, held.delivery.task.sent_ms
        try:
            request = await completed(held, self.store, self.persist)
        except PictureGone:
            if not sent_ms:
                raise
            return await self._search_or_give_up(held, sent_ms, sent_ms)  # the vendor may have had it before
        while True:
            try:
                leave = await self._begin(held)
            except SessionExpired:
                return await self._search_or_give_up(held, sent_ms, sent_ms)
            held.about_to_send(self.clock.monotonic())
            sends, sent_ms = sends + 1, leave.first_sent_ms
            try:
                vendor_task_id = await self.vendor.submit(
                    request,
                    task_id=delivery.task_id,
                    session_id=delivery.task.session_id,
                    signed_at=leave.signed_ms / 1000,
                )
                return Made(vendor_task_id, leave.signed_ms)  # it is no duplicate: no earlier send has made it
            except VendorDuplicate:
                return await self._find_duplicate(held, leave)
            except VendorError as error:
                if found := await self._after_refusal(held, leave, error):
                    return found
            await self.stop.nap(equal_jitter(sends, RESEND_BASE_SECONDS, self.settings.resend_seconds, self.rng))

    async def pause(self, error: VendorAccount) -> None:
        """Stop claims, with a reason that people can read: no task of this account can run now."""
        log.error("queue paused", vendor_code=error.vendor_code, why=str(error))
        reason = f"{error.vendor_code}: {error}"
        await self.persist(self.store.control.pause, reason, by="vendor", probe_seconds=probe_seconds(error))

    async def _begin(self, held: Held) -> Submission:
        """Wait for leave to call the vendor; never submit what cannot be recorded, on replicas too if they count."""
        while True:
            leave = await self._leave(held)
            if not self.settings.min_replicas:
                return leave
            if confirmed := await self.persist(self._confirm, held, leave):
                return confirmed

    async def _leave(self, held: Held) -> Submission:
        asked = 0
        while isinstance(leave := await self.persist(self._ask_leave, held), NotYet):
            asked += 1  # less and less often: many that wait would take from each other what they wait for
            await self.stop.nap(equal_jitter(asked, 2 * leave.seconds, LEAVE_MAX_SECONDS, self.rng))
        return leave

    async def _ask_leave(self, held: Held) -> Submission | NotYet:
        asked_at = self.clock.monotonic()
        leave = await self.store.deliveries.begin_submission(held.delivery)
        if isinstance(leave, Submission):
            held.renewed(asked_at, self.settings.lease_seconds)
        return leave

    async def _confirm(self, held: Held, leave: Submission) -> Submission | None:
        """Return the leave once replicas have it on record; None if it must be begun anew."""
        asked_at = self.clock.monotonic()
        signed_ms = await self.store.replicas.confirm_submission(held.delivery)
        if signed_ms is None:
            return None
        held.confirmed(asked_at, self.settings.lease_seconds)
        return replace(leave, signed_ms=signed_ms)

    async def _after_refusal(self, held: Held, leave: Submission, error: VendorError) -> Made | None:
        """Return the vendor task if it was found, None if the attempt is to be sent again.

        Raises:
            VendorError: the refusal is the last word.
        """
        if not leave.ambiguous and not isinstance(error, VendorUnknown):
            raise error
        log.warning("submission unknown", task=held.delivery.task_id, vendor_code=error.vendor_code, why=str(error))
        if isinstance(error, VendorAccount):
            await self.pause(error)
        if isinstance(error, VendorRejected | VendorFailed | VendorTaskGone):
            return await self._search_or_give_up(held, leave.first_sent_ms, leave.signed_ms)
        return None

    async def _find_duplicate(self, held: Held, leave: Submission) -> Made:
        """The SessionId is in. Return the vendor task it became."""
        first_ms, last_ms = leave.first_sent_ms, leave.signed_ms
        if leave.ambiguous or not held.delivery.task.refused:
            return await self._search_or_give_up(held, first_ms, last_ms)
        # All that this SessionId ever met is on record as refusals: the vendor burns refused ones.
        if found := await self._search(held, first_ms, last_ms, self.settings.resend_seconds):
            return Made(found, first_ms)
        raise SessionBurned("The vendor keeps the SessionId of refused requests: set AIGCQ_REFUSED_BURNS_SESSION=true.")

    async def _search_or_give_up(self, held: Held, first_ms: int, last_ms: int) -> Made:
        if found := await self._search(held, first_ms, last_ms, self.settings.search_seconds):
            return Made(found, first_ms)
        session, age, memory = held.delivery.task.session_id, held.age_seconds, hours(VENDOR_MEMORY_SECONDS)
        sent = f" It was first sent {hours(age)} ago, and the vendor forgets after {memory}." if age else ""
        raise VendorUnknown(f"The vendor may have a task with SessionId {session}, but it was not found.{sent}")

    async def _search(self, held: Held, first_ms: int, last_ms: int, seconds: float) -> str | None:
        """Look for the vendor task by its SessionId, first and last sent at these times of Redis.

        The clock runs only while the vendor answers: nothing that it says of a search is news of the submission.
        But what the vendor has forgotten it will not find, whether it answers or not.
        """
        delivery, looks, left = held.delivery, 0, seconds
        log.info("searching vendor task", task=delivery.task_id, session_id=delivery.task.session_id)
        while True:
            looks += 1
            pause = equal_jitter(looks, SEARCH_BASE_SECONDS, SEARCH_MAX_SECONDS, self.rng)
            try:
                if found := await self._look(delivery, first_ms / 1000, last_ms / 1000):
                    return found
                left -= pause
            except VendorError as error:
                log.warning("search failed", task=delivery.task_id, vendor_code=error.vendor_code, why=str(error))
            if left <= 0 or held.forgotten:
                return None
            await self.stop.nap(pause)

    async def _look(self, delivery: Delivery, first_sent: float, last_sent: float) -> str | None:
        await self.budget()
        return await self.vendor.find(
            delivery.task.session_id,
            after=first_sent - WINDOW_SECONDS,
            before=max(last_sent, self.clock.now()) + WINDOW_SECONDS,  # this machine's clock may be slow
        )


def probe_seconds(error: VendorAccount) -> float:
    """Return how long to wait before looking whether the account works again.

    A quota does not show in a free call: after a while one task tries it.
    """
    return 300.0 if error.vendor_code.startswith("LimitExceeded") else 15.0
