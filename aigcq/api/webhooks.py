"""What became of webhooks: `/aigc/webhooks/…`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from aigcq.api.audit import ActingStore
from aigcq.api.dependencies import CallerDep, StoreDep
from aigcq.api.native import TaskId
from aigcq.api.problems import described
from aigcq.api.strict import StrictJson
from aigcq.caller import Scope
from aigcq.errors import NothingToTell, ScopeMissing
from aigcq.schemas import Deliveries, PastDelivery, Replayed
from aigcq.store.audit import ID
from aigcq.store.receivers import PastCall

router = APIRouter(prefix="/aigc/webhooks", tags=["webhooks"], route_class=StrictJson)

KEPT = 50
"""Calls that are remembered of one task."""
OfTask = Annotated[
    UUID | None, Query(description="The task's id, as `POST /aigc/create` returned it. Without it: all, for admins.")
]
Cursor = Annotated[str, Query(description="The `next_cursor` of the page before.", pattern=f"^({ID})?$")]


@router.get("/deliveries", responses=described(404, 422, 503))
async def deliveries(
    store: StoreDep,
    caller: CallerDep,
    task_id: OfTask = None,
    cursor: Cursor = "",
    limit: Annotated[int, Query(ge=1, le=200)] = KEPT,
) -> Deliveries:
    """List the calls to the webhook of a task, the newest first; for administrators also those of all tasks."""
    if task_id is None and not caller.may(Scope.ADMIN):
        raise ScopeMissing(Scope.ADMIN)
    if task_id is not None:
        await store.tasks.get(str(task_id))
    calls = await store.receivers.calls(limit, str(task_id or ""), cursor)
    shown = [_delivery(call) for call in calls if task_id is None or not call.everyone]
    more = calls[-1].id if len(calls) >= limit else None
    return Deliveries(task_id=str(task_id) if task_id else None, deliveries=shown, next_cursor=more)


@router.post("/deliveries/{task_id}/replay", responses=described(404, 409, 413, 422, 503))
async def replay(task_id: TaskId, store: ActingStore) -> Replayed:
    """Tell the webhook of a task again what there is to tell, at once."""
    notes = await store.outbox.replay(str(task_id))
    if not notes:
        raise NothingToTell(str(task_id))
    return Replayed(task_id=str(task_id), moments=[note.moment.value for note in notes])


def _delivery(call: PastCall) -> PastDelivery:
    return PastDelivery(
        task_id=call.task_id,
        moment=call.moment.value,
        attempt=call.attempt,
        at=datetime.fromtimestamp(call.at_ms / 1000, UTC),
        status=call.status or None,
        error=call.error or None,
        ms=call.ms,
        host=call.host,
        everyone=call.everyone,
    )
