"""What the rest of the house may ask of a vendor, and what it gets back.

An adapter translates, once, every outcome into these values and the error tree; it keeps
no state about tasks, takes no tokens and never retries: the worker decides all that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from aigcq.errors import VendorError
from aigcq.request import VideoRequest

LAST_REQUEST: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""RequestId of the vendor's last answer to whoever asks for it here: what its support wants to know."""


class JobStatus(StrEnum):
    """Where a vendor task stands, in our words."""

    WAITING = "waiting"
    """Accepted, not started: it can still be aborted."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    """It ended without an error *and* there is a file URL."""
    FAILED = "failed"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A vendor task as the vendor last described it."""

    status: JobStatus
    progress: int = 0
    """Percent, 0 to 100."""
    error: VendorError | None = None
    """Why it failed, for `FAILED`: VendorThrottled, VendorFailed, VendorNoVideo or VendorRejected."""
    video: Mapping[str, object] = field(default_factory=dict)
    """For `SUCCEEDED`: `video_url` and what else is known of the file; becomes the task's `result`."""
    finished_at: float | None = None
    """The vendor's FinishTime, seconds since 1970 UTC."""
    created_at: float | None = None
    """The vendor's CreateTime; from one to the other only the vendor's clock counts."""

    @property
    def ended(self) -> bool:
        return self.status not in (JobStatus.WAITING, JobStatus.RUNNING)

    @property
    def took_seconds(self) -> float | None:
        """How long it took by the vendor's own clock, in whole seconds; None if it does not say."""
        if self.created_at is None or self.finished_at is None or self.finished_at <= self.created_at:
            return None
        return self.finished_at - self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the vendor's list of tasks, others' too."""

    task_ids: Mapping[str, str] = field(default_factory=dict)
    """SessionId -> vendor task id."""
    ends: Mapping[str, float] = field(default_factory=dict)
    """Vendor task id -> the vendor's FinishTime, seconds since 1970, where it says one."""
    next_token: str = ""
    """"" on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the vendor has counted in a time, of everybody who uses the account."""

    count: int = 0
    """Videos."""
    seconds: int = 0
    """Of video."""


class Vendor(Protocol):
    """One account at one vendor. Every method may raise VendorUnavailable and VendorAccount."""

    async def submit(self, request: VideoRequest, *, task_id: str, session_id: str, signed_at: float) -> str:
        """Create a vendor task; return its id. **Costs money.**

        `session_id` deduplicates: a repeated one creates nothing. `signed_at` (seconds since 1970,
        Redis time of the step that allowed the call) dates the signature, so that the vendor's
        window of 300 s also stops a call that was held up on our side.

        Raises:
            VendorThrottled: refused, nothing was created; VendorRateLimited if it was for calling too often.
            VendorRejected: refused for good, nothing was created.
            VendorFailed: refused for a reason that may pass, nothing was created.
            VendorDuplicate: `session_id` is already in.
            VendorUnknown: no readable answer; it may have been created.
        """

    async def describe(self, vendor_task_id: str) -> Job:
        """Return the vendor task as it stands.

        Raises:
            VendorTaskGone: the vendor does not know it (any more).
        """

    async def find(self, session_id: str, *, after: float, before: float) -> str | None:
        """Return the id of the vendor task that was created with `session_id`, or None.

        Looks through the tasks created between `after` and `before` (seconds since 1970).
        """

    async def finished(self, *, after: float, token: str = "") -> Page:
        """Return what finished at `after` (seconds since 1970) or later, the first first, from where `token` says.

        A hint: how soon, and whether at all, a video is listed is not documented.
        """

    async def pull_ends(self) -> Collection[str]:
        """Take the events of videos that have ended, waiting some seconds for the first; return the vendor task ids.

        Nobody gets them again. A hint: events may be missing, come late, and come twice.
        """

    async def abort(self, vendor_task_id: str) -> bool:
        """Ask the vendor to drop a task that still waits; return whether it did."""

    async def usage(self, *, start: datetime, end: datetime) -> Usage:
        """Return what it has counted from `start` to before `end`: moments with a time zone, a day at most.

        Raises:
            VendorRejected: it does not tell that for this account.
        """

    async def probe(self) -> None:
        """Make a free call; return if the account works."""

    async def close(self) -> None:
        """Close the connections."""
