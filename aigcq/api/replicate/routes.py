"""`/v1/predictions`, as Replicate's clients call it."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from aigcq.api.audit import ActingStore
from aigcq.api.dependencies import StoreDep
from aigcq.api.prefer import wanted_seconds
from aigcq.api.replicate import catalogue_routes, file_routes
from aigcq.api.replicate.dependencies import AskedDep, Base, CreatorDep, NamesDep, TaskId, TermsDep
from aigcq.api.replicate.documented import errors
from aigcq.api.replicate.models import by_version, id_of
from aigcq.api.replicate.prediction import prediction_of
from aigcq.api.replicate.schema import ModelPrediction, Moment, Prediction, PredictionPage, VersionPrediction
from aigcq.api.strict import StrictJson
from aigcq.api.tasks import page_of
from aigcq.errors import InvalidRequest, ModelNotFound
from aigcq.model import ENDED
from aigcq.store.listing import Listed, Wanted
from aigcq.store.tasks import View

router = APIRouter(prefix="/v1", tags=["replicate"])
predictions = APIRouter(route_class=StrictJson)
PAGE: Final = 50
CREATE_ERRORS: Final = errors(400, 402, 404, 408, 413, 422, 429, 503)
CURSOR: Final = (
    r"^(open:[1-9][0-9]{0,14}-[0-9]{1,9}"
    r"|ended:first|(open|ended):[0-9]{1,15}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"
)


@predictions.post("/predictions", status_code=201, responses=CREATE_ERRORS)
async def create_prediction(
    body: VersionPrediction,
    request: Request,
    response: Response,
    creator: CreatorDep,
    names: NamesDep,
    terms: TermsDep,
    base: Base,
) -> Prediction:
    """Queue a video of the model that `version` or `model` names."""
    given = body.version or body.model
    if not given or (body.version and body.model):
        raise InvalidRequest("version", "Either version or model must be given.")
    asked = by_version(names, given, "version" if body.version else "model")
    return _created(await creator.create(asked, body, terms, request), request, response, base)


@predictions.post("/models/{owner}/{name}/predictions", status_code=201, responses=CREATE_ERRORS)
async def create_model_prediction(
    asked: AskedDep,
    body: ModelPrediction,
    request: Request,
    response: Response,
    creator: CreatorDep,
    terms: TermsDep,
    base: Base,
) -> Prediction:
    """Queue a video of a model."""
    return _created(await creator.create(asked, body, terms, request), request, response, base)


@predictions.post("/models/{owner}/{name}/versions/{version_id}/predictions", status_code=201, responses=CREATE_ERRORS)
async def create_version_prediction(
    asked: AskedDep,
    version_id: str,
    body: ModelPrediction,
    request: Request,
    response: Response,
    creator: CreatorDep,
    terms: TermsDep,
    base: Base,
) -> Prediction:
    """Queue a video of a version of a model."""
    if version_id.casefold() != id_of(asked.version):
        raise ModelNotFound(f"version of {asked.name} with this id", [id_of(asked.version)])
    return _created(await creator.create(asked, body, terms, request), request, response, base)


def _created(view: View, request: Request, response: Response, base: str) -> Prediction:
    prediction = prediction_of(view, base)
    response.headers["Location"] = prediction.urls.get
    if view.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if wanted_seconds(request.headers.get("prefer", "")) is None:
        return prediction
    response.headers["Preference-Applied"] = "wait"
    # The libraries take what a wait ends with for the end, unless it says "starting": then they go on asking.
    return prediction if view.task.status in ENDED else prediction.model_copy(update={"status": "starting"})


@predictions.get("/predictions", responses=errors(422, 503))
async def list_predictions(
    store: StoreDep,
    base: Base,
    cursor: Annotated[str, Query(pattern=CURSOR, description="As `next` of the page before has it.")] = "",
    created_after: Annotated[Moment | None, Query()] = None,
    created_before: Annotated[Moment | None, Query()] = None,
) -> PredictionPage:
    """List predictions, whichever way they were asked for; the newest first, open ones before ended ones."""
    after_ms = created_after.timestamp() * 1000 if created_after else 0
    before_ms = created_before.timestamp() * 1000 if created_before else float("inf")

    def fits(each: Listed) -> bool:
        return after_ms <= each.task.created_ms < before_ms

    try:
        found, behind = await page_of(store, Wanted(newest=True), cursor, PAGE + 1, fits)
    except ValueError:
        raise InvalidRequest("cursor", "cursor must be that of `next` of the page before.") from None
    page = found[:PAGE]
    if len(found) > PAGE:
        behind = page[-1].cursor
    # With its outcome, if it has one: the protocol shows the videos in its lists.
    outcomes = await store.lists.outcomes([each.task.id for each in page if each.task.status in ENDED])
    views = [
        View(task=each.task, position=None, stored=each.stored, outcome=outcomes.get(each.task.id)) for each in page
    ]
    again = {"created_after": created_after, "created_before": created_before}
    query = {name: each.isoformat() for name, each in again.items() if each}
    following = f"{base}/v1/predictions?{urlencode({'cursor': behind} | query)}" if behind else None
    return PredictionPage(next=following, results=[prediction_of(view, base) for view in views])


@predictions.get("/predictions/{prediction_id}", responses=errors(404, 503))
async def get_prediction(task_id: TaskId, store: StoreDep, base: Base) -> Prediction:
    """Tell where a prediction stands."""
    return prediction_of(await store.tasks.get(task_id), base)


@predictions.post("/predictions/{prediction_id}/cancel", responses=errors(404, 413, 503))
async def cancel_prediction(task_id: TaskId, store: ActingStore, base: Base) -> Prediction:
    """Take a prediction back. What runs at the vendor already goes on, ends as the vendor decides, may be charged."""
    await store.tasks.cancel(task_id)
    return prediction_of(await store.tasks.get(task_id), base)


router.include_router(predictions)
router.include_router(catalogue_routes.router)
router.include_router(file_routes.router)
