"""What a caller of the client may have to handle.

AigcqError                  everything below
├── Refused                 the service has answered with a problem (4xx)
│   ├── InvalidRequest      a field is wrong; `errors` names it and what is allowed
│   ├── IdempotencyConflict the key was used before for another body
│   ├── NotAllowed          the API key is missing, wrong, or may not do this
│   ├── NotFound            there is no such task, or its record has expired
│   ├── Conflict            the task's state does not allow it
│   └── QueueFull           backpressure: try again after `retry_after_seconds`
├── Unavailable             no answer, or one that says that the service cannot answer now (5xx)
├── TaskFailed              the task has ended without a video; `task` says why
│   └── TaskCancelled       because somebody took it back
├── WaitTimeout             the task has not ended in time; it goes on, and `task` is how it stands
└── DownloadFailed          the video could not be fetched whole; what is there is kept for the next try
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx2

    from aigcq.client.models import Task


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of a request that cannot be accepted."""

    field: str
    """Its name; dots and numbers lead into lists and objects: `reference_images.0.url`."""
    message: str
    """What is wrong with it."""
    allowed: tuple[Any, ...] | None = None
    """What would do, where that can be listed; empty: the field must be left out."""


class AigcqError(Exception):
    """What went wrong; `str()` of it is a sentence for people.

    `status` is the HTTP status, 0 if there was no answer; `code` the stable name for machines, empty if the service
    gave none; `advice` what to do about it; `errors` the fields at fault; `retry_after_seconds` when the service
    wants to be asked again; `task_id` the task that a create may have become although it was not confirmed.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int = 0,
        code: str = "",
        advice: str = "",
        errors: tuple[FieldError, ...] = (),
        retry_after_seconds: float | None = None,
        task_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.code = code
        self.advice = advice
        self.errors = errors
        self.retry_after_seconds = retry_after_seconds
        self.task_id = task_id


class Refused(AigcqError):
    """The service has answered with a problem: asking the same again changes nothing, unless a subclass says so."""


class InvalidRequest(Refused):
    """Something in the request is wrong; nothing was enqueued."""


class IdempotencyConflict(Refused):
    """The Idempotency-Key was used before, for another body."""


class NotAllowed(Refused):
    """The API key is missing, wrong, or may not do this."""


class NotFound(Refused):
    """There is no such task (or route), or its record has expired."""


class Conflict(Refused):
    """The task's state does not allow it."""


class QueueFull(Refused):
    """The service takes no more for now; nothing was enqueued."""


class Unavailable(AigcqError):
    """There was no answer, or one that makes no sense, or one that says that the service cannot answer now.

    After all retries of a create it is unknown whether the task is there: repeat it with the same idempotency key.
    """

    def __init__(self, detail: str, *, unsent: bool = False, hopeless: bool = False, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.unsent = unsent
        """The service has not heard of the request."""
        self.hopeless = hopeless
        """Asking again cannot help: the address is none."""


class TaskFailed(AigcqError):
    """The task has ended without a video; `task` says why, and whether money was spent."""

    def __init__(self, task: Task) -> None:
        fault = task.error
        detail = fault.message if fault else f"The task was {task.status}."
        super().__init__(
            detail,
            code=fault.code if fault else task.status,
            advice=fault.advice if fault else "",
            task_id=task.task_id,
        )
        self.task = task


class TaskCancelled(TaskFailed):
    """Somebody took the task back."""


class WaitTimeout(AigcqError):
    """The task has not ended in time. It goes on all the same; `task` is how it stands."""

    def __init__(self, task: Task, seconds: float) -> None:
        super().__init__(
            f"Task {task.task_id} is still {task.status} after {seconds:g} s.",
            advice="It goes on: wait again, or cancel it.",
            task_id=task.task_id,
        )
        self.task = task


class DownloadFailed(AigcqError):
    """The video could not be fetched whole; what is there already is kept for the next try."""


_BY_STATUS: Final[Mapping[int, type[AigcqError]]] = {
    HTTPStatus.UNAUTHORIZED: NotAllowed,
    HTTPStatus.FORBIDDEN: NotAllowed,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.GONE: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.TOO_MANY_REQUESTS: QueueFull,
    HTTPStatus.REQUEST_TIMEOUT: Unavailable,
    HTTPStatus.BAD_REQUEST: InvalidRequest,
    HTTPStatus.CONTENT_TOO_LARGE if hasattr(HTTPStatus, "CONTENT_TOO_LARGE") else 413: InvalidRequest,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidRequest,
}


def error_of(response: httpx2.Response) -> AigcqError:
    """Return what an answer of 400 and above says; whatever does not come from aigcq says it with its status."""
    problem = _json_of(response)
    status = response.status_code
    if problem.get("code") == "idempotency_conflict":
        kind: type[AigcqError] = IdempotencyConflict
    else:
        kind = _BY_STATUS.get(status, Unavailable if status >= 500 else Refused)
    return kind(
        str(problem.get("detail") or f"{response.request.url.host} answered {status} {response.reason_phrase}."),
        status=status,
        code=str(problem.get("code") or ""),
        advice=str(problem.get("advice") or ""),
        errors=tuple(_field_error(each) for each in problem.get("errors") or () if isinstance(each, dict)),
        retry_after_seconds=_retry_after(response.headers),
        task_id=problem.get("task_id"),
    )


def _json_of(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _field_error(told: dict[str, Any]) -> FieldError:
    allowed = told.get("allowed")
    return FieldError(
        str(told.get("field")), str(told.get("message")), tuple(allowed) if isinstance(allowed, list) else None
    )


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Return seconds; a moment is compared with the service's own clock, for ours may be wrong."""
    told = headers.get("retry-after", "")
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        until, now = parsedate_to_datetime(told), parsedate_to_datetime(headers["date"])
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None
