"""From the record to what a client reads."""

from __future__ import annotations

from datetime import UTC, datetime

from aigcq.model import Phase, Status
from aigcq.schemas import Eta, TaskError, TaskStatus
from aigcq.store.tasks import View


def status_of(view: View, eta: Eta | None = None) -> TaskStatus:
    """Return the task as `GET /aigc/status/{task_id}` shows it."""
    task, request = view.task, view.request
    return TaskStatus(
        task_id=task.id,
        status=task.status,
        position=view.position,
        result=dict(view.outcome) if view.outcome and task.status is Status.COMPLETED else None,
        error=TaskError(**view.outcome) if view.outcome and task.status is Status.FAILED else None,
        phase=Phase(task.phase) if task.phase else None,
        progress=task.progress,
        model=task.model,
        attempt=task.attempt,
        vendor_task_id=task.vendor_task_id or None,
        session_id=task.session_id if task.sent_ms else None,
        created_at=_moment(task.created_ms) or datetime.fromtimestamp(0, UTC),
        started_at=_moment(task.started_ms),
        ended_at=_moment(task.ended_ms),
        run_after=_moment(task.due_ms),
        eta=eta,
        cancel_requested=task.cancel_requested,
        metadata=request.get("metadata", {}),
        request=dict(request) or None,
    )


def _moment(ms: int) -> datetime | None:
    return datetime.fromtimestamp(ms / 1000, UTC) if ms else None
