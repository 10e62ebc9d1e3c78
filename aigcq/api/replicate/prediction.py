"""From the record to the protocol's prediction, whichever door its task came by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from aigcq.api.links import Base
from aigcq.api.replicate.models import OWNERS
from aigcq.api.replicate.schema import Prediction, Urls
from aigcq.api.views import lasting_url
from aigcq.errors import DeadlineExceeded
from aigcq.model import ENDED, Status, Task
from aigcq.store.listing import Listed
from aigcq.store.tasks import View

FACE: Final = "replicate"
Word = Literal["starting", "processing", "succeeded", "failed", "canceled"]
WORDS: Final[Mapping[Status, Word]] = {
    Status.QUEUED: "starting",
    Status.PROCESSING: "processing",
    Status.COMPLETED: "succeeded",
    Status.FAILED: "failed",
    Status.CANCELLED: "canceled",
}
"""Clients that wait go on for the first two only, and some refuse a sixth word."""
BAR: Final = 20
HIDDEN: Final = ("model_name", "model_version", "upload", "client")


def prediction_of(view: View | Listed, base: str) -> Prediction:
    """Return the task as this protocol shows it, at the service's own address `base`.

    Of one in a list, outcome and position are not known.
    """
    task, request, client = view.task, view.request, view.client
    outcome = dict(view.outcome or {}) if isinstance(view, View) else {}
    status = _status(task)
    own = f"{base}/v1/predictions/{task.id}"
    return Prediction(
        id=task.id,
        model=str(client["model"]) if client.get("face") == FACE else _path(task.model),
        version=task.model.lower(),
        input=_input(request, client),
        output=_video(view, base) if isinstance(view, View) and status == "succeeded" else None,
        logs=_logs(task, view.position if isinstance(view, View) else None),
        error=_error(task, outcome) if status == "failed" else None,
        status=status,
        created_at=_moment(task.created_ms) or datetime.fromtimestamp(0, UTC),
        started_at=_moment(task.started_ms),
        completed_at=_moment(task.ended_ms),
        deadline=_moment(task.end_by_ms),
        metrics=_metrics(task),
        urls=Urls(get=own, cancel=f"{own}/cancel", web=f"{base}/aigc/status/{task.id}"),
    )


def _video(view: View, base: str) -> str | None:
    """Return where the video is: at ours, for as long as it is kept, else at the vendor's."""
    return lasting_url(view, base) or (view.outcome or {}).get("video_url")


def hook_body(view: View, base: str = "") -> Mapping[str, Any]:
    """Return what a webhook says: the prediction, as if it were asked for at the address where it was made.

    Of `base` only the signer is taken.
    """
    own = Base.of(str(view.client.get("base", "")), base.signer if isinstance(base, Base) else None)
    return prediction_of(view, own).model_dump(mode="json")


def _status(task: Task) -> Word:
    """Return the status; what was not begun in time is `canceled`: the protocol takes it back by itself."""
    if task.status is Status.FAILED and task.error_code == DeadlineExceeded.code:
        return "canceled"
    return WORDS[task.status]


def _path(model: str) -> str:
    return f"{OWNERS.get(model.partition('-')[0], model.partition('-')[0].lower())}/{model.lower()}"


def _input(request: Mapping[str, Any], client: Mapping[str, Any]) -> dict[str, Any]:
    names = client.get("names", {})
    shown = {names.get(field, field): value for field, value in request.items() if field not in HIDDEN}
    if digest := request.get("upload"):
        shown[names.get("image_url", "image")] = client.get("picture") or f"sha256:{digest}"
    return shown


def _logs(task: Task, position: int | None) -> str:
    """Return how far it is; the libraries look for a line like `50%|#### | 50/100`."""
    if task.status is Status.QUEUED:
        return f"queued, position {position}\n" if position else "queued\n"
    done = 100 if task.status is Status.COMPLETED else task.progress
    bar = "#" * (done * BAR // 100)
    phase = f"{task.phase}\n" if task.phase and task.status not in ENDED else ""
    return f"{phase}{done}%|{bar:<{BAR}}| {done}/100\n"


def _error(task: Task, outcome: Mapping[str, Any]) -> str:
    code = outcome.get("code") or task.error_code or "internal"
    said = [outcome.get("message") or f"It failed: {code}. Get it for the reason.", outcome.get("advice") or ""]
    return " ".join(filter(None, said))


def _metrics(task: Task) -> dict[str, float]:
    if not task.ended_ms:
        return {}
    metrics = {"total_time": (task.ended_ms - task.created_ms) / 1000}
    return metrics | ({"predict_time": (task.ended_ms - task.started_ms) / 1000} if task.started_ms else {})


def _moment(ms: int) -> datetime | None:
    return datetime.fromtimestamp(ms / 1000, UTC) if ms else None
