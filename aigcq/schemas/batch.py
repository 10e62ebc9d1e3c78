"""Many tasks in one call."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from aigcq.model import Status
from aigcq.schemas.answer import Answer, example
from aigcq.schemas.problems import Problem
from aigcq.schemas.tasks import EXAMPLES, CreateTask


class Batch(BaseModel):
    """Videos to be made, each as `POST /aigc/create` takes it."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"items": EXAMPLES}]},
    )

    items: Annotated[list[CreateTask], Field(min_length=1, max_length=100)]
    """At most 100. If one of them is wrong, none is enqueued."""


class BatchItem(Answer):
    """What became of one of them: a task, or a problem."""

    model_config = example(created=True, task_id="550e8400-e29b-41d4-a716-446655440000", position=1, status="queued")

    created: bool
    """It is on record and will run; so is what an Idempotency-Key has named before."""
    task_id: str | None = None
    """Names the task everywhere."""
    position: int | None = None
    """Its rank in the order, 1 for the first; null while it waits."""
    status: Status | None = None
    """`queued`, unless an Idempotency-Key named a task that is further."""
    problem: Problem | None = None
    """Why it was not created; the others are not concerned."""


class BatchCreated(Answer):
    """What became of each, in their order."""

    items: list[BatchItem]
    """One for each that was asked for."""
    created: int
    """How many are on record and will run."""
