"""The client that blocks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx2

from aigcq.client.downloading import download
from aigcq.client.driver import Driver
from aigcq.client.events import AnyEvent, Event
from aigcq.client.listening import all_events, task_events
from aigcq.client.models import Cancelled, Health, Queue, Status, Task
from aigcq.client.operations import DEFAULT_MODEL, LOOK_SECONDS, PAGE, Models, Operations, Wanted, body_of, video_of
from aigcq.client.steps import Steps
from aigcq.client.wire import Wire

T = TypeVar("T")


class Client:
    """Speaks to one aigcq service. Threads may share it.

    Every method may raise `Unavailable` (there is no answer after all retries) and `NotAllowed` (the API key);
    what else it may raise stands with it. Requests are sent again after what a repetition may mend: no connection,
    408, 429 (as `Retry-After` says) and 5xx.

        with Client() as client:
            task = client.create("a fox in the snow", duration=6)
            task = client.wait(task.task_id, on_progress=lambda task: print(task.status, task.progress))
            client.download(task, "fox.mp4")
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        timeout_seconds: float = 30.0,
        retries: int = 4,
        transport: httpx2.BaseTransport | None = None,
        trust_env: bool = True,
    ) -> None:
        """Open nothing yet.

        `base_url`: the service; by default AIGCQ_URL, or http://127.0.0.1:8000.
        `api_key`: by default AIGCQ_API_KEY; it goes to the service and to nobody else.
        `timeout_seconds`: of each wait, for a connection or for the next bytes.
        `retries`: how often a request is sent again.
        `transport`, `trust_env`: as httpx2 has them, e.g. for a proxy or a test.
        """
        self._do = Operations(Wire.to(base_url, api_key, timeout_seconds, retries))
        self._http = httpx2.Client(transport=transport, trust_env=trust_env, headers={"Accept": "application/json"})

    def create(
        self, prompt: str, model: str = DEFAULT_MODEL, *, idempotency_key: str | None = None, **fields: Any
    ) -> Task:
        """Queue one video; return its id, position and status at once.

        `model`: name and version, e.g. `Hailuo-2.3` or `Kling-2.5`; empty: the service's own default.
        `idempotency_key`: your name for this request, at most 255 characters: repeating it adds nothing. By default
        each call has one of its own, so that its retries never make a second video.
        `fields`: any other field of `POST /aigc/create`: `duration` (seconds), `resolution`, `aspect_ratio`,
        `image_url`, `metadata` …; None: not sent.

        Raises:
            InvalidRequest: a field is wrong; `errors` names it and what is allowed. Nothing was enqueued.
            IdempotencyConflict: the key was used before, for another request.
            QueueFull: the backlog is at its limit. Nothing was enqueued.
        """
        return self.create_from(body_of(prompt, model, fields), idempotency_key=idempotency_key)

    def create_from(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Task:
        """As `create`, with the body of `POST /aigc/create` as it is sent."""
        return self._done(self._do.create(body, idempotency_key))

    def get(self, task_id: str) -> Task:
        """Return how a task stands.

        Raises:
            NotFound: there is no such task, or its record has expired.
        """
        return self._done(self._do.get(task_id))

    status = get

    def wait(
        self,
        task_id: str,
        timeout: float | None = None,
        on_progress: Callable[[Task], object] | None = None,
        *,
        look_seconds: float | None = None,
    ) -> Task:
        """Return a task once its video is there.

        `timeout`: seconds, at most; None: as long as it takes. `on_progress` is called with how the task stands at
        once, every `look_seconds` (by default 2; 20 if nobody is told) and at the end. A service that goes away
        meanwhile, for up to two minutes, is waited for.

        Raises:
            TaskFailed: it has ended without a video; `task` says why.
            TaskCancelled: it was taken back (a TaskFailed too).
            WaitTimeout: the time is over; the task goes on, and `task` is how it stands.
            NotFound: there is no such task, or its record has expired.
        """
        pause = look_seconds or (LOOK_SECONDS if on_progress else 10 * LOOK_SECONDS)
        told = self._told(self._do.wait(task_id, timeout, pause))
        try:
            while True:
                task = next(told)
                if on_progress:
                    on_progress(task)
        except StopIteration as end:
            ended: Task = end.value
            return ended
        finally:
            told.close()

    def stream(self, task_id: str) -> Iterator[Event]:
        """Yield how a task stands (`Snapshot`), what happens to it (`TaskEvent`), and its `End`, the last.

        Broken connections are made again, and nothing that happened meanwhile is missed. Where events do not get
        through, the task is looked at every 2 seconds, and each change is a `Snapshot`.

        Raises:
            NotFound: there is no such task, or its record has expired.
        """
        return self._told(task_events(self._do, task_id))

    def events(self) -> Iterator[AnyEvent]:
        """Yield what happens to all tasks and to the queue, from now on, without end.

        After `Missed` something was missed: read the list of tasks again.

        Raises:
            Unavailable: the service is away after all retries, or events do not get through.
        """
        return self._told(all_events(self._do))

    def download(self, task: Task | str, path: str | Path | None = None) -> Path:
        """Fetch the video of a completed task (or of the task with this id); return where it is.

        `path`: a file, or a folder, where it gets the task's id as its name; by default this folder. The file
        appears when it is whole. A broken connection goes on where it broke; so does a later call.

        Raises:
            TaskFailed: the task has ended without a video.
            WaitTimeout: it has not ended.
            NotFound: the video is not there any more.
            DownloadFailed: it could not be fetched whole.
            OSError: of the disk.
        """
        known = self.get(task) if isinstance(task, str) else task
        return self._done(download(self._do.wire, video_of(known), known.task_id, path))

    def cancel(self, task_id: str) -> Cancelled:
        """Take a task back; return honestly what came of it.

        Raises:
            NotFound: there is no such task, or its record has expired.
        """
        return self._done(self._do.cancel(task_id))

    def requeue(self, task_id: str, *, force: bool = False) -> Task:
        """Run a failed task again, as a new attempt, which is charged anew; return how it stands then.

        `force`: even if nobody knows whether the vendor has made its video already.

        Raises:
            NotFound: there is no such task, or its record has expired.
            Conflict: it has not failed, or may have been made (`code` tells which).
            Unavailable: the answer was lost, and a repetition could cost money: look at the task.
        """
        return self._done(self._do.requeue(task_id, force))

    def set_priority(self, task_id: str, priority: int) -> Task:
        """Give a task that has not started another priority; return how it stands then.

        Raises:
            InvalidRequest: there is no such priority.
            NotFound: there is no such task, or its record has expired.
            Conflict: it has started or ended.
        """
        return self._done(self._do.set_priority(task_id, priority))

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
    ) -> Iterator[Task]:
        """Yield tasks, the newest first, reading page after page for as long as you ask.

        `status`: one, or several. `model`: name and version. `created_after`, `created_before`: with a zone.
        `metadata`: labels that a task must have. `order`: `newest` or `oldest` first. `limit`: at most so many.
        `page`: how many are read at once, at most 100. Positions are not told: `get` tells them.

        Raises:
            InvalidRequest: there is no such status, model or order.
        """
        wanted = Wanted(
            status=status, model=model, created_after=created_after, created_before=created_before,
            metadata=metadata, order=order,
        )  # fmt: skip
        return self._told(self._do.tasks(wanted, page, limit))

    def queue(self) -> Queue:
        """Return how long the queue is and how much may run at once."""
        return self._done(self._do.queue())

    def health(self) -> Health:
        """Return whether the service can do its job; if it answers that it cannot, that is no error."""
        return self._done(self._do.health())

    def models(self) -> Models:
        """Return the catalogue of models."""
        return self._done(self._do.models())

    @property
    def base_url(self) -> str:
        """Where the service is."""
        return self._do.wire.base_url

    def with_key(self, api_key: str) -> Self:
        """Return this client with another key, over the same connections, which this one closes."""
        other = copy(self)
        other._do = replace(self._do, wire=replace(self._do.wire, api_key=api_key))
        return other

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _told(self, steps: Steps[T]) -> Generator[Any, None, T]:
        return Driver(self._http).told(steps)

    def _done(self, steps: Steps[T]) -> T:
        told = self._told(steps)
        while True:
            try:
                next(told)
            except StopIteration as end:
                result: T = end.value
                return result
