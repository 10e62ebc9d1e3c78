"""A task's video, for as long as it is kept; and its end, when somebody wants it gone."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.types import Receive, Scope, Send

from aigcq.api.audit import ActingStore
from aigcq.api.browsers import EMBEDDED
from aigcq.api.dependencies import StoreDep
from aigcq.api.head import asked_by_head
from aigcq.api.native import TaskId
from aigcq.api.problems import described
from aigcq.clock import SystemClock
from aigcq.errors import StorageUnavailable, TaskNotFound, TaskOpen, VideoGone, VideoNotReady
from aigcq.model import ENDED, Status
from aigcq.storage import Storage, thumbnail_key, video_key
from aigcq.store import Store
from aigcq.store.tasks import View

router = APIRouter(prefix="/aigc", tags=["videos"])

Variant = Literal["video", "thumbnail"]
PRIVATE: Final = {"Cache-Control": "private", **EMBEDDED}
NOT_KEPT: Final = {"Cache-Control": "private, no-store", **EMBEDDED}
"""An address that ends must not be remembered."""
PICTURE: Final = "image/jpeg"
FOUND: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"video/mp4": {}}, "description": "The file."},
    206: {"description": "The part that `Range` asks for."},
    304: {"description": "`If-None-Match` names what there is."},
    307: {"description": "The file is at `Location` for some time."},
    416: {"description": "`Range` is outside of the file."},
    **described(404, 422, 503),
}
_RANGE: Final = re.compile(r"bytes=\s*(\d{1,18}-(\d{1,18})?|-\d{1,18})(\s*,\s*(\d{1,18}-(\d{1,18})?|-\d{1,18}))*\s*")


@router.get("/videos/{task_id}", responses=FOUND, response_class=Response)
async def video(task_id: TaskId, request: Request, store: StoreDep) -> Response:
    """Fetch the video of a completed task."""
    return await _fetched(request, store, str(task_id), "video")


@router.get("/videos/{task_id}/thumbnail", responses=FOUND, response_class=Response)
async def thumbnail(task_id: TaskId, request: Request, store: StoreDep) -> Response:
    """Fetch the first frame of a video as a JPEG."""
    return await _fetched(request, store, str(task_id), "thumbnail")


@router.delete("/tasks/{task_id}", status_code=204, responses=described(404, 409, 422, 503))
async def erase(task_id: TaskId, request: Request, store: ActingStore) -> None:
    """Erase an ended task for good: its request, its result, its video. That there was one stays for the books."""
    await erased(request, store, str(task_id))


async def erased(request: Request, store: Store, task_id: str) -> None:
    """Delete the files first: what fails half-way can be asked for again.

    Raises:
        TaskNotFound: there is no such task, and no file of it.
        TaskOpen: it has not ended.
        StorageUnavailable: its files may be there still; nothing else was erased.
    """
    view = None
    try:
        view = await store.tasks.get(task_id)
        if view.task.status not in ENDED:
            raise TaskOpen(task_id)
    except TaskNotFound:
        if not await store.files.get(task_id):  # which outlive their record
            raise
    await _unkept(_storage(request), task_id, await store.files.get(task_id) or {})
    if view:
        if file_id := view.client.get("file"):
            await store.uploads.drop_file(str(file_id))  # of which the task had a copy
        await store.tasks.erase(task_id)
    else:
        await store.audit.note("erase", task_id)
    await store.files.forget(task_id)


async def _unkept(storage: Storage | None, task_id: str, kept: Mapping[str, Any]) -> None:
    """Delete the files of a task, of which `kept` is on record.

    Raises:
        StorageUnavailable: they are where this process has no way to.
    """
    where = kept.get("where", "")
    if storage is None:
        if kept:
            raise StorageUnavailable(f"{task_id} is kept at {where or 'some place'}, and AIGCQ_STORAGE is off here.")
        return
    if not await storage.reaches(where, video_key(task_id)):
        raise StorageUnavailable(f"{task_id} is kept at {where}, and AIGCQ_STORAGE is {storage.where} here.")
    await storage.delete(video_key(task_id), thumbnail_key(task_id))


async def _fetched(request: Request, store: Store, task_id: str, variant: Variant) -> Response:
    try:
        return await content(request, await store.tasks.get(task_id), variant)
    except TaskNotFound:
        if (kept := await store.files.get(task_id)) and (response := await _kept(request, task_id, kept, variant)):
            return response
        raise


async def content(request: Request, view: View, variant: Variant = "video") -> Response:
    """Return the file of a task, or where it is: ours for as long as it is kept, else the vendor's while that lives.

    Raises:
        VideoNotReady: the task is not completed.
        VideoGone: there is no such file (any more).
        StorageUnavailable: the bucket does not answer.
    """
    task, outcome = view.task, view.outcome or {}
    if task.status is not Status.COMPLETED:
        raise VideoNotReady(task.id, task.status)
    stored = outcome.get("stored")
    if stored and (response := await _kept(request, task.id, stored, variant)):
        return response
    url = outcome.get("video_url")
    if variant == "video" and url and not _expired(outcome):
        return RedirectResponse(str(url), headers=NOT_KEPT)
    raise VideoGone(task.id, variant)


async def _kept(request: Request, task_id: str, stored: Mapping[str, Any], variant: Variant) -> Response | None:
    """Return the kept file; None if it is not there (any more). Its key is made of the id, whatever is on record."""
    storage = _storage(request)
    if storage is None or (variant == "thumbnail" and not stored.get("thumbnail")):
        return None
    key = video_key(task_id) if variant == "video" else thumbnail_key(task_id)
    etag = f'"{stored["md5"]}"' if variant == "video" else f'"{stored["md5"]}-thumbnail"'
    kind = str(stored["content_type"]) if variant == "video" else PICTURE
    if path := storage.path(key):
        return await _from_folder(request, path, etag, kind)
    return await _from_bucket(request, storage, key)


async def _from_folder(request: Request, path: Path, etag: str, kind: str) -> Response | None:
    try:
        found = await asyncio.to_thread(os.stat, path)
    except FileNotFoundError:
        return None
    headers = {**PRIVATE, "ETag": etag}
    if _known(request, etag):
        return Response(status_code=304, headers=headers)
    return _File(
        path, headers=headers, media_type=kind, filename=path.name, stat_result=found, content_disposition_type="inline"
    )


async def _from_bucket(request: Request, storage: Storage, key: str) -> Response | None:
    if await storage.size(key) is None:
        return None
    seconds = request.app.state.settings.storage_link_seconds
    method: Literal["GET", "HEAD"] = "HEAD" if asked_by_head(request.scope) else "GET"
    return RedirectResponse(await storage.link(key, method, seconds), headers=NOT_KEPT)


class _File(FileResponse):
    """A file, which is not read for HEAD; a Range that makes no sense is as if it were not there (RFC 9110, 14.2)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"range" or _sensible(value)]
        method = "HEAD" if asked_by_head(scope) else scope["method"]
        await super().__call__({**scope, "headers": headers, "method": method}, receive, send)


def _sensible(value: bytes) -> bool:
    text = value.decode("latin-1")
    if not _RANGE.fullmatch(text):
        return False
    ends = [part.strip().split("-") for part in text.partition("=")[2].split(",")]
    return all(not first or not last or int(first) <= int(last) for first, last in ends)


def _known(request: Request, etag: str) -> bool:
    """Whether the client has it already; a weak tag names the same file."""
    given = ",".join(request.headers.getlist("if-none-match"))
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return bool(tags & {etag, "*"})


def _expired(outcome: Mapping[str, Any]) -> bool:
    """Whether the vendor's address is known to have ended."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(str(outcome.get("expires_at", "")))
        end = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return end.timestamp() <= SystemClock().now()
    return False


def _storage(request: Request) -> Storage | None:
    storage: Storage | None = request.app.state.storage
    return storage
