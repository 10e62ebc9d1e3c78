"""The base specification's routes: `/aigc/…`."""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from aigcq import telemetry
from aigcq.api.dependencies import CatalogueDep, SettingsDep, StoreDep
from aigcq.api.direct import DirectRoute, directly, put
from aigcq.api.problems import described
from aigcq.api.strict import parse
from aigcq.api.views import status_of
from aigcq.errors import InvalidRequest
from aigcq.model import Cancelled
from aigcq.schemas import CancelAnswer, CreateTask, QueueInfo, TaskCreated, TaskStatus
from aigcq.store.tasks import NewTask

log = telemetry.logger()
router = APIRouter(prefix="/aigc", tags=["tasks"], route_class=DirectRoute)

KEY_MAX_CHARS = 255


def _checked(
    request: Request,
    idempotency_key: Annotated[
        str,
        Header(
            description="Your name for this request, at most 255 printable characters. "
            "Repeating it with the same body adds nothing and answers with the same task."
        ),
    ] = "",
) -> str:
    """Return the Idempotency-Key as the client meant it: a quoted string in the draft, bare in practice."""
    key = idempotency_key
    bare = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    with suppress(UnicodeError):
        bare = bare.encode("latin-1").decode()  # clients send UTF-8, which the server reads as Latin-1
    if len(bare) > KEY_MAX_CHARS or not bare.isprintable():
        message = f"Idempotency-Key must be at most {KEY_MAX_CHARS} printable characters."
        raise InvalidRequest("Idempotency-Key", message)
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise InvalidRequest("Idempotency-Key", "Idempotency-Key is given more than once.")
    return bare


IdempotencyKey = Annotated[str, Depends(_checked)]
TaskId = Annotated[UUID, Path(description="The task's id, as `POST /aigc/create` returned it.")]


async def _create_directly(request: Request) -> Response | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        content = await request.body()
    except ClientDisconnect:
        return None
    try:
        body = CreateTask.model_validate(parse(content))
        key = _checked(request, request.headers.get("idempotency-key", ""))
    except (ValueError, HTTPException, InvalidRequest):
        return None
    state, response = request.app.state, Response(media_type="application/json")
    return put(response, await create_task(body, response, state.store, state.settings, state.catalogue, key))


async def _status_directly(request: Request) -> Response | None:
    task_id: str = request.path_params["task_id"]
    if not _AS_WE_SPELL_IT.fullmatch(task_id):
        return None
    view = await request.app.state.store.tasks.get(task_id)
    return put(Response(media_type="application/json"), status_of(view))


_AS_WE_SPELL_IT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@router.post("/create", responses=described(400, 408, 413, 422, 429, 503))
@directly(_create_directly)
async def create_task(
    body: CreateTask,
    response: Response,
    store: StoreDep,
    settings: SettingsDep,
    catalogue: CatalogueDep,
    idempotency_key: IdempotencyKey,
) -> TaskCreated:
    """Queue one video. It answers at once; the task then survives any crash of ours."""
    request = body.to_request(catalogue)
    view = await store.tasks.enqueue(
        NewTask(
            id=str(uuid4()),
            request=request.model_dump_json(exclude_none=True),
            model=f"{request.model_name}-{request.model_version}",
            priority=request.tasks_priority,
            idempotency_key=idempotency_key,
            fingerprint=sha256(body.model_dump_json().encode()).hexdigest()[:32],
        )
    )
    response.headers["Location"] = f"/aigc/status/{view.task.id}"
    if view.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    else:
        log.info("queued", task=view.task.id, model=view.task.model, position=view.position)
    return TaskCreated(task_id=view.task.id, position=view.position, status=view.task.status)


@router.get("/status/{task_id}", responses=described(404, 422, 503))
@directly(_status_directly)
async def task_status(task_id: TaskId, store: StoreDep) -> TaskStatus:
    """Tell where a task stands; a completed one carries its video."""
    return status_of(await store.tasks.get(str(task_id)))


@router.post("/tasks/{task_id}/cancel", responses=described(404, 413, 422, 503))
async def cancel_task(task_id: TaskId, store: StoreDep) -> CancelAnswer:
    """Take a task back. What runs at the vendor already ends as the vendor decides, and may be charged."""
    answer = await store.tasks.cancel(str(task_id))
    return CancelAnswer(result=answer, billed="no" if answer is Cancelled.CANCELLED else "unknown")


@router.get("/queue/info", responses=described(503))
async def queue_info(store: StoreDep) -> QueueInfo:
    """Tell how long the queue is and how many videos may run at once right now."""
    overview = await store.control.overview()
    return QueueInfo(
        queue_length=overview.queued,
        active_count=overview.live,
        max_concurrency=overview.threshold,
        waiting=overview.waiting,
        processing=overview.processing,
        paused=bool(overview.paused),
        pause_reason=overview.paused or None,
    )


@router.get("/models")
async def models(catalogue: CatalogueDep) -> dict[str, Any]:
    """List every model: what it accepts, and what it does when a field is left out."""
    return dict(catalogue.public())
