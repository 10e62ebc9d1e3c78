"""What has happened: `/aigc/metrics/history`, `/aigc/queue/history` and the timeline of a task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query

from aigcq.api.columns import columns
from aigcq.api.dependencies import CallerDep, ClockDep, StoreDep
from aigcq.api.native import TaskId
from aigcq.api.problems import described
from aigcq.caller import ANYONE
from aigcq.errors import InvalidRequest
from aigcq.history import DAY_MS, HOUR_MS, MINUTE_MS
from aigcq.model import Event, Status, session_id
from aigcq.schemas.history import LimitChange, LimitChanges, MetricsHistory, TaskAttempt, Timeline, TimelineEvent
from aigcq.schemas.moment import Moment
from aigcq.store.control import Change
from aigcq.store.history import SEPARATOR
from aigcq.timeline import Attempt, Step, life_of

router = APIRouter(prefix="/aigc", tags=["history"])

STEP_MS: Final = {"minute": MINUTE_MS, "hour": HOUR_MS}
DEFAULT_MS: Final = {"minute": 3 * HOUR_MS, "hour": 7 * DAY_MS}
MOST_STEPS: Final = {"minute": 1440, "hour": 2160}
"""A day by the minute, 90 days by the hour."""
CURSOR: Final = f"^([0-9]{{1,15}}-[0-9]{{1,15}}({SEPARATOR}[0-9]{{1,3}})?)?$"
SCOPE: Final = "^(account|model:.{1,64})?$"

From = Annotated[
    Moment | None,
    Query(
        alias="from",
        description="ISO 8601 with a zone, or seconds since 1970; by default 3 hours, or 7 days, before `to`.",
    ),
]
To = Annotated[Moment | None, Query(alias="to", description="The same; by default now.")]


@router.get("/metrics/history", responses=described(422, 503))
async def metrics_history(
    store: StoreDep,
    clock: ClockDep,
    from_: From = None,
    to: To = None,
    step: Annotated[Literal["minute", "hour"], Query(description="How long a step is.")] = "minute",
) -> MetricsHistory:
    """Tell how the queue was over time, in columns: levels, counts, waits and durations.

    Minutes are kept for 7 days, hours for 90. One call tells at most 1,440 minutes or 2,160 hours."""
    step_ms, now_ms = STEP_MS[step], clock.now() * 1000
    end = to.timestamp() * 1000 if to else now_ms
    begin = from_.timestamp() * 1000 if from_ else end - DEFAULT_MS[step]
    if end > now_ms + DAY_MS:
        raise InvalidRequest("to", "to must be at most a day from now.")
    first, last = int(begin // step_ms), int(-(-end // step_ms))
    if first < 0 or not 0 < last - first <= MOST_STEPS[step]:
        raise InvalidRequest("from", f"from must be before to, by at most {MOST_STEPS[step]} {step}s.")
    past = await store.history.past(step_ms, first * step_ms, last * step_ms)
    return columns(past, step_ms, range(first, last))


@router.get("/queue/history", responses=described(422, 503))
async def queue_history(
    store: StoreDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str, Query(description="The `next_cursor` of the page before.", pattern=CURSOR)] = "",
    scope: Annotated[str, Query(description="`account` or `model:<name>`; by default all.", pattern=SCOPE)] = "",
) -> LimitChanges:
    """List every change of how many videos may run at once, with its cause, the newest first."""
    found = await store.history.changes(limit + 1, before=cursor, scopes=[scope] if scope else ())
    more = len(found) > limit
    return LimitChanges(
        changes=[_change(change) for _, change in found[:limit]], next_cursor=found[limit - 1][0] if more else None
    )


@router.get("/tasks/{task_id}/timeline", responses=described(404, 422, 503))
async def timeline(task_id: TaskId, store: StoreDep, caller: CallerDep) -> Timeline:
    """Tell all that has happened to a task, and every attempt at the vendor."""
    named = str(task_id)
    line = await store.history.line(named)
    life, admin = life_of(named, line.events), caller.sees == ANYONE
    return Timeline(
        task_id=named,
        events=[_event(named, step, admin=admin) for step in life.steps],
        attempts=[_attempt(each) for each in life.attempts],
        complete=line.whole,
    )


def _change(change: Change) -> LimitChange:
    return LimitChange(
        at=_moment(change.ms),
        cause=change.cause,
        old=change.old,
        new=change.new,
        live=change.live,
        scope=change.scope,
        account=change.account or None,
    )


def _event(task_id: str, step: Step, *, admin: bool) -> TimelineEvent:
    told = step.told
    said, submitted = told.fields, told.event == Event.SUBMIT
    status = said.get("status")
    return TimelineEvent(
        at=_moment(told.ms),
        event=told.event,
        status=Status(status) if status in set(Status) else None,
        phase=step.phase or None,
        cause=said.get("cause"),
        code=said.get("code"),
        progress=_number(said.get("progress")),
        priority=_number(said.get("priority")),
        attempt=step.attempt,
        vendor_task_id=said.get("vendor_task") if submitted else None,
        session_id=session_id(task_id, step.attempt) if submitted else None,
        consumer=said.get("consumer") if admin else None,
        account=said.get("account"),
    )


def _attempt(each: Attempt) -> TaskAttempt:
    return TaskAttempt(
        attempt=each.attempt,
        session_id=each.session_id,
        vendor_task_id=each.vendor_task_id or None,
        begun_at=_moment(each.begun_ms),
        ended_at=_moment(each.ended_ms) if each.ended_ms else None,
        outcome=each.outcome,
        code=each.code or None,
    )


def _number(text: str | None) -> int | None:
    return int(float(text)) if text else None


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
