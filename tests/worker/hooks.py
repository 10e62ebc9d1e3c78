"""What the stories of webhooks are made of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aigcq.cli.serve import deliverer_of
from aigcq.clock import SystemClock
from aigcq.store import Store
from aigcq.store.receivers import PastCall
from aigcq.worker.stop import Stop
from tests.conftest import until
from tests.integration.steps import claim, complete, enqueue, submitted

PATIENT = {"webhook_allow": "127.0.0.0/8", "webhook_timeout_seconds": 20.0, "worker_poll_interval": 2.0}


@asynccontextmanager
async def delivering(store: Store, bell: asyncio.Event | None = None) -> AsyncIterator[asyncio.Event]:
    """Let a process deliver; yield its bell, which has rung."""
    bell, stop = bell or asyncio.Event(), Stop()
    bell.set()
    one = deliverer_of(store, store.connection.settings, SystemClock(), bell)
    async with asyncio.TaskGroup() as group:
        group.create_task(one.run(stop))
        try:
            yield bell
        finally:
            stop.request()


def hook(url: str, face: str = "") -> str:
    """Return a request on record whose client wants to be called there."""
    return json.dumps({"prompt": "a fox", "client": {"webhook": {"url": url}} | ({"face": face} if face else {})})


async def finished(store: Store, url: str, face: str = "", **fields: Any) -> str:
    """Complete a task of which `url` is to be told."""
    (task_id,) = await enqueue(store, request=hook(url, face), **({"webhook": "end"} | fields))
    (delivery,) = await claim(store)
    await complete(store, await submitted(store, delivery))
    return task_id


async def calls(store: Store, count: int) -> list[PastCall]:
    """Return the calls so far, the first one first, once there are so many."""

    async def enough() -> list[PastCall] | None:
        found = await store.receivers.calls(100)
        return list(reversed(found)) if len(found) >= count else None

    found = await until(enough, 20)
    assert isinstance(found, list)
    return found


async def due(store: Store) -> None:
    """Make every note due now."""
    client, keys = store.connection.client, store.connection.keys
    for name in await client.zrange(keys.outbox, 0, -1):
        await client.zadd(keys.outbox, {name: 1})


async def notes(store: Store) -> list[str]:
    return list(await store.connection.client.zrange(store.connection.keys.outbox, 0, -1))


async def scores_that_wait(store: Store) -> list[float]:
    """Return when the notes are due that no process has."""
    found = await store.connection.client.zrange(store.connection.keys.outbox, 0, -1, withscores=True)
    lent = (await store.control.overview()).now_ms + 25_000
    return [score for _, score in found if not lent < score < lent + 60_000]


async def gone(store: Store) -> bool:
    return await notes(store) == []
