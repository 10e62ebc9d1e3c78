"""Tasks after their creation: listed, taken back, run again, moved."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Query, Request

from aigcq.api.audit import ActingStore
from aigcq.api.dependencies import BaseUrl, CallerDep, StoreDep
from aigcq.api.native import TaskId
from aigcq.api.problems import described
from aigcq.api.strict import StrictJson
from aigcq.api.views import status_of
from aigcq.caller import Caller, Scope
from aigcq.errors import UNCERTAIN, InvalidRequest, MayBeMade, NotFailed, NotQueued, ScopeMissing
from aigcq.model import ENDED, Cancelled, Status
from aigcq.schemas import CancelAnswer, ListedTask, Moved, Priority, Requeue, Requeued, TaskList, shortened, spelt
from aigcq.schemas.access import TenantName
from aigcq.schemas.lists import Order
from aigcq.schemas.moment import Moment
from aigcq.store import Store
from aigcq.store.listing import Listed, Wanted
from aigcq.store.tasks import View
from aigcq.tenant import inward

router = APIRouter(prefix="/aigc", tags=["tasks"], route_class=StrictJson)

MOST_PAGES: Final = 10
"""Of LOOKED_AT records, for one call: what is rare takes several calls, and none of them takes long."""
LABELLED: Final = "metadata."
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    409: {**described(422)[422], "description": "The task is not in a state in which that can be done: `code` tells."}
}


def _labels(request: Request) -> Mapping[str, str]:
    """Return what is asked of the labels: `metadata.order=A-1`."""
    asked = request.query_params
    names = {"status", "model", "tenant", "created_after", "created_before", "limit", "cursor", "order"}
    for name in asked:
        if name not in names and not (name.startswith(LABELLED) and len(name) > len(LABELLED)):
            raise InvalidRequest(spelt(name), "There is no such parameter.", [*sorted(names), "metadata.KEY"])
    return {name.removeprefix(LABELLED): asked[name] for name in asked if name.startswith(LABELLED)}


def _cursor(cursor: Annotated[str, Query(description="The `next_cursor` of the page before.")] = "") -> str:
    try:
        found = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        found = "?"
    return found


def _shown(cursor: str) -> str | None:
    return urlsafe_b64encode(cursor.encode()).decode().rstrip("=") or None


def _of_tenant(
    store: StoreDep,
    caller: CallerDep,
    tenant: Annotated[TenantName | None, Query(description="Only what is this tenant's; for administrators.")] = None,
) -> Store:
    if tenant is None:
        return store
    if not caller.may(Scope.ADMIN):
        raise ScopeMissing(Scope.ADMIN)
    return store.seen_by(Caller(tenant=inward(tenant), scopes=frozenset({Scope.READ})))


@router.get("/tasks", responses=described(422, 503))
async def list_tasks(
    store: Annotated[Store, Depends(_of_tenant)],
    caller: CallerDep,
    base: BaseUrl,
    labels: Annotated[Mapping[str, str], Depends(_labels)],
    cursor: Annotated[str, Depends(_cursor)],
    status: Annotated[list[Status], Query(description="One of these; may be repeated.")] = [],  # noqa: B006  # FastAPI's way
    model: Annotated[str, Query(description="Model name and version, for example `Hailuo-2.3`.")] = "",
    created_after: Annotated[Moment | None, Query(description="ISO 8601 with a zone, or seconds since 1970.")] = None,
    created_before: Annotated[Moment | None, Query(description="ISO 8601 with a zone, or seconds since 1970.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Annotated[Order, Query(description="Which come first.")] = "newest",
) -> TaskList:
    """List tasks, a page at a time. `metadata.KEY=VALUE` asks for those with such a label."""
    wanted = Wanted(
        open=not status or not set(status) <= ENDED,
        ended=not status or bool(ENDED & set(status)),
        fields={"status": status, "model": [model] if model else []},
        newest=order == "newest",
    )
    first = created_after.timestamp() * 1000 if created_after else float("-inf")
    last = created_before.timestamp() * 1000 if created_before else float("inf")

    def fits(each: Listed) -> bool:
        has = each.request.get("metadata", {})
        return first <= each.task.created_ms < last and all(_says(has, *label) for label in labels.items())

    try:
        rows, behind = await page_of(store, wanted, cursor, limit, fits)
    except ValueError:
        raise InvalidRequest("cursor", "cursor must be the next_cursor of a list of tasks.") from None
    outcomes = await store.lists.outcomes([each.task.id for each in rows if each.task.status in ENDED])
    found = [_row(_owned(each, caller), outcomes.get(each.task.id), base) for each in rows]
    return TaskList(tasks=found, next_cursor=_shown(behind))


async def page_of(
    store: Store, wanted: Wanted, cursor: str, limit: int, fits: Callable[[Listed], bool]
) -> tuple[Sequence[Listed], str]:
    """Return at most `limit` tasks that fit, and where to read on; empty: nowhere.

    There may be fewer, or none, and more behind them: no call looks at more than MOST_PAGES.

    Raises:
        ValueError: `cursor` is none that a list has given.
    """
    found: list[Listed] = []
    pages = 0
    async for page, behind in store.lists.pages(wanted, cursor):
        fitting = [each for each in page if fits(each)]
        room, pages = limit - len(found), pages + 1
        found += fitting[:room]
        if len(fitting) > room or (len(fitting) == room and fitting[-1] is not page[-1]):
            return found, found[-1].cursor
        if len(found) == limit or pages == MOST_PAGES:
            return found, behind
    return found, ""


def _says(labels: Mapping[str, Any], name: str, value: str) -> bool:
    return name in labels and value in (labels[name], json.dumps(labels[name]))


def _owned(each: Listed, caller: Caller) -> Listed:
    """Return a row with whose it is, also where an administrator looks at the list of one tenant."""
    return replace(each, owner=each.task.tenant) if caller.oversees else each


def _row(each: Listed, outcome: Mapping[str, Any] | None, base: str) -> ListedTask:
    view = View(
        task=each.task, position=None, stored=each.stored, outcome=outcome, owner=each.owner, account=each.account
    )
    status = status_of(view, base)
    told = {name: getattr(status, name) for name in ListedTask.model_fields if name != "prompt"}
    return ListedTask(prompt=shortened(str(each.request.get("prompt", ""))), **told)


@router.post("/tasks/{task_id}/cancel", responses=described(404, 413, 422, 503))
async def cancel_task(task_id: TaskId, store: ActingStore) -> CancelAnswer:
    """Take a task back. What runs at the vendor already ends as the vendor decides, and may be charged."""
    answer = await store.tasks.cancel(str(task_id))
    match answer:
        case Cancelled.CANCELLED:
            attempt = (await store.tasks.get(str(task_id))).task.attempt
            return CancelAnswer(result=answer, billed="no" if attempt == 1 else "unknown")
        case Cancelled.REQUESTED:
            return CancelAnswer(result=answer, billed="unknown")
    view = await store.tasks.get(str(task_id))
    if view.task.status is Status.COMPLETED:
        return CancelAnswer(result=answer, billed="yes")
    error = view.outcome or {}
    return CancelAnswer(result=answer, billed="no" if error.get("billed") == "no" else "unknown")


@router.post("/tasks/{task_id}/requeue", responses=REFUSED | described(400, 402, 404, 408, 413, 422, 503))
async def requeue_task(
    task_id: TaskId,
    store: ActingStore,
    body: Annotated[Requeue, Body()] = Requeue(),  # noqa: B008  # FastAPI's way
) -> Requeued:
    """Run a failed task again, as a new attempt, which is charged anew."""
    return await requeued(store, str(task_id), body.force)


async def requeued(store: Store, named: str, force: bool) -> Requeued:
    """Put a failed task back.

    Raises:
        TaskNotFound: there is no such task, or its record has expired.
        NotFailed: it has not failed.
        MayBeMade: the vendor may have made the video already, and it is not to be forced.
        BudgetExceeded: a budget has less left than the new attempt may cost.
    """
    task = (await store.tasks.get(named)).task
    if task.status is Status.FAILED and task.error_code in UNCERTAIN and not force:
        raise MayBeMade(named, task.error_code)
    if not await store.tasks.requeue(named):
        raise NotFailed(named)
    view = await store.tasks.get(named)
    return Requeued(task_id=named, attempt=view.task.attempt, position=view.position)


@router.post("/tasks/{task_id}/priority", responses=REFUSED | described(400, 404, 408, 413, 422, 503))
async def reprioritise_task(task_id: TaskId, body: Priority, store: ActingStore) -> Moved:
    """Give a task that has not started another priority, and the place that it would have had with it."""
    if not await store.tasks.reorder(str(task_id), body.priority):
        raise NotQueued(str(task_id))
    view = await store.tasks.get(str(task_id))
    return Moved(task_id=str(task_id), priority=body.priority, position=view.position)
