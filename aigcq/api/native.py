"""The base specification's routes: `/aigc/…`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from aigcq import telemetry
from aigcq.api.dependencies import BaseUrl, CatalogueDep, MeasuredDep, SettingsDep, StoreDep, StreamsDep
from aigcq.api.eta import Measured, eta_of
from aigcq.api.hooks import callback
from aigcq.api.offers import kinds_of, offered, taken
from aigcq.api.orders import fingerprint, order, resend_of
from aigcq.api.prefer import Wait, applied, waited
from aigcq.api.problems import described
from aigcq.api.strict import StrictJson
from aigcq.api.terms import terms_of
from aigcq.api.views import status_of
from aigcq.catalogue import Catalogue
from aigcq.errors import InvalidRequest
from aigcq.model import ENDED
from aigcq.prices import load
from aigcq.schemas import CreateTask, QueueInfo, TaskCreated, TaskStatus
from aigcq.schemas.queue import AccountInfo
from aigcq.store import Store
from aigcq.store.control import Overview

log = telemetry.logger()
router = APIRouter(prefix="/aigc", tags=["tasks"], route_class=StrictJson)

KEY_MAX_CHARS = 255
REPLAYED: Final = "Idempotent-Replayed"


def checked_key(
    request: Request,
    idempotency_key: Annotated[
        str,
        Header(
            description="Your name for this request, at most 255 printable characters. "
            "Repeating it with the same body adds nothing and is answered as the first time."
        ),
    ] = "",
) -> str:
    """Return the Idempotency-Key of a request."""
    return read_key(request.headers.getlist("idempotency-key"))


def read_key(given: Sequence[str]) -> str:
    """Return the Idempotency-Key as the client meant it: a quoted string in the draft, bare in practice.

    Raises:
        InvalidRequest: it is given more than once, or it is none.
    """
    if not given:
        return ""
    key = given[0]
    bare = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    with suppress(UnicodeError):
        bare = bare.encode("latin-1").decode()  # clients send UTF-8, which the server reads as Latin-1
    if len(bare) > KEY_MAX_CHARS or not bare.isprintable():
        message = f"Idempotency-Key must be at most {KEY_MAX_CHARS} printable characters."
        raise InvalidRequest("Idempotency-Key", message)
    if len(given) > 1:
        raise InvalidRequest("Idempotency-Key", "Idempotency-Key is given more than once.")
    return bare


IdempotencyKey = Annotated[str, Depends(checked_key)]
TaskId = Annotated[UUID, Path(description="The task's id, as `POST /aigc/create` returned it.")]


async def create(
    body: CreateTask,
    idempotency_key: str,
    resend: int | None,
    store: Store,
    catalogue: Catalogue,
    route: str = "create",
) -> tuple[TaskCreated, dict[str, str]]:
    """Queue one video; return the answer and its headers. A key, and what is sent again, are known by `route`."""
    repeatable = idempotency_key or resend is not None
    client, moments = callback(body.webhook, store.connection.settings)
    view = await store.tasks.enqueue(
        order(
            body.to_request(catalogue),
            store.connection.settings,
            client=client,
            webhook=moments,
            route=route,
            idempotency_key=idempotency_key,
            resend=resend,
            fingerprint=fingerprint(body.model_dump_json(exclude_defaults=True)) if repeatable else "",
            **terms_of(body),
        )
    )
    headers = {"Location": f"/aigc/status/{view.task.id}"}
    if view.replayed:
        headers[REPLAYED] = "true"
    else:
        log.info("queued", task=view.task.id, model=view.task.model, position=view.position)
    return TaskCreated(task_id=view.task.id, position=view.position, status=view.task.status), headers


async def status(task_id: str, store: Store, measured: Measured, base: str) -> TaskStatus:
    """Tell where a task stands; `base` is how its client reaches us."""
    view = await store.tasks.get(task_id)
    return status_of(view, base, await eta_of(view, measured))


@router.post("/create", responses=described(400, 402, 408, 413, 422, 429, 503))
async def create_task(
    body: CreateTask,
    request: Request,
    response: Response,
    store: StoreDep,
    catalogue: CatalogueDep,
    idempotency_key: IdempotencyKey,
    streams: StreamsDep,
    base: BaseUrl,
    wait: Wait = 0,
) -> TaskCreated | TaskStatus:
    """Queue one video. It answers at once; the task then survives any crash of ours.

    With `Prefer: wait=n` it answers with the status, once the task has ended or after n seconds."""
    answer, headers = await create(body, idempotency_key, resend_of(request), store, catalogue)
    response.headers.update(headers)
    if wait and (status := await waited(request, answer.task_id, wait, streams, base)):
        response.headers.update(applied(wait))
        return status
    return answer


@router.get("/status/{task_id}", responses=described(404, 422, 503))
async def task_status(
    task_id: TaskId,
    request: Request,
    response: Response,
    store: StoreDep,
    measured: MeasuredDep,
    streams: StreamsDep,
    base: BaseUrl,
    wait: Wait = 0,
) -> TaskStatus:
    """Tell where a task stands; a completed one carries its video."""
    if wait and (seen := await waited(request, str(task_id), wait, streams, base)):
        response.headers.update(applied(wait))
        if seen.status in ENDED:
            return seen
    return await status(str(task_id), store, measured, base)


def slots_of(overview: Overview) -> dict[str, str]:
    """Return what of the account's slots there is and is left, in the words of the RateLimit headers."""
    free = max(0, overview.threshold - overview.live)
    return {
        "RateLimit-Policy": f'"vendor-slots";q={overview.threshold};qu="concurrent-requests"',
        "RateLimit": f'"vendor-slots";r={free}',
    }


