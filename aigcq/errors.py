"""Everything that can go wrong, as one tree.

AigcqError
├── InvalidRequest         the body asks for what no model can do: nothing was enqueued
├── IdempotencyConflict    the key was used before for another body
├── QueueFull              backpressure: the backlog is at its limit
├── TaskNotFound           no such task, or its record has expired
├── Poisoned               every worker that took the task has died of it
├── LeaseLost              another consumer owns the delivery now: stop, write nothing
├── StoreUnavailable       Redis does not answer: the outcome of a write is unknown
│   └── NotReplicated      written, but a failover may lose it: the outcome is unknown
├── SchemaTooNew           a newer release has written this queue: this process must stop
├── ConfigurationError     the settings cannot work: say which, and what to set
└── VendorError            the vendor's answer, translated once, in its adapter
    ├── VendorThrottled    too many at once: lower the threshold, try again
    │   └── VendorRateLimited  too many calls in one second: wait a moment
    ├── VendorUnavailable  nothing was done and it may work later
    ├── VendorUnknown      the request may or may not have been carried out
    ├── VendorDuplicate    this SessionId is already in: look its vendor task up
    ├── VendorFailed       the vendor task ended badly; another attempt may work
    ├── VendorNoVideo      the vendor task ended well, but without a file
    ├── VendorRejected     never will succeed: fail the task
    ├── VendorTaskGone     the vendor no longer knows this vendor task, or will not before it ends
    ├── VendorAborted      somebody ended the vendor task at the vendor
    └── VendorAccount      no task can run now: pause the queue

A class states its own consequences, so no caller needs a table: the API reads `status`,
the worker reads `retryable`, people read `code`, `advice` and `billed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class AigcqError(Exception):
    """The root; `str(error)` is the sentence a person reads."""

    code: ClassVar[str] = "internal"
    """Stable name for machines."""

    status: ClassVar[int] = 500
    """HTTP status when it reaches a client."""

    advice: ClassVar[str] = "Report this with the task id; it is a fault in aigcq."
    """What the reader can do about it."""

    def public(self) -> dict[str, str]:
        """Return what a client may read of it: code, message, advice, whether money was spent."""
        return {"code": self.code, "message": str(self), "advice": self.advice, "billed": "unknown"}


class InvalidRequest(AigcqError):
    """The request asks for something that cannot be done; nothing was enqueued."""

    code = "invalid_request"
    status = 422
    advice = "Correct the named field and send the request again."

    def __init__(self, field: str, message: str, allowed: Sequence[object] | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.allowed = None if allowed is None else list(allowed)


class IdempotencyConflict(AigcqError):
    """An Idempotency-Key came back with another body."""

    code = "idempotency_conflict"
    status = 422
    advice = "Use a new Idempotency-Key for a new request, or repeat the first body unchanged."

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used before for a different request.")


class QueueFull(AigcqError):
    """The backlog is at its limit; nothing was enqueued."""

    code = "queue_full"
    status = 429
    advice = "Wait as long as Retry-After says, then send the request again; or raise AIGCQ_BACKLOG_LIMIT."

    def __init__(self, limit: int, retry_after_seconds: int) -> None:
        super().__init__(f"The queue holds {limit} unfinished tasks, which is its limit.")
        self.retry_after_seconds = retry_after_seconds


class TaskNotFound(AigcqError):
    """No such task, or it ended longer ago than its record is kept."""

    code = "task_not_found"
    status = 404
    advice = "Check the task id; ended tasks are kept for AIGCQ_RESULT_TTL_SECONDS."

    def __init__(self, task_id: str) -> None:
        super().__init__(f"There is no task {task_id}, or its record has expired.")
        self.task_id = task_id


class Poisoned(AigcqError):
    """Worker after worker has died with this task before it could renew the lease: no further one gets it."""

    code = "poisoned"
    advice = (
        "Look in the workers' logs, and at their memory limit, for what it did to them. "
        "Then requeue it with --force, or create it again with another request."
    )

    def __init__(self, deaths: int) -> None:
        super().__init__(f"{deaths} workers in a row have died with this task.")


class LeaseLost(AigcqError):
    """Another consumer owns the delivery now: drop the work, write nothing."""

    code = "lease_lost"

    def __init__(self, task_id: str) -> None:
        super().__init__(f"The lease of task {task_id} was lost to another consumer.")
        self.task_id = task_id


class StoreUnavailable(AigcqError):
    """Redis cannot be reached or refuses writes; what was being written may or may not be there."""

    code = "store_unavailable"
    status = 503
    advice = "Retry with the same Idempotency-Key, so that nothing is created twice."
    task_id = ""
    """The task that is there if the write was carried out; its status tells. Empty: not known, or no write."""


class NotReplicated(StoreUnavailable):
    """It was written, but fewer than AIGCQ_MIN_REPLICAS replicas said in time that they have it."""

    code = "not_replicated"
    advice = (
        "Retry with the same Idempotency-Key: it finds the task if it is there. Without a key, ask for the status of "
        "the task id before you create it again. Operators: see that enough replicas are connected."
    )

    def __init__(self, task_id: str, wanted: int) -> None:
        super().__init__(
            f"Task {task_id} was written, but fewer than {wanted} replicas have it so far: "
            "a failover may lose it, so whether it will run is unknown."
        )
        self.task_id = task_id


class SchemaTooNew(AigcqError):
    """A newer release has written this queue; the process must stop and be upgraded."""

    code = "schema_too_new"
    status = 503
    advice = "Upgrade this process to the release that the rest of the queue runs."

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"The queue has schema {found}; this release reads schemas up to {known}.")


class ConfigurationError(AigcqError):
    """The settings cannot work; the message says which one and what to set."""

    code = "configuration"
    status = 503
    advice = "Correct the setting named in the message and start again."


class VendorError(AigcqError):
    """The vendor's answer, or the lack of one."""

    code = "vendor_error"
    status = 502
    retryable: ClassVar[bool] = False
    """Whether the worker tries again by itself."""
    billed: ClassVar[str] = "no"
    """Whether the vendor charged for it: `no`, `unknown` (failed tasks: not proven to be free)."""
    advice = "See the vendor's message."

    def __init__(self, message: str, *, vendor_code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.vendor_code = vendor_code
        self.request_id = request_id

    def public(self) -> dict[str, str]:
        return super().public() | {
            "billed": self.billed,
            "vendor_code": self.vendor_code,
            "request_id": self.request_id,
        }


class VendorThrottled(VendorError):
    """The account runs as many videos as it may; the threshold is lowered and the task goes back."""

    code = "vendor_throttled"
    status = 429
    retryable = True
    advice = "Nothing to do: the task keeps its place and runs later. Ask the vendor for more concurrency if it lasts."


class VendorRateLimited(VendorThrottled):
    """Too many calls came in one second, which says nothing of how many videos may run; nothing was created."""


class VendorUnavailable(VendorError):
    """The vendor certainly did nothing, and may work later."""

    code = "vendor_unavailable"
    retryable = True
    advice = "Nothing to do: it is tried again. Check the network to the vendor if it lasts."


class VendorUnknown(VendorError):
    """Timeout, reset, 5xx, unreadable answer: the vendor may or may not have accepted the request."""

    code = "submission_unknown"
    retryable = True
    billed = "unknown"
    advice = (
        "Look the SessionId up in the vendor's console before running the task again: it may have been carried out. "
        "Then requeue it with --force."
    )


class VendorDuplicate(VendorError):
    """The vendor already has a request with this SessionId, and does not say which task it became."""

    code = "vendor_duplicate"
    retryable = True
    billed = "unknown"


class VendorFailed(VendorError):
    """The vendor accepted the task and it ended badly, for a reason that another attempt may not meet."""

    code = "vendor_failed"
    retryable = True
    billed = "unknown"
    advice = "The attempts are used up. Check the request against the model's limits, then create it again."


class VendorNoVideo(VendorError):
    """The vendor task ended without an error and without a file: not a failure that another attempt may follow."""

    code = "no_video"
    billed = "unknown"
    advice = "Look for the video in the vendor's console before making it again: it may have been charged."


class VendorRejected(VendorError):
    """The vendor will never carry this request out."""

    code = "vendor_rejected"
    status = 422
    billed = "unknown"
    advice = "Change the prompt, the files or the parameters as the vendor's message says, then create it again."


class VendorTaskGone(VendorError):
    """The vendor no longer knows the vendor task, or will not before it ends: it forgets them after three days."""

    code = "expired"
    billed = "unknown"
    advice = "Look for the video in the vendor's console; requeue the task with --force to make it anew."


class VendorAborted(VendorError):
    """Somebody ended the vendor task at the vendor; nobody asked us to."""

    code = "vendor_aborted"
    billed = "unknown"
    advice = "Ask who ended it in the vendor's console, then create the task again."


class VendorAccount(VendorError):
    """Credentials, permissions or quota: no task of this account can run, so the queue is paused."""

    code = "vendor_account"
    status = 503
    retryable = True
    advice = "Correct the vendor account (key, permission, quota); the queue resumes by itself."
