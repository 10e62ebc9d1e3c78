"""What an operator sees and does: pauses, workers."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from aigcq.request import Number
from aigcq.schemas.answer import Answer, example

REASON_MAX_CHARS = 500
Bound = Annotated[int, Field(ge=1, le=100_000), Number]


class Pause(BaseModel):
    """Let no more tasks start; what runs goes on."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"reason": "the vendor's quota is being moved", "move": False}]},
    )

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_MAX_CHARS)]
    """Why, for everybody who asks how the queue is."""
    move: StrictBool = False
    """Where there are several accounts: what is queued goes to others that can take it."""


class PauseState(Answer):
    """Whether tasks start."""

    model_config = example(paused=True, pause_reason="the vendor's quota is being moved", changed=True)

    paused: bool
    """No task starts until the queue is resumed."""
    pause_reason: str | None = None
    """Why, for people."""
    changed: bool
    """False: there was nothing to do."""
    accounts: list[str] = []
    """To which accounts it was done, where there are several."""


class Held(Answer):
    """One task that a worker holds."""

    task_id: str
    """Names the task everywhere."""
    phase: str
    """claimed, submitting, generating or saving."""
    vendor_task_id: str | None
    """The vendor's name for it; null: it has none yet."""
    since: AwareDatetime | None
    """Since when workers hold it: this one, or those before it whose work it went on with."""


class WorkerInfo(Answer):
    """One worker process, or one of its accounts."""

    consumer: str
    """Its name; each start has a new one."""
    alive: bool
    """It has said within a lease that it lives."""
    last_beat_at: AwareDatetime | None
    """When it last said so; null: that is so long ago that nobody remembers."""
    seconds_ago: float | None
    """How long ago that was."""
    account: str | None = None
    """For which account it works, where there are several."""
    draining: bool
    """It was asked to take no more and to end."""
    holds: list[Held]
    """What it works on now."""


class WorkerList(Answer):
    """All workers, the one that was heard of last first."""

    workers: list[WorkerInfo]
    """Those that have said within ten minutes that they live, and those that left something behind."""
    unread: int = 0
    """So many tasks in the hands of workers were not looked at, because there are more than 5,000."""


class Draining(Answer):
    """A worker that takes no more."""

    model_config = example(consumer="queue-1-4711-9f3a", draining=True, changed=True)

    consumer: str
    """Its name."""
    draining: bool
    """True: it ends as on SIGTERM once it learns of it, which takes a third of AIGCQ_LEASE_SECONDS at most."""
    changed: bool
    """False: it was asked before."""


class LimitBounds(BaseModel):
    """Between what the threshold stays: 1 to 100,000, the minimum not above the maximum; null: the settings decide."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, json_schema_extra={"examples": [{"minimum": 2, "maximum": 8}]}
    )

    minimum: Bound | None = None
    """So many videos may always run at once, whatever the vendor says: what it refuses then waits and comes again."""
    maximum: Bound | None = None
    """The most that may run at once."""


class SetBounds(Answer):
    """Bounds, as somebody has set them; null: nobody has."""

    minimum: int | None = None
    """MIN_THRESHOLD, or what is in its place."""
    maximum: int | None = None
    """MAX_THRESHOLD, or what is in its place."""


class QueueLimit(Answer):
    """How many videos may run at once, and between what that stays."""

    model_config = example(
        minimum=1,
        maximum=8,
        threshold=6,
        live=6,
        operator={"minimum": None, "maximum": 8},
        settings={"minimum": 1, "maximum": 12},
    )

    account: str | None = None
    """Of which account, where there are several; null: of all together."""
    minimum: int
    """The threshold never falls below it."""
    maximum: int
    """The threshold never rises above it."""
    threshold: int
    """How many may run at once at present."""
    live: int
    """How many vendor tasks run."""
    operator: SetBounds
    """What was set at run time; it holds over the settings until it is taken away."""
    settings: SetBounds
    """What the settings of the process that answers say."""
    accounts: list[QueueLimit] = []
    """The same of each account, where there are several."""
