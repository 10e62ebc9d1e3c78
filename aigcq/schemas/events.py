"""What happens, as it is told while it happens."""

from __future__ import annotations

from pydantic import AwareDatetime

from aigcq.model import Status
from aigcq.schemas.answer import Answer, example


class TaskEvent(Answer):
    """Something has happened to a task: the data of an event `task`."""

    model_config = example(
        task_id="550e8400-e29b-41d4-a716-446655440000",
        event="progress",
        status="processing",
        at="2026-11-24T12:00:00.123Z",
        progress=40,
    )

    task_id: str
    """Names the task everywhere."""
    event: str
    """What has happened: create, claim, submit, progress, succeed, fail, retry, cancel … New words may come."""
    status: Status
    """The task's status after it."""
    at: AwareDatetime
    """When."""
    phase: str | None = None
    """While processing: how far it is."""
    progress: int | None = None
    """Percent, as the vendor reports it."""
    priority: int | None = None
    """After `reorder`: the new one."""
    code: str | None = None
    """After `fail` or `retry`: the error's."""


class QueueEvent(Answer):
    """Something has happened to the queue: the data of an event `queue`."""

    model_config = example(event="limit", at="2026-11-24T12:00:00.123Z", cause="refused", threshold=3, scope="account")

    event: str
    """`limit`: the threshold has moved; `pause`; `resume`."""
    at: AwareDatetime
    """When."""
    cause: str | None = None
    """Why."""
    threshold: int | None = None
    """After `limit`: how many videos may run at once."""
    scope: str | None = None
    """After `limit`: whose it is, `account` or `model:<name>`, for example `model:Hailuo`."""
