"""The tools, and the server that offers them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Annotated, Any, Final, TypeAlias

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from aigcq import __version__
from aigcq.client import AigcqError, AsyncClient, Task, TaskFailed, WaitTimeout
from aigcq.mcp.answers import CancelledVideo, Models, QueueInfo, Video, sentence

INSTRUCTIONS: Final = (
    "Makes videos from text and pictures. create_video returns at once with a task_id; the video takes minutes: call "
    "wait_for_video until its status is completed, failed or cancelled. Each video costs the user money: never create "
    "one twice because it takes long, and repeat a create that got no answer only with the same idempotency_key."
)
WAIT_SECONDS: Final = 45.0
"""Hosts give up on a tool after a minute, many of them."""
MOST_WAIT_SECONDS: Final = 600.0

OpenClient: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncClient]]
Ctx: TypeAlias = Context[AsyncClient, Any]
TaskId = Annotated[str, Field(description="As create_video returned it.")]

READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=True)
CREATES: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
CANCELS: Final = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True)


def server(open_client: OpenClient) -> MCPServer[AsyncClient]:
    """Return the server; it opens its client when it starts."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[AsyncClient]) -> AsyncIterator[AsyncClient]:
        async with open_client() as client:
            yield client

    made = MCPServer[AsyncClient](
        "aigcq",
        title="aigcq: videos from text and pictures",
        instructions=INSTRUCTIONS,
        version=__version__,
        lifespan=lifespan,
        log_level="WARNING",
    )
    made.tool(annotations=CREATES)(create_video)
    made.tool(annotations=READS)(get_video)
    made.tool(annotations=READS)(wait_for_video)
    made.tool(annotations=CANCELS)(cancel_video)
    made.tool(annotations=READS)(list_models)
    made.tool(annotations=READS)(queue_info)
    return made


async def create_video(
    ctx: Ctx,
    prompt: Annotated[str, Field(description="What the video shows.")],
    model: Annotated[str, Field(description="Model and version, e.g. Hailuo-2.3; list_models has them all.")] = "",
    duration: Annotated[float | None, Field(description="Seconds.")] = None,
    resolution: Annotated[str | None, Field(description="E.g. 768P or 1080P.")] = None,
    aspect_ratio: Annotated[str | None, Field(description="E.g. 16:9.")] = None,
    image_url: Annotated[str | None, Field(description="Address of a picture that the video begins with.")] = None,
    more: Annotated[dict[str, Any] | None, Field(description="Any other field of POST /aigc/create.")] = None,
    idempotency_key: Annotated[
        str | None, Field(description="Your name for this request: repeating it with the same key makes no second one.")
    ] = None,
) -> Video:
    """Queue one video and return at once. This costs money. Then call wait_for_video."""
    fields = {
        "duration": duration,
        "resolution": resolution,
        "aspect_ratio": aspect_ratio,
        "image_url": image_url,
    }
    name, _, version = model.partition("-")
    body = {"prompt": prompt, "model_name": name or None, "model_version": version or None, **fields, **(more or {})}
    with _told():
        given = {field: value for field, value in body.items() if value is not None}
        return Video.of(await _client(ctx).create_from(given, idempotency_key=idempotency_key))


async def get_video(ctx: Ctx, task_id: TaskId) -> Video:
    """Tell how a video stands, at once; a completed one has its video_url."""
    with _told():
        return Video.of(await _client(ctx).get(task_id))


async def wait_for_video(
    ctx: Ctx,
    task_id: TaskId,
    seconds: Annotated[float, Field(description="At most so long.", gt=0, le=MOST_WAIT_SECONDS)] = WAIT_SECONDS,
) -> Video:
    """Wait until a video has ended, or for so many seconds; tell how it stands. If it has not ended, call again."""
    progress = _Progress(ctx)
    with _told():
        try:
            return Video.of(await _client(ctx).wait(task_id, seconds, progress.report))
        except (WaitTimeout, TaskFailed) as ended:
            return Video.of(ended.task)


async def cancel_video(ctx: Ctx, task_id: TaskId) -> CancelledVideo:
    """Take a video back. One that is being made already may be made, and charged, all the same."""
    with _told():
        return CancelledVideo.of(await _client(ctx).cancel(task_id))


async def list_models(ctx: Ctx) -> Models:
    """List the models: which durations, resolutions, shapes and pictures each accepts, and its defaults."""
    with _told():
        return Models(models=[dict(model.raw) for model in await _client(ctx).models()])


async def queue_info(ctx: Ctx) -> QueueInfo:
    """Tell how many videos wait, how many are being made, and whether the queue is paused."""
    with _told():
        return QueueInfo.of(await _client(ctx).queue())


class _Progress:
    """Tells the host how a video stands; the protocol wants every figure to be above the one before."""

    def __init__(self, ctx: Ctx) -> None:
        self._ctx = ctx
        self._last = -1.0

    async def report(self, task: Task) -> None:
        self._last = max(float(task.progress), self._last + 0.01)
        where = f"position {task.position} in the queue" if task.status == "queued" else task.phase or task.status
        await self._ctx.report_progress(self._last, 100, where)


def bearer(headers: Mapping[str, str]) -> str:
    """Return the key that a request over HTTP shows; empty: none that could be one."""
    scheme, _, key = headers.get("authorization", "").strip().partition(" ")
    key = key.strip()
    return key if scheme.lower() == "bearer" and key.isascii() and key.isprintable() else ""


def _client(ctx: Ctx) -> AsyncClient:
    """Return the service as who calls may use it: over HTTP with its own key or none, never with another one's."""
    client = ctx.request_context.lifespan_context
    return client if ctx.headers is None else client.with_key(bearer(ctx.headers))


@contextmanager
def _told() -> Iterator[None]:
    """Make what the service says a sentence that the model reads."""
    try:
        yield
    except AigcqError as error:
        raise ToolError(sentence(error)) from None
