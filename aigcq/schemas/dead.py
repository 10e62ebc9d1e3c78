"""Failed tasks, as an operator sees and requeues them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool

from aigcq.schemas.answer import Answer
from aigcq.schemas.problems import Problem
from aigcq.schemas.tasks import TaskError


class DeadLetter(Answer):
    """A failed task, which is kept until it is requeued or its time is over."""

    task_id: str
    """Names the task everywhere."""
    tenant: str
    """Whose it is."""
    account: str | None = None
    """In which vendor account it is, where there are several."""
    model: str
    """Model name and version, for example `Hailuo-2.3`."""
    attempt: int
    """Which vendor task failed last, counted from 1."""
    tries: int
    """How many attempts or submissions ended in an error that may pass."""
    session_id: str
    """The key by which the vendor kept that attempt from being made twice."""
    vendor_task_id: str | None
    """The vendor's name for it, if it had one."""
    created_at: AwareDatetime
    """When the task was created."""
    ended_at: AwareDatetime
    """When it failed."""
    error: TaskError
    """Why."""
    uncertain: bool
    """The vendor may have made the video all the same: a requeue takes `force`, and may be paid for twice."""


class DeadLetters(Answer):
    """A page of failed tasks, those that failed last first."""

    tasks: list[DeadLetter]
    """At most `limit`. There may be fewer, even none, although more follow: one call looks at 2,000."""
    next_cursor: str | None = None
    """Give it as `cursor` to read on; null: those were the last."""


class RequeueMany(BaseModel):
    """Failed tasks that are to be run again."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"task_ids": ["550e8400-e29b-41d4-a716-446655440000"], "force": False}]},
    )

    task_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]
    """At most 100."""
    force: StrictBool = False
    """Even those of which the vendor may have made the video already: they may be paid for twice."""


class RequeuedOne(Answer):
    """What became of one of them."""

    task_id: str
    """Names the task everywhere."""
    requeued: bool
    """It runs again, as a new attempt, which is charged anew."""
    attempt: int | None = None
    """Which vendor task it will be, counted from 1."""
    position: int | None = None
    """Its rank in the order; 0 once it runs."""
    problem: Problem | None = None
    """Why it was not requeued; the others are not concerned."""


class RequeuedMany(Answer):
    """What became of each, in their order."""

    tasks: list[RequeuedOne]
    """One for each that was named."""
    requeued: int
    """How many run again."""
