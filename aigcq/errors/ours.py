"""What goes wrong on our side: the client's request, the queue, the settings."""

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


class PositionTooFar(AigcqError):
    """The client would rather not wait that long; nothing was enqueued."""

    code = "position_too_far"
    status = 429
    advice = "Try again later, or with a larger max_queue_position."

    def __init__(self, position: int, farthest: int) -> None:
        super().__init__(f"The task would be at position {position}; max_queue_position allows {farthest}.")
        self.retry_after_seconds = 30


class TooManyListeners(AigcqError):
    """As many clients as AIGCQ_STREAM_CLIENTS allows are told of events by this process already."""

    code = "too_many_listeners"
    status = 429
    advice = "Try again later, ask for the status now and then, or raise AIGCQ_STREAM_CLIENTS."
    retry_after_seconds = 30

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} clients listen already, which is as many as AIGCQ_STREAM_CLIENTS allows.")


class TaskNotFound(AigcqError):
    """No such task, or it ended longer ago than its record is kept."""

    code = "task_not_found"
    status = 404
    advice = "Check the task id; ended tasks are kept for AIGCQ_RESULT_TTL_SECONDS."

    def __init__(self, task_id: str) -> None:
        super().__init__(f"There is no task {task_id}, or its record has expired.")
        self.task_id = task_id


class ModelNotFound(AigcqError):
    """There is no model of this name."""

    code = "model_not_found"
    status = 404
    advice = "Take one of the models that GET /aigc/models lists, or give it this name with AIGCQ_MODEL_ALIASES."

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no {name}. There is: {', '.join(known)}.")


class NoSigningSecret(AigcqError):
    """A client asks for the secret that webhooks are signed with; whoever has it could sign in our name."""

    code = "no_signing_secret"
    status = 404
    advice = "Ask the operator, who reads it with `aigcq webhooks secret`."

    def __init__(self) -> None:
        super().__init__("The secret that signs webhooks is not told over HTTP, where anybody may ask.")


class NotSupported(AigcqError):
    """A route of the protocol that nothing at the vendor could answer; nothing was done."""

    code = "not_supported"
    status = 501
    advice = "Create a new video instead; docs/reference/openai.md says what is served."

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not supported here.")


class TaskOpen(AigcqError):
    """Only what has ended can be erased: what runs may come back with a video."""

    code = "task_open"
    status = 409
    advice = "Cancel it, wait until it has ended, and erase it then."

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task {task_id} has not ended.")


class NotFailed(AigcqError):
    """Only what has failed can be requeued."""

    code = "not_failed"
    status = 409
    advice = "Look at its status; to have another video, create a task."

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task {task_id} has not failed.")


class NotQueued(AigcqError):
    """Only what has not started has a place in the order."""

    code = "not_queued"
    status = 409
    advice = "Look at its status: it runs, or it has ended."

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task {task_id} is not queued any more.")


class MayBeMade(AigcqError):
    """A new attempt could be a second payment for a video that the vendor has made."""

    code = "may_be_made"
    status = 409
    advice = "Look for its session_id in the vendor's console; requeue it with force if it is not there."

    def __init__(self, task_id: str, why: str) -> None:
        super().__init__(f"Task {task_id} failed with {why}: nobody knows whether it was made and charged.")


class VideoNotReady(AigcqError):
    """There is no video of this task: it has not ended, or did not end well."""

    code = "video_not_ready"
    status = 404  # not 409, at which clients send the request again by themselves
    advice = "Ask for the task's status until it is completed, and fetch the video then."

    def __init__(self, task_id: str, status: str) -> None:
        super().__init__(f"Task {task_id} is {status}: there is no video to fetch.")


class VideoGone(AigcqError):
    """The file was never kept or is kept no longer, and the vendor's has expired."""

    code = "video_gone"
    status = 404
    advice = "Videos are kept for AIGCQ_STORAGE_RETENTION_SECONDS; create the task again to get a new one."

    def __init__(self, task_id: str, what: str = "video") -> None:
        super().__init__(f"The {what} of task {task_id} is not kept.")


class NothingToTell(AigcqError):
    """A replay was asked for, and there is no webhook or nothing has happened of which it is to be told."""

    code = "nothing_to_tell"
    status = 409
    advice = "Give `webhook` when the task is created; its end can be told once it has ended."

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task {task_id} has no webhook, or nothing has happened yet that it is to be told of.")


class DeadlineExceeded(AigcqError):
    """It was not begun before its deadline; the vendor was never asked, or had said that nothing came of it."""

    code = "deadline_exceeded"
    advice = "Create it again with a later deadline, or without one."

    def __init__(self) -> None:
        super().__init__("The task's deadline passed before it could be begun.")

    def public(self) -> dict[str, str]:
        return super().public() | {"billed": "no"}


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


class StorageUnavailable(AigcqError):
    """Where videos are kept cannot be reached, is full, or refuses."""

    code = "storage_unavailable"
    status = 503
    advice = "Try again later. Operators: see that AIGCQ_STORAGE can be reached and has room; the log says why."

    def __init__(self, why: str) -> None:
        super().__init__("Where videos are kept cannot be reached, is full, or refuses.")
        self.why = why
        """For the log only: it may name buckets, hosts and folders."""


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
