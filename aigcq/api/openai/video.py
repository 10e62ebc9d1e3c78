"""From the record to the protocol's video, whichever door its task came by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from aigcq.api.openai.schema import Usage, Video, VideoError
from aigcq.api.openai.sizes import size_of
from aigcq.api.views import cost_of
from aigcq.model import Status, Task
from aigcq.schemas import Eta
from aigcq.store.listing import Listed
from aigcq.store.tasks import View

Word = Literal["queued", "in_progress", "completed", "failed"]
WORDS: Final[Mapping[Status, Word]] = {
    Status.QUEUED: "queued",
    Status.PROCESSING: "in_progress",
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "failed",
}
"""Clients that wait go on for `queued` and `in_progress` only, and know no fifth word."""


def video_of(view: View | Listed, eta: Eta | None = None) -> Video:
    """Return the task as this protocol shows it; of one in a list, position and outcome are not known."""
    task, request, client = view.task, view.request, view.client
    outcome = dict(view.outcome or {}) if isinstance(view, View) else {}
    video = outcome if task.status is Status.COMPLETED else {}
    return Video(
        id=task.id,
        model=client.get("model") or task.model,
        status=WORDS[task.status],
        progress=100 if task.status is Status.COMPLETED else task.progress,
        created_at=task.created_ms // 1000,
        completed_at=task.ended_ms // 1000 if task.status is Status.COMPLETED else None,
        expires_at=_unix(video.get("expires_at")),
        prompt=request.get("prompt") or None,
        size=client.get("size") or _size(request, video),
        seconds=client.get("seconds") or f"{request.get('duration') or video.get('duration') or 0:g}",
        remixed_from_video_id=client.get("remixed_from"),
        error=_error(task, outcome),
        queue_position=view.position if isinstance(view, View) else None,
        eta_seconds=None if eta is None or eta.p50_seconds is None else round(eta.p50_seconds),
        metadata=request.get("metadata", {}),
        cost=cost_of(task, outcome),
        usage=Usage(output_seconds=seconds) if (seconds := video.get("output_seconds")) else None,
    )


def _size(request: Mapping[str, Any], video: Mapping[str, Any]) -> str:
    if (width := video.get("width")) and (height := video.get("height")):
        return f"{width}x{height}"
    return size_of(request.get("aspect_ratio") or "16:9", request.get("resolution") or "720P")


def _error(task: Task, outcome: Mapping[str, Any]) -> VideoError | None:
    if task.status is Status.CANCELLED:
        return VideoError(code="cancelled", message="The video was taken back before it was made.")
    if task.status is not Status.FAILED:
        return None
    code = outcome.get("code") or task.error_code or "internal"
    said = [outcome.get("message") or f"It failed: {code}. Retrieve it for the reason.", outcome.get("advice") or ""]
    return VideoError(code=code, message=" ".join(filter(None, said)))


def _unix(moment: object) -> int | None:
    """Return the Unix seconds of a moment as results have it: ISO 8601, or seconds."""
    try:
        return int(datetime.fromisoformat(moment).timestamp()) if isinstance(moment, str) else int(moment)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return None
