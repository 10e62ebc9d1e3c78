"""Who listens to everything hears of the queue and of its own tenant's tasks, live and of what it missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from aigcq.api.hub import Hub
from aigcq.api.streams import Streams
from aigcq.caller import Caller, Scope
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.errors import TaskNotFound
from aigcq.store import Store
from tests.conftest import age
from tests.integration.steps import enqueue

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def streams(store: Store, settings: Settings) -> AsyncIterator[Streams]:
    """Streams whose hub runs."""
    clock = SystemClock()
    hub = Hub(store, settings, clock)
    async with asyncio.TaskGroup() as group:
        reader = group.create_task(hub.run())
        yield Streams(store, hub, settings, clock)
        hub.close()
        reader.cancel()


def of(streams: Streams, tenant: str) -> Streams:
    return streams.seen_by(Caller(tenant=tenant, scopes={Scope.READ}, key_id="k"))


async def _until_told(frames: AsyncIterator[bytes], words: str) -> str:
    """Return all that is told up to `words`."""
    told = ""
    while words not in told:
        told += (await anext(frames)).decode()
    return told


@pytest.mark.parametrize("tenant", ["red", ""])
async def test_each_hears_of_its_own_and_of_the_queue_while_it_happens(
    store: Store, streams: Streams, tenant: str
) -> None:
    frames, everything = of(streams, tenant).of_everything(""), streams.of_everything("")
    await anext(frames)
    await anext(everything)

    (other,) = await enqueue(store, tenant="blue")
    (own,) = await enqueue(store, tenant=tenant)
    await store.tasks.cancel(other)
    await store.control.pause("maintenance")

    told, all_of_it = await _until_told(frames, '"pause"'), await _until_told(everything, '"pause"')
    assert (own in told, other in told) == (True, False)
    assert own in all_of_it
    assert other in all_of_it
    await frames.aclose()
    await everything.aclose()


@pytest.mark.parametrize("tenant", ["red", ""])
async def test_each_is_told_what_it_missed_of_its_own_and_of_the_queue(
    store: Store, streams: Streams, tenant: str
) -> None:
    await enqueue(store)
    first = (await store.control.events_after("0-0", 1))[0][0]
    (other,) = await enqueue(store, tenant="blue")
    (own,) = await enqueue(store, tenant=tenant)
    await store.control.pause("maintenance")

    frames = of(streams, tenant).of_everything(first)

    told = await _until_told(frames, '"pause"')
    assert (own in told, other in told) == (True, False)
    await frames.aclose()


async def test_of_a_task_without_a_record_no_tenant_is_told(store: Store, streams: Streams) -> None:
    (task_id,) = await enqueue(store)
    first = (await store.control.events_after("0-0", 1))[0][0]
    await store.tasks.cancel(task_id)
    await age(store, store.connection.settings.result_ttl_seconds + 1)
    await store.control.pause("maintenance")

    for tenant in ("red", ""):
        frames = of(streams, tenant).of_everything(first)
        assert task_id not in await _until_told(frames, '"pause"')
        await frames.aclose()


async def test_another_s_task_cannot_be_listened_to(store: Store, streams: Streams) -> None:
    (task_id,) = await enqueue(store, tenant="red")

    for tenant in ("blue", ""):
        with pytest.raises(TaskNotFound):
            await anext(of(streams, tenant).of_task(task_id, "", "http://a"))
        with pytest.raises(TaskNotFound):
            await of(streams, tenant).ended(task_id, 1)
    assert streams.hub._count == 0
