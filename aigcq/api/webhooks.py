"""What became of webhooks: `/aigc/webhooks/…`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from aigcq.api.audit import ActingStore
from aigcq.api.dependencies import StoreDep
from aigcq.api.native import TaskId
from aigcq.api.problems import described
from aigcq.api.strict import StrictJson
from aigcq.errors import NothingToTell
from aigcq.schemas import Deliveries, PastDelivery, Replayed
from aigcq.store.receivers import PastCall

router = APIRouter(prefix="/aigc/webhooks", tags=["webhooks"], route_class=StrictJson)

KEPT = 50
OfTask = Annotated[UUID, Query(description="The task's id, as `POST /aigc/create` returned it.")]


@router.get("/deliveries", responses=described(404, 422, 503))
async def deliveries(task_id: OfTask, store: StoreDep) -> Deliveries:
    """List the calls to the webhook of a task, the newest first."""
    await store.tasks.get(str(task_id))
    calls = await store.receivers.calls(KEPT, str(task_id))
    mine = [_delivery(call) for call in calls if not call.everyone]
    return Deliveries(task_id=str(task_id), deliveries=mine)


@router.post("/deliveries/{task_id}/replay", responses=described(404, 409, 413, 422, 503))
async def replay(task_id: TaskId, store: ActingStore) -> Replayed:
    """Tell the webhook of a task again what there is to tell, at once."""
    notes = await store.outbox.replay(str(task_id))
    if not notes:
        raise NothingToTell(str(task_id))
    return Replayed(task_id=str(task_id), moments=[note.moment.value for note in notes])


def _delivery(call: PastCall) -> PastDelivery:
    return PastDelivery(
        moment=call.moment.value,
        attempt=call.attempt,
        at=datetime.fromtimestamp(call.at_ms / 1000, UTC),
        status=call.status or None,
        error=call.error or None,
        ms=call.ms,
        host=call.host,
    )
