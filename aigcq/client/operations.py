"""What can be asked of the service: each operation once, for both faces."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import uuid4

from aigcq.client.errors import NotFound, TaskCancelled, TaskFailed, Unavailable, WaitTimeout
from aigcq.client.models import Cancelled, Catalogue, Health, Model, Page, Queue, Status, Task
from aigcq.client.steps import Nap, Steps, Tell
from aigcq.client.wire import Wire, read

DEFAULT_MODEL: Final = "Hailuo-2.3"
OUTAGE_SECONDS: Final = 120.0
"""Who waits for a video sits out a service that is away for so long."""
LOOK_SECONDS: Final = 2.0
"""How often who waits is told how a task stands."""
PAGE: Final = 50
"""How many tasks of a list are read at once."""
Models: TypeAlias = list[Model]
STATUS: Final = ("aigc", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tasks a list shows, and in which order; what is None is not asked."""

    status: Status | Iterable[Status] | None = None
    model: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    metadata: Mapping[str, Any] | None = None
    order: str | None = None

    def params(self) -> dict[str, str | list[str]]:
        """Return the query that asks for them."""
        status = [self.status] if isinstance(self.status, str) else list(self.status or ())
        params: dict[str, str | list[str]] = {f"metadata.{key}": _text(label) for key, label in self._labels()}
        params |= {"status": [str(each) for each in status]} if status else {}
        moments = {"created_after": self.created_after, "created_before": self.created_before}
        params |= {name: moment.isoformat() for name, moment in moments.items() if moment}
        return params | {name: text for name, text in (("model", self.model), ("order", self.order)) if text}

    def _labels(self) -> Iterable[tuple[str, Any]]:
        return (self.metadata or {}).items()


def _text(label: Any) -> str:
    return label if isinstance(label, str) else json.dumps(label)


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations on one service."""

    wire: Wire
    monotonic: Callable[[], float] = time.monotonic

    def create(self, body: Mapping[str, Any], key: str | None) -> Steps[Task]:
        """Queue one video, under an idempotency key of its own if none is given: a retry never makes two."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        return read(Task, (yield from self.wire.ask("POST", "aigc", "create", json=dict(body), headers=headers)))

    def get(self, task_id: str) -> Steps[Task]:
        """Return how a task stands."""
        return (yield from self._look(task_id, 0))

    def wait(self, task_id: str, timeout_seconds: float | None, look_seconds: float) -> Steps[Task]:
        """Tell how a task stands, every `look_seconds` and at its end; return it once it is completed.

        The service is asked to hold its answer until then; one that does not do so is asked again and again.
        """
        over = float("inf") if timeout_seconds is None else self.monotonic() + timeout_seconds
        task, holds = (yield from self._look(task_id, 0)), True
        while True:
            yield Tell(task)
            if task.ended:
                return completed(task)
            if (left := over - self.monotonic()) <= 0:
                raise WaitTimeout(task, timeout_seconds or 0)
            pause = min(look_seconds, left)
            hold = int(pause) if holds else 0
            if not hold:
                yield Nap(pause)
            asked = self.monotonic()
            task = yield from self.patient_look(task_id, hold)
            holds = holds and self.monotonic() - asked >= hold / 2

    def cancel(self, task_id: str) -> Steps[Cancelled]:
        """Take a task back."""
        return read(Cancelled, (yield from self.wire.ask("POST", "aigc", "tasks", task_id, "cancel")))

    def requeue(self, task_id: str, force: bool) -> Steps[Task]:
        """Put a failed task back into the queue; return how it stands then. Sent twice it would be paid for twice."""
        yield from self.wire.ask(
            "POST", "aigc", "tasks", task_id, "requeue", json={"force": True} if force else {}, repeatable=False
        )
        return (yield from self.get(task_id))

    def set_priority(self, task_id: str, priority: int) -> Steps[Task]:
        """Move a task that has not started; return how it stands then."""
        yield from self.wire.ask("POST", "aigc", "tasks", task_id, "priority", json={"priority": priority})
        return (yield from self.get(task_id))

    def tasks(self, wanted: Wanted, page: int, most: int | None) -> Steps[None]:
        """Tell of each task that is wanted, a page at a time."""
        params = wanted.params()
        left = most
        while left is None or left > 0:
            params["limit"] = str(page if left is None else min(page, left))
            listed = read(Page, (yield from self.wire.ask("GET", "aigc", "tasks", params=params)))
            for each in listed.tasks[:left]:
                yield Tell(Task.read(each))
            if not listed.next_cursor:
                return
            left = None if left is None else left - len(listed.tasks)
            params["cursor"] = listed.next_cursor

    def queue(self) -> Steps[Queue]:
        """Return how long the queue is and how much may run."""
        return read(Queue, (yield from self.wire.ask("GET", "aigc", "queue", "info")))

    def health(self) -> Steps[Health]:
        """Return whether the service can do its job; that it cannot is an answer too."""
        return read(Health, (yield from self.wire.ask("GET", "health", accept=(503,))))

    def models(self) -> Steps[Models]:
        """Return the catalogue."""
        response = yield from self.wire.ask("GET", "aigc", "models")
        return [Model.read(each) for each in read(Catalogue, response).models]

    def _look(self, task_id: str, hold_seconds: int) -> Steps[Task]:
        """Return how a task stands; the service is asked to answer when it has ended, or after `hold_seconds`."""
        if hold_seconds:
            held = yield from self.wire.ask(
                "GET",
                *STATUS,
                task_id,
                headers={"Prefer": f"wait={hold_seconds}"},
                longer_seconds=hold_seconds,
                accept=(429,),  # as many are waiting as it lets wait: who asks now and then is served
            )
            if held.status_code != 429:
                return read(Task, held)
        return read(Task, (yield from self.wire.ask("GET", *STATUS, task_id)))

    def patient_look(self, task_id: str, hold_seconds: int) -> Steps[Task]:
        """As `_look`, but a service that is restarted meanwhile is waited for."""
        since = self.monotonic()
        while True:
            try:
                return (yield from self._look(task_id, hold_seconds))
            except Unavailable as away:
                if away.hopeless or self.monotonic() - since > OUTAGE_SECONDS:
                    raise
            yield Nap(self.wire.retry.cap_seconds * self.wire.draw())


def body_of(prompt: str, model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a create; what is None is left out."""
    name, _, version = model.partition("-")
    body = {"prompt": prompt, "model_name": name or None, "model_version": version or None, **fields}
    return {field: value for field, value in body.items() if value is not None}


def completed(task: Task) -> Task:
    """Return a task that has ended with a video.

    Raises:
        TaskFailed: it has ended without one.
        TaskCancelled: it was taken back.
    """
    match task.status:
        case "cancelled":
            raise TaskCancelled(task)
        case "failed":
            raise TaskFailed(task)
    return task


def video_of(task: Task) -> str:
    """Return the address of a task's video; raises as `completed`, and WaitTimeout if it has not ended."""
    if not task.ended:
        raise WaitTimeout(task, 0)
    if (url := completed(task).video_url) is None:
        raise NotFound("The task has no video.", task_id=task.task_id)
    return url
