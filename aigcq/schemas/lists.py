"""Many tasks at once, and what may be done to one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aigcq.model import Phase, Status
from aigcq.request import Number
from aigcq.schemas.answer import Answer, example
from aigcq.schemas.tasks import TaskError


class ListedTask(Answer):
    """One task of a list. Times are ISO 8601 in UTC; null: it has not happened. Its position its status tells."""

    task_id: str
    """Names the task everywhere."""
    status: Status
    """queued, processing, completed, failed or cancelled."""
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
    tenant: str | None = None
    """Whose it is; null for who is no administrator."""
    account: str | None = None
    """In which vendor account it is, where there are several."""
    attempt: int = 1
    """Which vendor task this is, counted from 1."""
    created_at: AwareDatetime
    """When the task was created."""
    started_at: AwareDatetime | None = None
    """When a worker first took it."""
    ended_at: AwareDatetime | None = None
    """When it completed, failed or was cancelled."""
    run_after: AwareDatetime | None = None
    """While it waits for a retry, or is not to run before: when it is due."""
    cancel_requested: bool = False
    """A cancel came too late to stop the vendor, whose end decides."""
    metadata: dict[str, Any] = {}
    """Your own labels, as given."""
    prompt: str = ""
    """What the video shows: the first 200 characters of it; its status has the whole request."""


class TaskList(Answer):
    """A page of tasks: open ones in the order of their creation, ended ones in that of their end."""

    tasks: list[ListedTask]
    """At most `limit`. There may be fewer, even none, although more follow: one call looks at 2,000 tasks."""
    next_cursor: str | None = None
    """Give it as `cursor` to read on; null: those were the last."""


class Requeue(BaseModel):
    """How a failed task is to be run again."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    force: bool = False
    """Even if the vendor may have made the video already: it may be paid for twice."""


class Requeued(Answer):
    """The task runs again, as a new attempt, which is charged anew."""

    model_config = example(task_id="550e8400-e29b-41d4-a716-446655440000", attempt=2, position=1)

    task_id: str
    """Names the task everywhere."""
    attempt: int
    """Which vendor task it will be, counted from 1."""
    position: int | None
    """Its rank in the order, 1 for the first; 0 once it runs."""


class Priority(BaseModel):
    """Another priority for a task that has not started."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, json_schema_extra={"examples": [{"priority": 5}]}
    )

    priority: Annotated[int, Field(ge=-10, le=10), Number]
    """-10 to 10, as `tasks_priority`."""


class Moved(Answer):
    """The task has the place that it would have had with that priority."""

    model_config = example(task_id="550e8400-e29b-41d4-a716-446655440000", priority=5, position=1)

    task_id: str
    """Names the task everywhere."""
    priority: int
    """The new one."""
    position: int | None
    """1 for the task that starts next; 0 once it runs; null while it waits until it is due."""


Order = Literal["newest", "oldest"]
