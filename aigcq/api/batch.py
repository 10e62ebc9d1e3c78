"""Many tasks in one call: all are looked at before the first is enqueued."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from aigcq.api.dependencies import CatalogueDep, ClockDep, StoreDep
from aigcq.api.hooks import callback
from aigcq.api.native import REPLAYED, IdempotencyKey, create
from aigcq.api.orders import resend_of
from aigcq.api.problems import described, problem_of
from aigcq.api.strict import StrictJson
from aigcq.api.terms import check_future, terms_of
from aigcq.catalogue import Catalogue
from aigcq.config import Settings
from aigcq.errors import AigcqError, InvalidRequest, StoreUnavailable
from aigcq.schemas import Batch, BatchCreated, BatchItem, CreateTask

router = APIRouter(prefix="/aigc", tags=["tasks"], route_class=StrictJson)


@router.post("/batch", responses=described(400, 408, 413, 422, 503))
async def create_batch(
    body: Batch,
    request: Request,
    response: Response,
    store: StoreDep,
    catalogue: CatalogueDep,
    clock: ClockDep,
    idempotency_key: IdempotencyKey,
) -> BatchCreated:
    """Queue many videos. If one is wrong, nothing is enqueued; then each is enqueued or refused by itself.

    An Idempotency-Key names each item by its place: repeat the call to have the rest."""
    resend = resend_of(request)
    repeated = idempotency_key or resend
    _check(body.items, catalogue, store.connection.settings, None if repeated else clock.now())
    done: list[BatchItem] = []
    replayed = 0
    away: StoreUnavailable | None = None
    for i, item in enumerate(body.items):
        try:
            if away:  # it would be waited for again and again
                raise StoreUnavailable("Redis did not answer before: this one was not tried.")
            route = f"batch:{i}"  # items that are equal are as many videos
            made, headers = await create(item, idempotency_key, resend, store, catalogue, route=route)
            replayed += REPLAYED in headers
            done.append(BatchItem(created=True, task_id=made.task_id, position=made.position, status=made.status))
        except AigcqError as error:
            away = away or (error if isinstance(error, StoreUnavailable) else None)
            done.append(BatchItem(created=False, problem=problem_of(error)))
    created = sum(each.created for each in done)
    if away and not created:
        raise away
    if replayed == len(done):
        response.headers[REPLAYED] = "true"
    return BatchCreated(items=done, created=created)


def _check(items: Sequence[CreateTask], catalogue: Catalogue, settings: Settings, now: float | None) -> None:
    """Raise InvalidRequest for the first item that cannot be made; `now`: if none of it can be a repetition."""
    for i, item in enumerate(items):
        try:
            item.to_request(catalogue)
            terms_of(item)
            callback(item.webhook, settings)
            if now is not None:
                check_future(item, now)
        except InvalidRequest as error:
            raise InvalidRequest(f"items.{i}.{error.field}", str(error), error.allowed) from None
