"""What goes over HTTP at our own front door: bodies, answers, problems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import ErrorDetails

from aigcq.catalogue import Catalogue
from aigcq.errors import InvalidRequest
from aigcq.model import Cancelled, Phase, Status
from aigcq.request import Few, ReferenceImage, VideoRequest

EXAMPLES: Final[list[Any]] = [
    {
        "prompt": "一个小男孩在街上跑步",
        "model_name": "Hailuo",
        "model_version": "2.3",
        "duration": 6,
        "resolution": "768P",
    },  # fmt: skip
    {
        "prompt": "The boat drifts out of the harbour; the camera follows.",
        "model_name": "Kling",
        "model_version": "2.5",
        "image_url": "https://example.com/harbour.jpg",
        "duration": 5,
        "resolution": "1080P",
        "metadata": {"order": "A-1042"},
    },
]


def _reference(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


class CreateTask(VideoRequest):
    """One video to be made. What is left out, null or "" is left to the model, whose defaults
    `GET /aigc/models` lists. Switches are `Enabled` or `Disabled`; true and false are taken too."""

    model_config = ConfigDict(json_schema_extra={"examples": EXAMPLES})

    reference_images: Annotated[
        tuple[Annotated[ReferenceImage, BeforeValidator(_reference, json_schema_input_type=str | ReferenceImage)], ...],
        *Few,
    ] = ()
    """Pictures of what shall appear in the video, each a URL or an object; how many depends on the model."""

    def to_request(self, catalogue: Catalogue) -> VideoRequest:
        """The request as the vendor will be sent it, every default filled in.

        Raises:
            InvalidRequest: for the first field that the model cannot serve.
        """
        return catalogue.resolve(self)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class TaskCreated(_Answer):
    """The task is on record and will run: keep its id."""

    model_config = _example(task_id="550e8400-e29b-41d4-a716-446655440000", position=1, status="queued")

    task_id: str
    """Names the task everywhere."""
    position: int | None
    """How many tasks start before this one, plus one; 0 once it runs; null while it waits for a retry."""
    status: Status
    """`queued`, unless an Idempotency-Key named a task that is further."""


class TaskError(_Answer):
    """Why a task failed, what to do, and whether money was spent."""

    code: str
    """Stable name for machines; the error reference lists them all."""
    message: str
    """What went wrong, for people."""
    advice: str = ""
    """What the reader can do about it."""
    billed: str = "no"
    """Whether the vendor charged for it: `no` or `unknown`."""
    vendor_code: str = ""
    """The vendor's own code, if it gave one."""
    request_id: str = ""
    """The vendor's RequestId: quote it to the vendor's support."""


class TaskStatus(_Answer):
    """One task as it stands. Times are ISO 8601 in UTC; null: it has not happened."""

    task_id: str
    """Names the task everywhere."""
    status: Status
    """queued, processing, completed, failed or cancelled."""
    position: int | None = None
    """1 for the task that starts next; 0 once it runs or has ended; null while it waits for a retry."""
    result: dict[str, Any] | None = None
    """Once completed: `video_url` and what is known of the file."""
    error: TaskError | None = None
    """Once failed: why."""
    phase: Phase | None = None
    """While processing: claimed, submitting, generating or saving."""
    progress: int = 0
    """Percent, 0 to 100, as the vendor reports it."""
    model: str = ""
    """Model name and version, for example `Hailuo-2.3`."""
    attempt: int = 1
    """Which vendor task this is, counted from 1."""
    vendor_task_id: str | None = None
    """The vendor's name for it, once it has one."""
    session_id: str | None = None
    """The key by which the vendor keeps this attempt from being made twice."""
    created_at: AwareDatetime
    """When the task was created."""
    started_at: AwareDatetime | None = None
    """When a worker first took it."""
    ended_at: AwareDatetime | None = None
    """When it completed, failed or was cancelled."""
    run_after: AwareDatetime | None = None
    """While it waits for a retry: when it is due."""
    cancel_requested: bool = False
    """A cancel came too late to stop the vendor, whose end decides."""
    metadata: dict[str, Any] = {}
    """Your own labels, as given."""
    request: dict[str, Any] | None = None
    """What the vendor is sent, every default filled in; what is not sent is left out."""


class QueueInfo(_Answer):
    """The queue at one moment."""

    model_config = _example(queue_length=3, active_count=4, max_concurrency=4, limited_by="vendor", processing=4)

    queue_length: int
    """Tasks that could start now, if there were room."""
    active_count: int
    """Vendor tasks that run."""
    max_concurrency: int
    """How many may run at once at present: the threshold, which adapts to the vendor."""
    limited_by: Literal["vendor", "MAX_THRESHOLD"] | None = None
    """What the queue waits for: the vendor, which takes no more at once, or your own setting; null: for neither."""
    model_limits: dict[str, int] = {}
    """Models of which the vendor takes fewer at once, and how many; other models pass theirs meanwhile."""
    waiting: int = 0
    """Tasks that wait for a retry to become due."""
    processing: int = 0
    """Tasks in the hands of a worker."""
    paused: bool = False
    """No task starts until the queue is resumed."""
    pause_reason: str | None = None
    """Why, for people."""


