"""What goes wrong where there are several accounts."""

from __future__ import annotations

from aigcq.errors.ours import AigcqError


class TaskMoving(AigcqError):
    """It is on its way from one account to another, and may be in either; nothing was changed."""

    code = "task_moving"
    status = 409
    advice = "Send the request again in a second."
    retry_after_seconds = 1

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task {task_id} is on its way to another account just now.")
