"""What has happened: to the queue over time, to its thresholds, to one task."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from aigcq.model import Status
from aigcq.schemas.answer import Answer, example

Column = list[int | None]
"""One number for each step; null: nobody knows."""
Numbers = list[float | None]


class Level(Answer):
    """How high something stood; null where nobody has looked."""

    avg: Numbers
    """On average, of several looks a minute."""
    max: Column
    """At most. Of several accounts: the sum of their own maxima."""


class Thresholds(Answer):
    """How many videos were allowed to run at once; null where nobody has looked."""

    min: Column
    """At least."""
    max: Column
    """At most."""


class OfModel(Answer):
    """What became of the tasks of one model."""

    created: Column
    """Tasks that were created."""
    completed: Column
    """Tasks that have completed."""
    failed: Column
    """Tasks that have failed."""


class Histogram(Answer):
    """How long something took, of what was over in each step."""

    p50: Numbers
    """Half of them took no longer, seconds; null if there were none."""
    p90: Numbers
    """Nine of ten took no longer."""
    bounds: list[float]
    """Seconds. The first count is of what took no longer than the first bound, the last one, of which there is one more
    than of bounds, of what took longer than the last."""
    counts: list[list[int]]
    """For each step the counts; empty if there were none."""


class MissedEvents(Answer):
    """A time in which events were dropped before anybody has counted them. Steps that meet it are null."""

    from_: AwareDatetime = Field(alias="from")
    """When the last event before happened."""
    to: AwareDatetime
    """When the first event after happened."""
    lost: int | None
    """How many; null: nobody knows."""


class MetricsHistory(Answer):
    """The queue over time, in columns: the n-th number of each is of the step that begins at the n-th of `at`."""

    step_seconds: int
    """How long a step is: 60 or 3600."""
    from_: AwareDatetime = Field(alias="from")
    """When the first step begins."""
    to: AwareDatetime
    """When the last step ends."""
    at: list[int]
    """When each step begins, seconds since 1970, without a gap."""
    queued: Level
    """Tasks that waited for their turn."""
    waiting: Level
    """Tasks that waited until they were due."""
    live: Level
    """Videos that the vendor was making."""
    threshold: Thresholds
    """How many videos were allowed to run at once."""
    created: Column
    """Tasks that were created. Of this and all other counts null means that nobody has counted all of them."""
    completed: Column
    """Tasks that have completed."""
    failed: Column
    """Tasks that have failed for good."""
    cancelled: Column
    """Tasks that were cancelled."""
    refused: Column
    """How often the vendor said that too many run or too many calls came: when a task was submitted, or later."""
    by_model: dict[str, OfModel]
    """By model name and version. `other`: of the models beyond the first 8 in a minute, or the first 24 in an hour."""
    by_code: dict[str, Column]
    """Attempts that an error has ended, by its code, whether another attempt followed or not."""
    wait_seconds: Histogram
    """From when a task was queued, or was due, until the vendor took it for the first time."""
    generation_seconds: Histogram
    """How long the vendor has taken for a video."""
    missed: list[MissedEvents] = []
    """Times of which not everything is known."""


class LimitChange(Answer):
    """A threshold has moved."""

    model_config = example(
        at="2026-11-24T12:00:00.123Z", cause="refused", old=4, new=3, live=3, scope="account", account=None
    )

    at: AwareDatetime
    """When."""
    cause: str
    """started, recovered, accepted, refused, rate_limited, failed, waiting or ended. New words may come."""
    old: int | None
    """How many videos were allowed to run at once before; null in the beginning."""
    new: int
    """How many are since."""
    live: int
    """How many ran then, of that scope."""
    scope: str
    """Whose threshold: `account`, or `model:<name>`, for example `model:Hailuo`."""
    account: str | None = None
    """Of which account, where there are several."""


class LimitChanges(Answer):
    """A page of changes, the newest first."""

    changes: list[LimitChange]
    """At most `limit`."""
    next_cursor: str | None = None
    """Give it as `cursor` to read on; null: those were the last."""


class TimelineEvent(Answer):
    """Something has happened to a task. What an event does not tell is null."""

    at: AwareDatetime
    """When."""
    event: str
    """create, claim, submit, progress, release, succeed, fail, retry, cancel … New words may come."""
    status: Status | None = None
    """The task's status after it."""
    phase: str | None = None
    """While processing: how far it is."""
    cause: str | None = None
    """Of an alarm: what was found."""
    code: str | None = None
    """The error's."""
    progress: int | None = None
    """Percent, as the vendor reports it; of several in a row the last one."""
    priority: int | None = None
    """After `reorder`: the new one."""
    attempt: int | None = None
    """At which attempt it happened, counted from 1."""
    vendor_task_id: str | None = None
    """With `submit`: the vendor's name of the attempt."""
    session_id: str | None = None
    """With `submit`: our name of the attempt at the vendor."""
    consumer: str | None = None
    """Which worker; for administrators only."""
    account: str | None = None
    """After `move`: where the task has gone."""


class TaskAttempt(Answer):
    """One attempt at the vendor: all that was sent under one SessionId."""

    attempt: int
    """Counted from 1."""
    session_id: str
    """Our name of it at the vendor."""
    vendor_task_id: str | None
    """The vendor's; null: the vendor has not taken it."""
    begun_at: AwareDatetime
    """When a worker first took the task for it."""
    ended_at: AwareDatetime | None
    """When it ended; null: it has not."""
    outcome: Literal["completed", "failed", "cancelled", "refused", "put_back"] | None
    """`refused`: the vendor took nothing, for too many were live; `put_back`: it was not sent, or the vendor did
    nothing. Both may be sent again under the same name. null: it has not ended."""
    code: str | None = None
    """The error's that ended it."""


class Timeline(Answer):
    """All that has happened to one task."""

    task_id: str
    """Names the task everywhere."""
    events: list[TimelineEvent]
    """In the order in which they happened."""
    attempts: list[TaskAttempt]
    """Every attempt at the vendor."""
    complete: bool
    """Whether nothing is missing since the task was created, but percentages between two others."""