class CancelAnswer(_Answer):
    """What came of a cancel."""

    result: Cancelled
    """`cancelled`: it will never run; `cancel_requested`: the vendor runs it and decides; `too_late`: it had ended."""
    billed: Literal["no", "unknown"]
    """Whether the vendor charged for it."""


class VendorHealth(_Answer):
    """The vendor as workers last saw it; nothing is asked for this answer."""

    reachable: bool | None = None
    """Whether it answered; null: nobody has asked yet."""
    seconds_ago: float | None = None
    """How long ago that was."""
    error: str | None = None
    """What went wrong, if it did not answer."""
    simulated: bool | None = None
    """Whether the workers call the simulator, so that nothing is charged; null: no worker has said."""


class Health(_Answer):
    """Whether the service can do its job."""

    status: Literal["ok", "degraded", "paused", "unavailable"]
    """`unavailable` goes with HTTP 503: no task can end in a video until somebody acts."""
    version: str
    """The release that answers."""
    redis: bool
    """Whether Redis answers."""
    workers: int | None = None
    """How many workers are alive; null if Redis does not answer."""
    vendor: VendorHealth | None = None
    """The vendor as last seen."""
    paused: bool = False
    """No task starts until the queue is resumed."""
    pause_reason: str | None = None
    """Why, for people."""
    detail: str | None = None
    """What is wrong and what to do, for people."""


class FieldError(_Answer):
    """One field of a body that cannot be accepted."""

    field: str
    """Its name; dots and numbers lead into lists and objects: `reference_images.0.url`."""
    message: str
    """What is wrong with it."""
    allowed: list[Any] | None = None
    """What would do, where that can be listed; empty: the field must be left out."""


class Problem(_Answer):
    """An error, as RFC 9457 has it (`application/problem+json`)."""

    model_config = _example(
        type="about:blank",
        title="Unprocessable Entity",
        status=422,
        detail="Hailuo 2.3 has no resolution 4K.",
        code="invalid_request",
        advice="Correct the named field and send the request again.",
        errors=[{"field": "resolution", "message": "Hailuo 2.3 has no resolution 4K.", "allowed": ["768P", "1080P"]}],
    )

    type: str
    """Where this kind of error is explained."""
    title: str
    """The kind of error, for people; always the same for one `code`."""
    status: int
    """The HTTP status, again."""
    detail: str
    """What went wrong this time."""
    code: str
    """Stable name for machines."""
    advice: str = ""
    """What to do about it."""
    billed: str | None = None
    """Whether the vendor charged for it, if it was asked: `no` or `unknown`."""
    task_id: str | None = None
    """The task that this request may have become: its status tells whether it is there."""
    errors: list[FieldError] = []
    """The fields at fault, for a refused body."""


def field_errors(problems: Iterable[ErrorDetails] | InvalidRequest) -> list[FieldError]:
    """The fields at fault, from pydantic's errors or from the catalogue's refusal.

    Holds nothing of the body but field names, and those short and in plain characters: a body may hold
    lone surrogates, which could not be sent back. At most 20: whoever makes more mistakes has a program that does.
    """
    if isinstance(problems, InvalidRequest):
        return [FieldError(field=problems.field, message=str(problems), allowed=problems.allowed)]
    return [_field_error(problem) for problem in islice(problems, MOST_ERRORS)]


MOST_ERRORS: Final = 20
NAME_MAX_CHARS: Final = 200


def spelt(name: str) -> str:
    """Return a name that a client has made up in characters that can be shown anywhere."""
    return shortened(ascii(name)[1:-1])


def shortened(text: str) -> str:
    """Return the beginning of what is too long to be repeated."""
    return text if len(text) <= NAME_MAX_CHARS else f"{text[:NAME_MAX_CHARS]}…"


def _field_error(problem: ErrorDetails) -> FieldError:
    context = problem.get("ctx", {})
    if problem["type"] == "json_invalid":
        why = f"is not JSON: {context.get('error')} at character {problem['loc'][-1]}"
        return FieldError(field="body", message=why)
    field = _path(problem["loc"])
    message = _NOT_JSON if field == "body" else _MESSAGES.get(problem["type"], problem["msg"])
    return FieldError(field=field, message=message, allowed=context.get("allowed"))


_NOT_JSON: Final = "must be a JSON object, sent with the header Content-Type: application/json"
_PLACES: Final = ("body", "path", "query", "header")
_MESSAGES: Final = {
    "extra_forbidden": "There is no such field.",
    "uuid_parsing": "must be a task id, as POST /aigc/create returned it",
}
"""By pydantic's type of error, where its own words are for programmers."""


def _path(loc: Sequence[int | str]) -> str:
    """The name of a field; FastAPI puts first where it stands."""
    names = [str(part) for part in (loc[1:] if loc and loc[0] in _PLACES else loc) if part != "[key]"]
    return spelt(".".join(names)) or "body"
