"""The vendor as this worker last saw it: what `/health` tells."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping
from datetime import datetime
from typing import TypeVar

from aigcq import metrics, telemetry
from aigcq.clock import Clock
from aigcq.errors import VendorAccount, VendorError, VendorThrottled, VendorUnavailable, VendorUnknown
from aigcq.request import VideoRequest
from aigcq.vendors.base import LAST_REQUEST, Job, Page, Usage, Vendor

T = TypeVar("T")


class Observed:
    """A vendor whose answers are remembered until they are told."""

    def __init__(self, vendor: Vendor, clock: Clock) -> None:
        self._vendor = vendor
        self._clock = clock
        self._seen: dict[str, str | int] = {}
        self._refused = 0
        """Submissions that were refused for too many at once, or in a second, with none accepted between."""

    def tell(self) -> Mapping[str, str | int]:
        """Return what was seen since the last call."""
        seen, self._seen = self._seen, {}
        return seen

    async def submit(self, request: VideoRequest, *, task_id: str, session_id: str, signed_at: float) -> str:
        call = self._vendor.submit(request, task_id=task_id, session_id=session_id, signed_at=signed_at)
        try:
            made = await self._watch(call)
        except VendorError as error:
            metrics.SUBMISSIONS.labels(metrics.code_of(error.code)).inc()
            if isinstance(error, VendorThrottled):
                self._refused += 1
                self._seen |= {"refused_ms": round(self._clock.now() * 1000), "refused_in_a_row": self._refused}
            raise
        metrics.SUBMISSIONS.labels("accepted").inc()
        if self._refused:
            self._refused = self._seen["refused_in_a_row"] = 0
        return made

    async def describe(self, vendor_task_id: str) -> Job:
        return await self._watch(self._vendor.describe(vendor_task_id))

    async def find(self, session_id: str, *, after: float, before: float) -> str | None:
        return await self._watch(self._vendor.find(session_id, after=after, before=before))

    async def finished(self, *, after: float, token: str = "") -> Page:
        return await self._watch(self._vendor.finished(after=after, token=token))

    async def pull_ends(self) -> Collection[str]:
        return await self._watch(self._vendor.pull_ends())

    async def abort(self, vendor_task_id: str) -> bool:
        return await self._watch(self._vendor.abort(vendor_task_id))

    async def probe(self) -> None:
        await self._watch(self._vendor.probe())

    async def usage(self, *, start: datetime, end: datetime) -> Usage:
        """What it answers is no news of whether the account works."""
        return await self._vendor.usage(start=start, end=end)

    async def close(self) -> None:
        await self._vendor.close()

    async def _watch(self, call: Awaitable[T]) -> T:
        """An answer is an answer, even a refusal; only silence and a closed account are trouble."""
        now_ms = round(self._clock.now() * 1000)
        LAST_REQUEST.set("")
        try:
            answer = await call
        except (VendorUnavailable, VendorUnknown, VendorAccount) as error:
            self._seen |= {"error_ms": now_ms, "error_code": error.vendor_code or error.code, "error": str(error)[:200]}
            raise
        except VendorError:
            self._seen["ok_ms"] = now_ms
            raise
        finally:
            telemetry.know(request_id=LAST_REQUEST.get())
        self._seen["ok_ms"] = now_ms
        return answer
