"""What an agent is told: little, and what to do next."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from aigcq.client import AigcqError, Cancelled, Queue, Status, Task


class Told(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class VideoFault(Told):
    """Why there is no video."""

    code: str
    """Stable name for machines."""
    message: str
    """What went wrong."""
    advice: str
    """What to do about it."""
    billed: str
    """Whether the vendor charged for it: `no` or `unknown`."""


class Video(Told):
    """One video that was asked for, as it stands."""

    task_id: str
    """Its name in all other tools."""
    status: Status
    """queued, processing, completed, failed or cancelled."""
    progress: int
    """Percent, 0 to 100."""
    position: int | None = None
    """Its place in the queue, 1 for the next; 0 once it runs or has ended; null while it waits for a retry."""
    phase: str | None = None
    """While processing: claimed, submitting, generating or saving."""
    eta_seconds: float | None = None
    """Seconds that it is likely to take from now on, if the service says so."""
    video_url: str | None = None
    """Once completed: where the video is."""
    error: VideoFault | None = None
    """Once failed: why."""
    next_step: str
    """What to do now."""

    @classmethod
    def of(cls, task: Task) -> Self:
        fault = task.error
        return cls(
            task_id=task.task_id,
            status=task.status,
            progress=task.progress,
            position=task.position,
            phase=task.phase,
            eta_seconds=task.eta_seconds,
            video_url=task.video_url,
            error=VideoFault(code=fault.code, message=fault.message, advice=fault.advice, billed=fault.billed)
            if fault
            else None,
            next_step=_NEXT[task.status],
        )


_NEXT = {
    "queued": "Call wait_for_video; a video takes minutes.",
    "processing": "Call wait_for_video again.",
    "completed": "Give the user the video_url.",
    "failed": "Tell the user why; the advice says whether another request can work.",
    "cancelled": "Nothing: it was taken back.",
}


class CancelledVideo(Told):
    """What came of taking a video back."""

    result: str
    """`cancelled`: it will not be made; `cancel_requested`: it is being made, and ends as the vendor decides;
    `too_late`: it had ended."""
    billed: str
    """Whether the vendor charges for it: `no` or `unknown`."""

    @classmethod
    def of(cls, answer: Cancelled) -> Self:
        return cls(result=answer.result, billed=answer.billed)


class QueueInfo(Told):
    """The queue at this moment."""

    queue_length: int
    """Videos that wait for room."""
    active_count: int
    """Videos that are being made."""
    max_concurrency: int
    """How many may be made at once at present."""
    paused: bool
    """Nothing starts until an operator resumes it."""
    pause_reason: str | None
    """Why."""

    @classmethod
    def of(cls, queue: Queue) -> Self:
        return cls(**{name: getattr(queue, name) for name in cls.model_fields})


class Models(Told):
    """Every model of the catalogue."""

    kind: Literal["catalogue"] = "catalogue"
    models: list[dict[str, Any]]
    """Each with its versions: what they accept, and what they do when a field is left out."""


def sentence(error: AigcqError) -> str:
    """Return an error as a model can act on it: what, which fields, what is allowed, what to do."""
    lines = [error.detail]
    for each in error.errors:
        allowed = f" Allowed: {', '.join(map(str, each.allowed))}." if each.allowed else ""
        lines.append(f"{each.field}: {each.message}{allowed}")
    return "\n".join(filter(None, [*lines, error.advice]))
