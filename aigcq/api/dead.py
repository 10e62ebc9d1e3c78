"""The dead letters over HTTP: failed tasks, listed and requeued many at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from aigcq.api.audit import ActingStore
from aigcq.api.one_account import AccountStore
from aigcq.api.problems import described, problem_of
from aigcq.api.strict import StrictJson
from aigcq.api.tasks import requeued
from aigcq.errors import UNCERTAIN, AigcqError, StoreUnavailable
from aigcq.schemas import TaskError
from aigcq.schemas.dead import DeadLetter, DeadLetters, RequeuedMany, RequeuedOne, RequeueMany
from aigcq.store.dead import CURSOR
from aigcq.store.dead import DeadLetter as Letter
from aigcq.tenant import outward

router = APIRouter(prefix="/aigc/dead", tags=["operators"], route_class=StrictJson)


@router.get("", responses=described(422, 503))
async def dead(
    store: AccountStore,
    code: Annotated[str, Query(description="Only what failed with this error code.", max_length=100)] = "",
    cursor: Annotated[str, Query(description="The `next_cursor` of the page before.", pattern=f"^({CURSOR})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> DeadLetters:
    """List failed tasks, those that failed last first, and why."""
    letters, behind = await store.dead.page(limit, code, cursor)
    return DeadLetters(tasks=[_shown(each) for each in letters], next_cursor=behind or None)


@router.post("/requeue", responses=described(400, 408, 413, 422, 503))
async def requeue(body: RequeueMany, store: ActingStore) -> RequeuedMany:
    """Run failed tasks again, each as a new attempt, which is charged anew. Each is requeued or refused by itself."""
    done: list[RequeuedOne] = []
    away: StoreUnavailable | None = None
    for task_id in dict.fromkeys(map(str, body.task_ids)):
        try:
            if away:  # it would be waited for again and again
                raise StoreUnavailable("Redis did not answer before: this one was not tried.")
            made = await requeued(store, task_id, body.force)
            done.append(RequeuedOne(task_id=task_id, requeued=True, attempt=made.attempt, position=made.position))
        except AigcqError as error:
            away = away or (error if isinstance(error, StoreUnavailable) else None)
            done.append(RequeuedOne(task_id=task_id, requeued=False, problem=problem_of(error)))
    if away and not any(each.requeued for each in done):
        raise away
    return RequeuedMany(tasks=done, requeued=sum(each.requeued for each in done))


def _shown(letter: Letter) -> DeadLetter:
    task = letter.task
    return DeadLetter(
        task_id=task.id,
        tenant=outward(task.tenant),
        account=letter.account or None,
        model=task.model,
        attempt=task.attempt,
        tries=task.tries,
        session_id=task.session_id,
        vendor_task_id=task.vendor_task_id or None,
        created_at=datetime.fromtimestamp(task.created_ms / 1000, UTC),
        ended_at=datetime.fromtimestamp(task.ended_ms / 1000, UTC),
        error=TaskError(**{"code": task.error_code, "message": "", **letter.error}),
        uncertain=task.error_code in UNCERTAIN,
    )
