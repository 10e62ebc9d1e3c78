"""One task: what a client asks for, and what it reads."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from aigcq.catalogue import Catalogue
from aigcq.model import Cancelled, Phase, Status
from aigcq.request import Few, Number, ReferenceImage, VideoRequest
from aigcq.schemas.answer import Answer, example
from aigcq.schemas.moment import Moment
from aigcq.schemas.spend import Amount, Cost
from aigcq.schemas.webhooks import Webhook

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


class Deadline(BaseModel):
    """When it is no use any more. What the vendor was sent is not stopped by it, for it may be paid for."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)

    start: Moment | None = None
    """If no worker has taken it by then, it fails and costs nothing."""
    end: Moment | None = None
    """If it was not sent by then, it fails and costs nothing; if it was, its end is asked for."""


class CreateTask(VideoRequest):
    """One video to be made. What is left out, null or "" is left to the model, whose defaults
    `GET /aigc/models` lists. Switches are `Enabled` or `Disabled`; true and false are taken too."""

    model_config = ConfigDict(json_schema_extra={"examples": EXAMPLES})

    reference_images: Annotated[
        tuple[Annotated[ReferenceImage, BeforeValidator(_reference, json_schema_input_type=str | ReferenceImage)], ...],
        *Few,
    ] = ()
    """Pictures of what shall appear in the video, each a URL or an object; how many depends on the model."""

    not_before: Moment | None = None
    """It starts then at the earliest: ISO 8601 with a time zone, or seconds since 1970."""
    deadline: Deadline | None = None
    """When it is no use any more; moments as in not_before."""
    max_queue_position: Annotated[int, Field(ge=1, le=100_000_000), Number] | None = None
    """If it would stand further back, it is refused with 429 instead."""
    max_cost: Amount | None = None
    """What it may cost at most, in the currency of the price table: a number, or a decimal as text. If it may cost
    more, or nobody knows what it costs, it is refused with 402."""
    webhook: Annotated[Webhook, BeforeValidator(_reference, json_schema_input_type=str | Webhook)] | None = None
    """Where you are told what became of it: a URL, or an object that also says of what. See docs/how-to/webhooks.md."""

    def to_request(self, catalogue: Catalogue) -> VideoRequest:
        """The request as the vendor will be sent it, every default filled in.

        Raises:
            InvalidRequest: for the first field that the model cannot serve.
        """
        return catalogue.resolve(self)


class TaskCreated(Answer):
    """The task is on record and will run: keep its id."""

    model_config = example(task_id="550e8400-e29b-41d4-a716-446655440000", position=1, status="queued")

    task_id: str
    """Names the task everywhere."""
    position: int | None
    """Its exact rank in the order as it is now, 1 for the first. It may rise when a tenant comes that has less behind
    it, and others may pass what is at a cap or limit. 0 once it runs; null while it waits for a retry."""
    status: Status
    """`queued`; a repeated request is answered as the first time."""


class TaskError(Answer):
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


class Eta(Answer):
    """In how many seconds a task is done, as far as what was measured foretells it."""

    model_config = example(p50_seconds=140.0, p90_seconds=210.0, samples=83, reason=None)

    p50_seconds: float | None = None
    """With an even chance it is done by then; null: not known."""
    p90_seconds: float | None = None
    """In nine cases of ten it is done by then; null: not known."""
    samples: int = 0
    """How many observations that rests on."""
    reason: Literal["paused", "no_worker", "not_measured", "longer_than_ever"] | None = None
    """Why it is not known: nothing starts, no worker is alive, too few were seen, or it takes longer than any did."""


class TaskStatus(Answer):
    """One task as it stands. Times are ISO 8601 in UTC; null: it has not happened."""

    task_id: str
    """Names the task everywhere."""
    status: Status
    """queued, processing, completed, failed or cancelled."""
    position: int | None = None
    """Its exact rank in the order as it is now: 1 for the first. It may rise when a tenant comes that has less behind
    it, and others may pass what is at a cap or limit. 0 once it runs or has ended; null while it waits for a retry."""
    result: dict[str, Any] | None = None
    """Once completed: `video_url` and what is known of the file. Where it is kept, `video_url` is ours and lasts,
    `source_url` is the vendor's, which ends at `expires_at`, and `thumbnail_url` its first frame."""
    error: TaskError | None = None
    """Once failed: why."""
    phase: Phase | None = None
    """While processing: claimed, submitting, generating or saving."""
    progress: int = 0
    """Percent, 0 to 100, as the vendor reports it."""
    model: str = ""
    """Model name and version, for example `Hailuo-2.3`."""
    tenant: str | None = None
    """Whose it is; null for who is no administrator."""
    account: str | None = None
    """In which vendor account it is, where there are several."""
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
    """While it waits for a retry, or is not to run before: when it is due."""
    eta: Eta | None = None
    """When it will be done; null once it has ended."""
    cost: Cost | None = None
    """What it costs; null if no price was known."""
    cancel_requested: bool = False
    """A cancel came too late to stop the vendor, whose end decides."""
    metadata: dict[str, Any] = {}
    """Your own labels, as given."""
    request: dict[str, Any] | None = None
    """What the vendor is sent, every default filled in; what is not sent is left out."""
    events_url: str | None = None
    """Where API keys are needed: this task's events, signed for a browser's EventSource, which can show no key."""


class CancelAnswer(Answer):
    """What came of a cancel."""

    result: Cancelled
    """`cancelled`: it will never run; `cancel_requested`: the vendor runs it and decides; `too_late`: it had ended."""
    billed: Literal["no", "yes", "unknown"]
    """Whether the vendor charged for it; `yes`: it has completed."""
