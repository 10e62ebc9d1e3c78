"""From the record to what a client reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.types import Scope

from aigcq.api.links import address, signed_address
from aigcq.config import Settings
from aigcq.model import ENDED, Phase, Status, Task
from aigcq.prices import shown
from aigcq.schemas import Cost, Eta, TaskError, TaskStatus
from aigcq.store.tasks import View
from aigcq.tenant import outward


def base_url(scope: Scope, settings: Settings) -> str:
    """Return how the client of a request reaches us: AIGCQ_PUBLIC_URL, or as it has this time."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    return f"{scope['scheme']}://{host}"


def lasting_url(view: View, base: str, variant: str = "video") -> str | None:
    """Return our address of a task's video or `thumbnail`, which outlives the vendor's; None if it is not kept."""
    stored = (view.outcome or {}).get("stored")
    if not base or not stored or (variant != "video" and not stored.get(variant)):
        return None
    part = "" if variant == "video" else f"/{variant}"
    return address(base, f"/aigc/videos/{view.task.id}{part}")


def result_of(view: View, base: str) -> dict[str, Any] | None:
    """Return what a completed task came to: with our addresses once its video is kept, else as the vendor told it."""
    if not view.outcome or view.task.status is not Status.COMPLETED:
        return None
    result, url = dict(view.outcome), lasting_url(view, base)
    if stored := result.get("stored"):
        result["stored"] = {name: value for name, value in stored.items() if name in PUBLIC}
    if url is None:
        return result
    picture = lasting_url(view, base, "thumbnail")
    ours = {"video_url": url, "source_url": result["video_url"]} | ({"thumbnail_url": picture} if picture else {})
    return result | ours


PUBLIC = frozenset({"bytes", "md5", "content_type"})
"""What a client is told of the kept file; where it lies concerns nobody."""


def status_of(view: View, base: str, eta: Eta | None = None) -> TaskStatus:
    """Return the task as `GET /aigc/status/{task_id}` shows it."""
    task, request = view.task, view.request
    return TaskStatus(
        task_id=task.id,
        status=task.status,
        position=view.position,
        result=result_of(view, base),
        error=TaskError(**view.outcome) if view.outcome and task.status is Status.FAILED else None,
        phase=Phase(task.phase) if task.phase else None,
        progress=task.progress,
        model=task.model,
        tenant=None if view.owner is None else outward(view.owner),
        account=view.account or None,
        attempt=task.attempt,
        vendor_task_id=task.vendor_task_id or None,
        session_id=task.session_id if task.sent_ms else None,
        created_at=_moment(task.created_ms) or datetime.fromtimestamp(0, UTC),
        started_at=_moment(task.started_ms),
        ended_at=_moment(task.ended_ms),
        run_after=_moment(task.due_ms),
        eta=eta,
        cancel_requested=task.cancel_requested,
        cost=cost_of(task, view.outcome),
        metadata=request.get("metadata", {}),
        request=dict(request) or None,
        events_url=signed_address(base, f"/aigc/tasks/{task.id}/events"),
    )


def cost_of(task: Task, outcome: Mapping[str, Any] | None) -> Cost | None:
    """Return what a task costs, as far as it is known; None if it has no price."""
    if not task.price:
        return None
    seconds = (outcome or {}).get("output_seconds")
    return Cost(
        currency=task.currency,
        estimated=shown(task.cost_estimate),
        final=shown(task.cost_spent) if task.status in ENDED and not task.cost_committed else None,
        billed_seconds=max(seconds, task.least_seconds) if seconds else None,
    )


def _moment(ms: int) -> datetime | None:
    return datetime.fromtimestamp(ms / 1000, UTC) if ms else None
