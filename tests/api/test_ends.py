"""An end is told as one only while it is one: a task may be requeued or erased before its client hears of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import pytest_asyncio

from aigcq.api.hub import Hub
from aigcq.api.streams import Streams
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.model import Event
from aigcq.store import Store, open_store
from tests.conftest import until
from tests.integration.steps import claim, enqueue

pytestmark = pytest.mark.asyncio
BASE = "http://aigcq.example"
RESULT = {"video_url": "http://v/1.mp4"}
ERROR = {"code": "vendor_failed", "message": "It failed."}


@pytest_asyncio.fixture
async def streams(store: Store, settings: Settings) -> AsyncIterator[Streams]:
    """Streams whose hub runs."""
    clock = SystemClock()
    hub = Hub(store, settings, clock)
    async with asyncio.TaskGroup() as group:
        reader = group.create_task(hub.run())
        yield Streams(store, hub, settings, clock)
        reader.cancel()


async def _ended(store: Store, event: Event = Event.SUCCEED) -> None:
    (delivery,) = await claim(store)
    await store.deliveries.settle(delivery, event, RESULT if event is Event.SUCCEED else ERROR)


async def _failed(store: Store) -> tuple[str, str]:
    """Return a task that has failed, and the id of its first event."""
    (task_id,) = await enqueue(store)
    await _ended(store, Event.FAIL)
    return task_id, (await store.control.events_after("0-0", 1))[0][0]


def _parsed(frames: bytes) -> list[tuple[str, dict[str, Any]]]:
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in frames.decode().split("\n\n")]
    return [(each["event"], json.loads(each["data"])) for each in blocks if "event" in each]


def _words(frames: bytes) -> list[str]:
    return [data["event"] if name == "task" else name for name, data in _parsed(frames)]


async def test_who_missed_an_end_that_was_undone_hears_how_it_stands_and_its_real_end(
    store: Store, streams: Streams
) -> None:
    task_id, first = await _failed(store)
    await store.tasks.requeue(task_id)
    frames = streams.of_task(task_id, first, BASE)
    assert await anext(frames)  # where it goes on from

    missed = await anext(frames)
    await _ended(store)
    rest = await _to_its_end(frames)

    assert _words(missed) == ["claim", "fail", "requeue", "snapshot"]
    assert _parsed(missed)[-1][1]["status"] == "queued"
    assert _words(rest)[-2:] == ["succeed", "end"]
    assert _parsed(rest)[-1][1]["status"] == "completed"


async def test_the_stream_of_a_task_that_was_erased_ends_with_reload(
    store: Store, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id, first = await _failed(store)
    frames = streams.of_task(task_id, first, BASE)
    page = store.control.events_after

    async def erased_meanwhile(after: str, count: int) -> Any:
        await store.tasks.erase(task_id)
        return await page(after, count)

    monkeypatch.setattr(store.control, "events_after", erased_meanwhile)

    assert _words(await _to_its_end(frames)) == ["claim", "fail", "reload"]


async def test_who_comes_back_while_it_ends_is_told_of_the_end(
    store: Store, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    first = (await store.control.events_after("0-0", 1))[0][0]
    get = store.tasks.get

    async def ended_just_before(asked: str) -> Any:
        monkeypatch.setattr(store.tasks, "get", get)
        await _ended(store)
        return await get(asked)

    monkeypatch.setattr(store.tasks, "get", ended_just_before)

    assert _words(await _to_its_end(streams.of_task(task_id, first, BASE))) == ["claim", "succeed", "end"]


async def test_a_look_that_began_before_the_end_does_not_tell_it(
    store: Store, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    frames = streams.of_task(task_id, "", BASE)
    await anext(frames)
    get, slow, gone_on = store.tasks.get, asyncio.Event(), asyncio.Event()
    calls = 0

    async def read(asked: str) -> Any:
        nonlocal calls
        calls += 1
        view = await get(asked)
        if calls == 2:  # whose time is over: it has read, and is told of it late
            slow.set()
            await gone_on.wait()
        return view

    monkeypatch.setattr(store.tasks, "get", read)
    async with asyncio.TaskGroup() as group:
        waits = group.create_task(streams.ended(task_id, 0.01))
        await slow.wait()
        (delivery,) = await claim(store)
        await store.deliveries.settle(delivery, Event.SUCCEED, RESULT)
        told = group.create_task(_to_its_end(frames))
        await until(lambda: calls > 2 or bool(streams._looks and next(iter(streams._looks.values())).wanted_by > 1))
        gone_on.set()

    assert waits.result().task.status == "queued"
    assert _parsed(told.result())[-1][1]["status"] == "completed"


async def test_who_waits_goes_on_when_an_end_was_undone(store: Store, streams: Streams, redis_url: str) -> None:
    async def undone() -> None:
        async with open_store(store.connection.settings, redis_url) as other:
            await other.deliveries.settle(delivery, Event.FAIL, ERROR)
            await other.tasks.requeue(task_id)

    (task_id,) = await enqueue(store)
    async with asyncio.TaskGroup() as group:
        waits = group.create_task(streams.ended(task_id, 10))
        await until(lambda: bool(streams.hub._at))
        (delivery,) = await claim(store)
        with ThreadPoolExecutor() as pool:
            pool.submit(asyncio.run, undone()).result()  # nobody in this loop can look meanwhile
        await SystemClock().sleep(0.1)
        await _ended(store)

    assert waits.result().task.status == "completed"


async def _to_its_end(frames: AsyncIterator[bytes]) -> bytes:
    return b"".join([each async for each in frames])
