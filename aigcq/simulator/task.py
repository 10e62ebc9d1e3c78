"""A vendor task. Its status is a function of the clock: nothing ticks, somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from aigcq.simulator.capabilities import Model, seconds_asked

TASK_FAILED: Final = 70000
"""ErrCode of every failed task."""


class Status(StrEnum):
    """The outer status; the inner one has only the middle two."""

    WAITING = "WAITING"
    PROCESSING = "PROCESSING"
    FINISH = "FINISH"
    ABORTED = "ABORTED"


@dataclass(frozen=True, slots=True)
class Fate:
    """How a task will end, and how many seconds after it has begun."""

    seconds: float
    err_code_ext: str = ""
    message: str = ""

    @property
    def err_code(self) -> int:
        """0, or 70000 if the task will fail."""
        return TASK_FAILED if self.err_code_ext else 0


ABORTED: Final = Fate(0.0, "OperationCanceled", "task aborted")
"""How a task ends that was aborted while it waited."""


@dataclass(slots=True, kw_only=True, eq=False)
class Task:
    """What the vendor remembers of one accepted request; moments are seconds since 1970 of the vendor's clock."""

    ordinal: int
    """How many tasks there were before it."""
    token: str
    """32 hex digits: part of the TaskId and of the FileUrl."""
    secret_id: str
    model: Model
    params: Mapping[str, Any]
    created: float
    fate: Fate
    over_the_limit: bool = False
    """Accepted beyond the concurrency: it holds no permit and is going to fail."""
    announced_twice: bool = False
    """The fault `duplicate_event` struck it."""
    begun: float | None = None
    aborted: float | None = None
    """When it was aborted."""
    polled: float | None = None
    """When DescribeTaskDetail last answered for it, since the simulator was started."""

    @property
    def task_id(self) -> str:
        """`<SubAppId>-AigcVideoTask-<32 hex>t`."""
        return f"{self.sub_app_id}-AigcVideoTask-{self.token}t"

    @property
    def sub_app_id(self) -> int:
        """The application it belongs to."""
        return int(self.params["SubAppId"])

    @property
    def session_id(self) -> str:
        """The key of deduplication; "" if none was sent."""
        return self.params.get("SessionId") or ""

    @property
    def session_context(self) -> str:
        """The client's own note; "" if none was sent."""
        return self.params.get("SessionContext") or ""

    @property
    def priority(self) -> int:
        """TasksPriority, -10 to 10; the vendor takes it as text too."""
        return int(self.params.get("TasksPriority") or 0)

    @property
    def output_config(self) -> Mapping[str, Any]:
        """OutputConfig as it was sent."""
        return self.params.get("OutputConfig") or {}

    @property
    def video_seconds(self) -> float:
        """Length of the video that was asked for."""
        return seconds_asked(self.model, self.params)

    @property
    def finish(self) -> float | None:
        """When it finishes or was aborted; None while that cannot be known."""
        if self.aborted is not None:
            return self.aborted
        return None if self.begun is None else self.begun + self.fate.seconds

    def status(self, now: float) -> Status:
        """Return the outer status at `now`."""
        if self.aborted is not None:
            return Status.ABORTED
        if self.finish is None:
            return Status.WAITING
        return Status.FINISH if now >= self.finish else Status.PROCESSING

    def is_over(self, now: float) -> bool:
        """Return whether it has finished or was aborted."""
        return self.status(now) in (Status.FINISH, Status.ABORTED)

    def progress(self, now: float) -> int:
        """Return the percentage at `now`; 100 when it has finished, even if it has failed."""
        match self.status(now):
            case Status.FINISH | Status.ABORTED:
                return 100
            case Status.PROCESSING if self.begun is not None:
                return max(0, min(99, int(100 * (now - self.begun) / self.fate.seconds)))
            case _:
                return 0

    def outcome(self, now: float) -> str:
        """Return `live`, `succeeded`, `failed` or `aborted`."""
        match self.status(now):
            case Status.ABORTED:
                return "aborted"
            case Status.FINISH:
                return "failed" if self.fate.err_code else "succeeded"
            case _:
                return "live"

    def billed_seconds(self, now: float) -> float:
        """Return the seconds of video charged so far; failed tasks are taken to be free (not proven of the vendor)."""
        return max(self.video_seconds, self.model.minimum_billed) if self.outcome(now) == "succeeded" else 0.0

    def end(self) -> Fate:
        """Return how it ended, or is going to."""
        return ABORTED if self.aborted is not None else self.fate
