"""One reader for all clients: it begins with the first of them, and survives that Redis goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
import structlog

from aigcq.api.hub import EVERYTHING, PAGE, Hub
from aigcq.api.streams import Streams
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.errors import StoreUnavailable
from aigcq.store import Store
from tests.conftest import until
from tests.integration.steps import enqueue

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def streams(store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Streams]:
    """Streams whose hub runs; it tries again soon."""
    monkeypatch.setattr("aigcq.api.hub.AWAY_SECONDS", 0.01)
    clock = SystemClock()
    hub = Hub(store, settings, clock)
    async with asyncio.TaskGroup() as group:
        reader = group.create_task(hub.run())
        yield Streams(store, hub, settings, clock)
        reader.cancel()


class Reads:
    """The hub's reads of Redis: counted, and refused for as long as `away` is set."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.refused, self.away = 0, 0, False
        self._read = store.control.events
        monkeypatch.setattr(store.control, "events", self.events)

    async def events(self, after: str, block_seconds: float) -> Sequence[Any]:
        self.count += 1
        if self.away:
            self.refused += 1
            raise StoreUnavailable("away")
        return await self._read(after, min(block_seconds, 0.05))


async def test_without_a_listener_nothing_is_read(
    store: Store, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Reads(store, monkeypatch)
    await enqueue(store)
    assert reads.count == 0

    with streams.hub.listening(EVERYTHING):
        await until(lambda: reads.count > 1)

    await until(lambda: not streams.hub._at)
    before = reads.count
    await SystemClock().sleep(0.2)
    assert reads.count == before


async def test_any_number_of_listeners_is_told_by_one_read(
    store: Store, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [streams.of_everything("") for _ in range(50)]
    for each in frames:
        assert b"id: " in await anext(each)
    reads = Reads(store, monkeypatch)

    (task_id,) = await enqueue(store)

    told = [await anext(each) for each in frames]
    assert all(task_id.encode() in each for each in told)
    assert len(set(told)) == 1
    assert reads.count < 5
    for each in frames:
        await each.aclose()


async def test_what_happens_while_redis_is_away_is_told_once_it_is_back(
    store: Store, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Reads(store, monkeypatch)
    frames = streams.of_everything("")
    await anext(frames)
    reads.away = True
    await until(lambda: reads.refused > 2)
    (task_id,) = await enqueue(store)

    reads.away = False

    assert task_id.encode() in await anext(frames)
    await frames.aclose()


async def test_who_listens_is_told_to_reload_when_redis_comes_back_without_its_events(
    store: Store, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue(store)
    reads = Reads(store, monkeypatch)
    frames = streams.of_everything("")
    await anext(frames)
    reads.away = True
    await until(lambda: reads.refused > 2)
    client, keys = store.connection.client, store.connection.keys
    await client.delete(keys.events)
    await client.xadd(keys.events, {"event": "resume", "task": "", "status": ""}, id="1-1")

    reads.away = False

    assert [b"event: reload" in each async for each in frames] == [True]


async def test_a_burst_is_told_whole(store: Store, streams: Streams) -> None:
    frames = streams.of_everything("")
    await anext(frames)
    client, keys = store.connection.client, store.connection.keys
    async with client.pipeline(transaction=True) as pipe:
        for _ in range(2 * PAGE):
            pipe.xadd(keys.events, {"event": "resume", "task": "", "status": ""})
        await pipe.execute()

    told = 0
    while told < 2 * PAGE:
        frame = await anext(frames)
        assert b"event: reload" not in frame
        told += frame.count(b"event: queue")
    await frames.aclose()


@pytest.mark.parametrize(
    "strange",
    [
        {"event": "limit", "threshold": "none"},
        {"event": "progress", "task": "a", "status": "processing", "progress": "half"},
        {"event": "progress", "task": "a", "status": "processing", "progress": "inf"},
    ],
)
async def test_an_event_that_cannot_be_read_is_skipped_with_one_line(
    store: Store, streams: Streams, strange: dict[str, str]
) -> None:
    frames = streams.of_everything("")
    await anext(frames)

    with structlog.testing.capture_logs() as lines:
        await store.connection.client.xadd(store.connection.keys.events, strange)  # type: ignore[arg-type]  # its stubs
        (task_id,) = await enqueue(store)

        async with asyncio.timeout(5):
            assert task_id.encode() in await anext(frames)
    assert [(each["log_level"], each["named"]) for each in lines] == [("warning", strange["event"])]
    await frames.aclose()
