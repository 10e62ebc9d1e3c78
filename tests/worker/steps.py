"""What the stories of the worker's tests are made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from aigcq.catalogue import load
from aigcq.clock import SystemClock
from aigcq.model import ENDED
from aigcq.store import Store
from aigcq.store.tasks import View
from aigcq.worker.worker import Worker
from tests.conftest import until
from tests.worker.scripted import Scripted


class Clock(SystemClock):
    """The machine's clock, set wrong by what a test says."""

    off_seconds = 0.0
    ahead_seconds = 0.0
    """Of the monotonic clock: a process that was stalled finds that much time gone."""

    def now(self) -> float:
        return super().now() + self.off_seconds

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_seconds


def make_worker(store: Store, vendor: Scripted, clock: SystemClock | None = None) -> Worker:
    return Worker(store, vendor, store.connection.settings, clock or SystemClock(), load(), Random(1))


@asynccontextmanager
async def working(store: Store, vendor: Scripted, clock: SystemClock | None = None) -> AsyncIterator[Worker]:
    """Let a worker run; at the end it is stopped. If it dies, the test fails."""
    worker = make_worker(store, vendor, clock)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.stop.request()


async def ended(store: Store, task_id: str) -> View:
    """Return the task once it has ended."""

    async def look() -> View | None:
        view = await store.tasks.get(task_id)
        return view if view.task.status in ENDED else None

    found = await until(look, 20)
    assert isinstance(found, View)
    return found


async def until_phase(store: Store, task_id: str, phase: str) -> None:
    async def reached() -> bool:
        return (await store.tasks.get(task_id)).task.phase == phase

    await until(reached, 20)


async def put_back(store: Store, task_id: str) -> View:
    """Return the task once it is queued again after a delivery."""

    async def look() -> View | None:
        view = await store.tasks.get(task_id)
        return view if view.task.status == "queued" and view.task.fence else None

    found = await until(look, 20)
    assert isinstance(found, View)
    return found


def spy(monkeypatch: pytest.MonkeyPatch, room: Any, verb: str, *instead: BaseException) -> list[tuple[Any, ...]]:
    """Return what the calls of a verb are made with, from now on; the first ones raise what is given `instead`."""
    true, calls, errors = getattr(room, verb), [], list(instead)

    async def spied(*args: Any, **kwargs: Any) -> Any:
        calls.append((*args, *kwargs.values()))
        if errors:
            raise errors.pop(0)
        return await true(*args, **kwargs)

    spied.__name__ = verb
    monkeypatch.setattr(room, verb, spied)
    return calls
