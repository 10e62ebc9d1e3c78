"""The client for an event loop: asyncio or trio."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias, TypeVar

import httpx2

from aigcq.client.downloading import download
from aigcq.client.driver import AsyncDriver
from aigcq.client.events import AnyEvent, Event
from aigcq.client.listening import all_events, task_events
from aigcq.client.models import Cancelled, Health, Queue, Status, Task
from aigcq.client.operations import DEFAULT_MODEL, LOOK_SECONDS, PAGE, Models, Operations, Wanted, body_of, video_of
from aigcq.client.steps import Steps
from aigcq.client.wire import Wire

T = TypeVar("T")
Results: TypeAlias = list[T]


class AsyncClient:
    """As `Client`, method by method: the same arguments, results and errors.

        async with AsyncClient() as client:
            task = await client.create("a fox in the snow", duration=6)
            task = await client.wait(task.task_id)
            await client.download(task, "fox.mp4")

    Who leaves a loop over `stream`, `events` or `list` early closes it: `async with aclosing(client.stream(…))`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        timeout_seconds: float = 30.0,
        retries: int = 4,
        transport: httpx2.AsyncBaseTransport | None = None,
        trust_env: bool = True,
    ) -> None:
        """As `Client`."""
        self._do = Operations(Wire.to(base_url, api_key, timeout_seconds, retries))
        self._http = httpx2.AsyncClient(
            transport=transport, trust_env=trust_env, headers={"Accept": "application/json"}
        )

    async def create(
        self, prompt: str, model: str = DEFAULT_MODEL, *, idempotency_key: str | None = None, **fields: Any
    ) -> Task:
        """Queue one video; see `Client.create`."""
        return await self.create_from(body_of(prompt, model, fields), idempotency_key=idempotency_key)

    async def create_from(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Task:
        """As `create`, with the body of `POST /aigc/create` as it is sent."""
        return await self._done(self._do.create(body, idempotency_key))

    async def get(self, task_id: str) -> Task:
        """Return how a task stands; see `Client.get`."""
        return await self._done(self._do.get(task_id))

    status = get

    async def wait(
        self,
        task_id: str,
        timeout: float | None = None,
        on_progress: Callable[[Task], object] | None = None,
        *,
        look_seconds: float | None = None,
    ) -> Task:
        """Return a task once its video is there; see `Client.wait`. What `on_progress` returns is awaited if it can."""
        pause = look_seconds or (LOOK_SECONDS if on_progress else 10 * LOOK_SECONDS)
        results: list[Task] = []
        async with aclosing(self._told(self._do.wait(task_id, timeout, pause), results)) as told:
            async for task in told:
                if on_progress and inspect.isawaitable(reply := on_progress(task)):
                    await reply
        return results[0]

    def stream(self, task_id: str) -> AsyncGenerator[Event, None]:
        """Yield how a task stands, what happens to it, and its end; see `Client.stream`."""
        return self._told(task_events(self._do, task_id), [])

    def events(self) -> AsyncGenerator[AnyEvent, None]:
        """Yield what happens to all tasks and to the queue; see `Client.events`."""
        return self._told(all_events(self._do), [])

    async def download(self, task: Task | str, path: str | Path | None = None) -> Path:
        """Fetch the video of a completed task; return where it is. See `Client.download`."""
        known = await self.get(task) if isinstance(task, str) else task
        return await self._done(download(self._do.wire, video_of(known), known.task_id, path))

    async def cancel(self, task_id: str) -> Cancelled:
        """Take a task back; see `Client.cancel`."""
        return await self._done(self._do.cancel(task_id))

    async def requeue(self, task_id: str, *, force: bool = False) -> Task:
        """Run a failed task again, which is charged anew; see `Client.requeue`."""
        return await self._done(self._do.requeue(task_id, force))

    async def set_priority(self, task_id: str, priority: int) -> Task:
        """Give a task that has not started another priority; see `Client.set_priority`."""
        return await self._done(self._do.set_priority(task_id, priority))

    def list(
        self,
        *,
        status: Status | Iterable[Status] | None = None,
        model: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        metadata: Mapping[str, Any] | None = None,
        order: Literal["newest", "oldest"] = "newest",
        limit: int | None = None,
        page: int = PAGE,
    ) -> AsyncGenerator[Task, None]:
        """Yield tasks, the newest first; see `Client.list`."""
        wanted = Wanted(
            status=status, model=model, created_after=created_after, created_before=created_before,
            metadata=metadata, order=order,
        )  # fmt: skip
        return self._told(self._do.tasks(wanted, page, limit), [])

    async def queue(self) -> Queue:
        """Return how long the queue is and how much may run at once."""
        return await self._done(self._do.queue())

    async def health(self) -> Health:
        """Return whether the service can do its job; see `Client.health`."""
        return await self._done(self._do.health())

    async def models(self) -> Models:
        """Return the catalogue of models."""
        return await self._done(self._do.models())

    @property
    def base_url(self) -> str:
        """Where the service is."""
        return self._do.wire.base_url

    def with_key(self, api_key: str) -> Self:
        """Return this client with another key; see `Client.with_key`."""
        other = copy(self)
        other._do = replace(self._do, wire=replace(self._do.wire, api_key=api_key))
        return other

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _told(self, steps: Steps[T], results: Results[T]) -> AsyncGenerator[Any, None]:
        return AsyncDriver(self._http).told(steps, results)

    async def _done(self, steps: Steps[T]) -> T:
        results: list[T] = []
        async with aclosing(self._told(steps, results)) as told:
            async for _ in told:
                pass
        (result,) = results
        return result
