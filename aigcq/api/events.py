"""What happens, while it happens: server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from aigcq.api.dependencies import BaseUrl, StreamsDep
from aigcq.api.head import asked_by_head
from aigcq.api.native import TaskId
from aigcq.api.problems import described
from aigcq.api.streams import EventStream, begun

router = APIRouter(prefix="/aigc", tags=["events"])

ID: Final = "^([0-9]{1,19}-[0-9]{1,19})?$"
"""The id of an event, or nothing; Redis counts no further."""
LATER: Final = {429: {**described(429)[429], "description": "Too many clients listen: try again later."}}


def _streamed(description: str, example: str, *events: str) -> dict[int | str, dict[str, Any]]:
    event = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": ID},
            "event": {"type": "string", "enum": events},
            "data": {"type": "string", "contentMediaType": "application/json"},
            "retry": {"type": "integer"},
        },
    }
    content = {"text/event-stream": {"itemSchema": event, "example": example}}
    return {200: {"description": description, "content": content}}


ONE: Final = _streamed(
    "Events `snapshot` (a TaskStatus), `task` (a TaskEvent) and `end` (a TaskStatus), or `reload`.",
    'id: 1795521600123-0\nevent: task\ndata: {"task_id":"550e8400-e29b-41d4-a716-446655440000","event":"progress",'
    '"status":"processing","at":"2026-11-24T12:00:00.123Z","progress":40}\n\n',
    "snapshot", "task", "end", "reload",
)  # fmt: skip
ALL: Final = _streamed(
    "Events `task` (a TaskEvent), `queue` (a QueueEvent) or `reload`.",
    'id: 1795521600123-0\nevent: queue\ndata: {"event":"limit","at":"2026-11-24T12:00:00.123Z","threshold":3,'
    '"scope":"account"}\n\n',
    "task", "queue", "reload",
)  # fmt: skip


def _last_event_id(
    header: Annotated[
        str,
        Header(alias="Last-Event-ID", pattern=ID, description="The last event seen: what came after it is told first."),
    ] = "",
    query: Annotated[
        str, Query(alias="last_event_id", pattern=ID, description="The same, where no header can be sent.")
    ] = "",
) -> str:
    return header or query


LastEventId = Annotated[str, Depends(_last_event_id)]


@router.get(
    "/tasks/{task_id}/events",
    response_class=Response,
    responses=ONE | LATER | {204: {"description": "It has ended, and the client knows: do not connect again."}}
    | described(404, 422, 503),
)  # fmt: skip
async def task_events(
    task_id: TaskId, request: Request, streams: StreamsDep, last_event_id: LastEventId, base: BaseUrl
) -> Response:
    """Tell how a task stands, then what happens to it until it has ended: server-sent events."""
    return await _response(request, streams.of_task(str(task_id), last_event_id, base))


@router.get("/events", response_class=Response, responses=ALL | LATER | described(422, 503))
async def events(request: Request, streams: StreamsDep, last_event_id: LastEventId) -> Response:
    """Tell what happens to all tasks and to the queue, from now on: server-sent events.

    After `reload` something was missed: read the list of tasks again."""
    return await _response(request, streams.of_everything(last_event_id))


async def _response(request: Request, frames: AsyncGenerator[bytes, None]) -> Response:
    told = await begun(frames)
    if told is None:
        return Response(status_code=204)
    if asked_by_head(request.scope):
        await frames.aclose()
        return Response(headers={"Content-Type": "text/event-stream"})
    return EventStream(told)