def _limited_by(overview: Overview) -> Literal["vendor", "MAX_THRESHOLD", "operator"] | None:
    if not overview.queued:
        return None
    if overview.live < overview.threshold:
        return "vendor" if overview.passed else None
    if overview.threshold < overview.maximum:
        return "vendor"
    return "operator" if any(one.bounds.maximum for one in [overview, *overview.accounts.values()]) else "MAX_THRESHOLD"


@router.get("/queue/info", responses=described(503))
async def queue_info(response: Response, store: StoreDep, measured: MeasuredDep, catalogue: CatalogueDep) -> QueueInfo:
    """Tell how long the queue is and how many videos may run at once right now."""
    overview = await store.control.overview()
    response.headers.update(slots_of(overview))
    return QueueInfo(
        queue_length=overview.queued,
        active_count=overview.live,
        max_concurrency=overview.threshold,
        limited_by=_limited_by(overview),
        model_limits=dict(overview.model_limits),
        waiting=overview.waiting,
        processing=overview.processing,
        paused=bool(overview.paused),
        pause_reason=overview.paused or None,
        oldest_queued_seconds=await measured.oldest_seconds() if overview.queued else None,
        eta=await measured.of_new(kinds_of(catalogue)),
        accounts=[_account(name, each) for name, each in overview.accounts.items()],
    )


def _account(name: str, overview: Overview) -> AccountInfo:
    return AccountInfo(
        name=name,
        queue_length=overview.queued,
        active_count=overview.live,
        max_concurrency=overview.threshold,
        waiting=overview.waiting,
        processing=overview.processing,
        paused=bool(overview.paused),
        pause_reason=overview.paused or None,
    )


@router.get("/models")
async def models(catalogue: CatalogueDep, settings: SettingsDep, measured: MeasuredDep) -> dict[str, Any]:
    """List every model: what it accepts, what it does when a field is left out, what is known of its price, how long
    it has taken, and the price table."""
    prices = load(settings.prices)
    return {**offered(catalogue, prices, await taken(catalogue, measured)), "prices": prices.public()}
