"""The queue and the service, as they are at one moment."""

from __future__ import annotations

from typing import Literal

from aigcq.schemas.answer import Answer, example
from aigcq.schemas.tasks import Eta


class AccountInfo(Answer):
    """One vendor account, where there are several."""

    name: str
    """What the operator calls it."""
    queue_length: int
    """Tasks that could start now, if there were room."""
    active_count: int
    """Vendor tasks that run."""
    max_concurrency: int
    """How many may run at once at present."""
    waiting: int = 0
    """Tasks that wait for a retry to become due."""
    processing: int = 0
    """Tasks in the hands of a worker."""
    paused: bool = False
    """No task starts there until it is resumed."""
    pause_reason: str | None = None
    """Why, for people."""


class QueueInfo(Answer):
    """The queue at one moment."""

    model_config = example(queue_length=3, active_count=4, max_concurrency=4, limited_by="vendor", processing=4)

    queue_length: int
    """Tasks that could start now, if there were room."""
    active_count: int
    """Vendor tasks that run."""
    max_concurrency: int
    """How many may run at once at present: the threshold, which adapts to the vendor."""
    limited_by: Literal["vendor", "MAX_THRESHOLD", "operator"] | None = None
    """What the queue waits for: the vendor, which takes no more at once, your own setting, or the maximum that an
    operator has set in its place (`GET /aigc/queue/limit`); null: for none of them."""
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
    oldest_queued_seconds: float | None = None
    """How long ago the oldest of those tasks that could start was created; null: there is none."""
    eta: Eta | None = None
    """When a task would be done that were created now, whatever its model."""
    accounts: list[AccountInfo] = []
    """The same of each vendor account, where there are several."""


class VendorHealth(Answer):
    """The vendor as workers last saw it; nothing is asked for this answer."""

    reachable: bool | None = None
    """Whether it answered; null: nobody has asked yet."""
    seconds_ago: float | None = None
    """How long ago that was."""
    error: str | None = None
    """What went wrong, if it did not answer."""
    simulated: bool | None = None
    """Whether the workers call the simulator, so that nothing is charged; null: no worker has said."""


class HealthFinding(Answer):
    """One thing that is wrong with the service, and what to do about it."""

    code: str
    """What it is, for machines; each has a page of its own in the documentation."""
    severity: Literal["error", "warning"]
    """`error`: somebody must act now; `warning`: soon, or it passes by itself."""
    detail: str
    """What it is, for people; of several accounts it begins with the name of the one that it is about."""
    action: str
    """What to do."""
    docs: str
    """The page that says more, in the project's documentation."""


class AccountHealth(Answer):
    """Whether one vendor account can do its job, where there are several."""

    name: str
    """What the operator calls it."""
    status: Literal["ok", "degraded", "paused", "unavailable"]
    """As of the service."""
    workers: int | None = None
    """How many of its workers are alive."""
    vendor: VendorHealth | None = None
    """The vendor as last seen."""
    detail: str | None = None
    """What is wrong and what to do, for people."""


class Health(Answer):
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
    auth: Literal["open", "required"] | None = None
    """Whether everybody may call, or only who has an API key; null: Redis does not answer, and nobody may."""
    detail: str | None = None
    """What is wrong and what to do, for people."""
    accounts: list[AccountHealth] = []
    """The same of each vendor account, where there are several."""
    findings: list[HealthFinding] = []
    """All that is wrong, the worst first; the first one names the status."""
