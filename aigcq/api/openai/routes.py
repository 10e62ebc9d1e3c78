"""`/v1/videos`, as OpenAI's clients call it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.exceptions import HTTPException

from aigcq.api import videos
from aigcq.api.audit import ActingStore
from aigcq.api.dependencies import CatalogueDep, MeasuredDep, SettingsDep, StoreDep
from aigcq.api.eta import eta_of
from aigcq.api.native import IdempotencyKey
from aigcq.api.openai import documented, pace
from aigcq.api.openai.body import Sent, read
from aigcq.api.openai.creating import Creator, checked
from aigcq.api.openai.names import Names
from aigcq.api.openai.schema import Model, ModelList, RemixVideo, Video, VideoDeleted, VideoList
from aigcq.api.openai.video import video_of
from aigcq.errors import NotSupported, TaskNotFound, VideoGone, VideoNotReady
from aigcq.model import ENDED, Cancelled, Status
from aigcq.store.listing import Listed, Wanted
from aigcq.store.tasks import View

router = APIRouter(prefix="/v1", tags=["openai"])
ID_PREFIX: Final = "video_"
MOST: Final = 100


def names_of(request: Request) -> Names:
    names: Names = request.app.state.names
    return names


NamesDep = Annotated[Names, Depends(names_of)]


def _creator(store: StoreDep, catalogue: CatalogueDep, names: NamesDep) -> Creator:
    return Creator(store, catalogue, names)


def _task_id(video_id: Annotated[str, Path(description="The id of the video, which is its task's.")]) -> str:
    """Return the task's id; clients of the protocol expect, and some write, a prefix.

    Raises:
        TaskNotFound: it is none.
    """
    try:
        return str(UUID(video_id.removeprefix(ID_PREFIX)))
    except ValueError:
        raise TaskNotFound("of this id") from None


async def _sent(request: Request, settings: SettingsDep) -> Sent:
    return await read(request, settings.max_upload_bytes)


SentDep = Annotated[Sent, Depends(_sent)]
CreatorDep = Annotated[Creator, Depends(_creator)]
TaskId = Annotated[str, Depends(_task_id)]


@router.post("/videos", responses=documented.errors(400, 402, 408, 413, 422, 429, 503), openapi_extra=documented.CREATE)
async def create_video(
    request: Request, response: Response, sent: SentDep, creator: CreatorDep, key: IdempotencyKey
) -> Video:
    """Queue one video; a form or JSON. What is sent again, by its key or by the client's library, adds nothing."""
    return _created(await creator.create(sent, request, key), response)


def _created(view: View, response: Response) -> Video:
    if view.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return video_of(view)  # without the pace: libraries read that of the first retrieve


@router.get("/videos", responses=documented.errors(400, 404, 503))
async def list_videos(
    store: StoreDep,
    after: Annotated[str, Query(description="Id of the video behind which the page begins.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
    order: Literal["asc", "desc"] = "desc",
) -> VideoList:
    """List videos, whichever way they were asked for; the newest first, those that have not ended before the others."""
    cursor = await store.lists.cursor_of(_task_id(after)) if after else ""
    listed = store.lists.tasks(Wanted(newest=order == "desc"), cursor)
    found = await _first(listed, limit + 1)
    page = [video_of(each) for each in found[:limit]]
    return VideoList(
        data=page,
        first_id=page[0].id if page else None,
        last_id=page[-1].id if page else None,
        has_more=len(found) > limit,
    )


async def _first(listed: AsyncIterator[Listed], most: int) -> list[Listed]:
    found: list[Listed] = []
    async for each in listed:
        found.append(each)
        if len(found) == most:
            break
    return found


async def _unsupported(request: Request) -> None:
    raise NotSupported(f"{request.method} {request.scope['route'].path}")


# Before the routes with an id, which would take these words for one. Not in the document: nothing is served here.
for _path in ("/videos/edits", "/videos/extensions", "/videos/characters"):
    router.add_api_route(_path, _unsupported, methods=["POST"], include_in_schema=False)
router.add_api_route("/videos/characters/{character_id}", _unsupported, methods=["GET"], include_in_schema=False)


@router.get("/videos/{video_id}", responses=documented.errors(404, 503))
async def retrieve_video(
    task_id: TaskId,
    response: Response,
    store: StoreDep,
    catalogue: CatalogueDep,
    settings: SettingsDep,
    measured: MeasuredDep,
) -> Video:
    """Tell where a video stands; `openai-poll-after-ms` says when it pays to ask again."""
    view = await store.tasks.get(task_id)
    eta = await eta_of(view, measured)
    response.headers[pace.HEADER] = str(pace.poll_after_ms(view, catalogue, settings.max_threshold, eta))
    return video_of(view, eta)


@router.delete("/videos/{video_id}", responses=documented.errors(404, 503))
async def delete_video(task_id: TaskId, request: Request, store: ActingStore) -> VideoDeleted:
    """Take back a video that has not ended; erase one that has."""
    view = await store.tasks.get(task_id)
    outcome = Cancelled.TOO_LATE if view.task.status in ENDED else await store.tasks.cancel(task_id)
    if outcome is Cancelled.TOO_LATE:
        await videos.erased(request, store, task_id)
    return VideoDeleted(id=task_id, outcome=_DELETED[outcome])


_DELETED: Final[Mapping[Cancelled, Literal["erased", "cancelled", "cancel_requested"]]] = {
    Cancelled.TOO_LATE: "erased",
    Cancelled.CANCELLED: "cancelled",
    Cancelled.REQUESTED: "cancel_requested",
}


@router.get("/videos/{video_id}/content", responses=documented.CONTENT | documented.errors(400, 404, 503))
async def video_content(
    task_id: TaskId,
    request: Request,
    store: StoreDep,
    variant: Literal["video", "thumbnail", "spritesheet"] = "video",
) -> Response:
    """Send the file."""
    view = await store.tasks.get(task_id)
    if view.task.status is not Status.COMPLETED:
        raise VideoNotReady(task_id, view.task.status)
    if variant == "spritesheet":
        raise VideoGone(task_id, variant)
    return await videos.content(request, view, variant)


@router.post(
    "/videos/{video_id}/remix",
    responses=documented.errors(400, 402, 404, 408, 413, 422, 429, 503),
    openapi_extra=documented.REMIX,
)
async def remix_video(
    task_id: TaskId,
    request: Request,
    response: Response,
    sent: SentDep,
    creator: CreatorDep,
    key: IdempotencyKey,
) -> Video:
    """Queue a video with the same model and inputs as another one, and another prompt."""
    view = await creator.store.tasks.get(task_id)
    return _created(await creator.remix(view, checked(RemixVideo, sent.fields), request, key), response)


@router.get("/models")
async def list_models(names: NamesDep) -> ModelList:
    """List the names that `model` takes."""
    return ModelList(data=[_model(name, names) for name in names.all])


@router.get("/models/{model}", responses=documented.errors(404))
async def retrieve_model(model: str, names: NamesDep) -> Model:
    """Tell of one name."""
    known = {name.casefold(): name for name in names.all}
    if name := known.get(model.casefold()):
        return _model(name, names)
    raise HTTPException(404)


def _model(name: str, names: Names) -> Model:
    version = names.find(name)
    own = f"{version.model}-{version.version}"
    return Model(id=name, owned_by=version.model if own == name else own)
