"""What the service answers, as values.

A field that this release does not know is kept, as an attribute and in `raw`: an older client reads a newer service.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr

Status = Literal["queued", "processing", "completed", "failed", "cancelled"]


class Answer(BaseModel):
    """What all answers have in common."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    _raw: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def raw(self) -> Mapping[str, Any]:
        """The answer as it came, as JSON."""
        return self._raw

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Return the value of an answer.

        Raises:
            ValueError: it is none of this kind.
        """
        value = cls.model_validate(answer)
        value._raw = answer
        return value


class Video(Answer):
    """Where the video is, and what is known of the file."""

    video_url: str
    """Fetch it with `download`. A vendor's own address may expire: see `expires_at` where it is told."""


class TaskError(Answer):
    """Why a task failed, what to do, and whether money was spent."""

    code: str
    """Stable name for machines."""
    message: str
    """What went wrong, for people."""
    advice: str = ""
    """What the reader can do about it."""
    billed: str = "unknown"
    """Whether the vendor charged for it: `no` or `unknown`."""
    vendor_code: str = ""
    """The vendor's own code, if it gave one."""
    request_id: str = ""
    """The vendor's RequestId: quote it to the vendor's support."""


class Eta(Answer):
    """In how many seconds a task is done, as far as what was measured foretells it: no promise."""

    p50_seconds: float | None = None
    """With an even chance it is done by then; None: not known."""
    p90_seconds: float | None = None
    """In nine cases of ten it is done by then; None: not known."""
    reason: str | None = None
    """Why it is not known."""


class Task(Answer):
    """One task as it stands. After `create` only its id, position and status are told; `get` tells the rest."""

    task_id: str
    """Names the task everywhere."""
    status: Status
    """queued, processing, completed, failed or cancelled."""
    position: int | None = None
    """1 for the task that starts next; 0 once it runs or has ended; None while it waits for a retry."""
    progress: int = 0
    """Percent, 0 to 100, as the vendor reports it."""
    phase: str | None = None
    """While processing: claimed, submitting, generating or saving."""
    eta: Eta | None = None
    """When it will be done, where the service says so; None once it has ended."""
    result: Video | None = None
    """Once completed: the video."""
    error: TaskError | None = None
    """Once failed: why."""
    model: str = ""
    """Model name and version, for example `Hailuo-2.3`."""
    attempt: int = 1
    """Which vendor task this is, counted from 1."""
    vendor_task_id: str | None = None
    """The vendor's name for it, once it has one."""
    created_at: datetime | None = None
    """When the task was created."""
    started_at: datetime | None = None
    """When a worker first took it."""
    ended_at: datetime | None = None
    """When it completed, failed or was cancelled."""
    run_after: datetime | None = None
    """While it waits for a retry: when it is due."""
    cancel_requested: bool = False
    """A cancel came too late to stop the vendor, whose end decides."""
    metadata: Mapping[str, Any] = {}
    """Your own labels, as given."""
    request: Mapping[str, Any] | None = None
    """What the vendor is sent, every default filled in."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.status in ("completed", "failed", "cancelled")

    @property
    def eta_seconds(self) -> float | None:
        """How many seconds it takes from now on, with an even chance; None: not known, or it has ended."""
        return self.eta.p50_seconds if self.eta else None

    @property
    def video_url(self) -> str | None:
        """Where the video is; None: there is none (yet)."""
        return self.result.video_url if self.result else None


class Cancelled(Answer):
    """What came of a cancel."""

    result: str
    """`cancelled`: it will never run; `cancel_requested`: the vendor runs it and decides; `too_late`: it had ended."""
    billed: str
    """Whether the vendor charged for it: `no`, `yes` or `unknown`."""


class Queue(Answer):
    """The queue at one moment."""

    queue_length: int
    """Tasks that could start now, if there were room."""
    active_count: int
    """Vendor tasks that run."""
    max_concurrency: int
    """How many may run at once at present."""
    limited_by: str | None = None
    """What the queue waits for: `vendor` or `MAX_THRESHOLD`; None: for neither."""
    waiting: int = 0
    """Tasks that wait for a retry to become due."""
    processing: int = 0
    """Tasks in the hands of a worker."""
    paused: bool = False
    """No task starts until the queue is resumed."""
    pause_reason: str | None = None
    """Why, for people."""


class Health(Answer):
    """Whether the service can do its job."""

    status: str
    """ok, degraded, paused or unavailable."""
    version: str = ""
    """The release that answers."""
    redis: bool = False
    """Whether Redis answers."""
    workers: int | None = None
    """How many workers are alive."""
    detail: str | None = None
    """What is wrong and what to do, for people."""

    @property
    def working(self) -> bool:
        """Whether videos can be made now."""
        return self.status in ("ok", "degraded")


class Model(Answer):
    """One model of the catalogue; what each of its versions accepts is in `raw`."""

    name: str
    """For example `Hailuo`."""


class Page(Answer):
    """A page of tasks."""

    tasks: list[dict[str, Any]]
    """As the service lists them."""
    next_cursor: str | None = None
    """Where the list goes on; None: it does not."""


class Catalogue(Answer):
    """Every model."""

    models: list[dict[str, Any]]
    """As the service lists them."""
