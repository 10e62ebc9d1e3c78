"""arq: a sorted set that is polled."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvloop
from arq import create_pool
from arq.connections import RedisSettings
from arq.worker import Worker, func

from benchmarks.peers import handler
from benchmarks.peers.kinds import Enqueue

SETTINGS = RedisSettings.from_dsn(os.environ["REDIS_URL"])


async def make(_: dict[Any, Any], task_id: str, request: str) -> str:
    return await handler.make(task_id, request)


@asynccontextmanager
async def enqueuer() -> AsyncIterator[Enqueue]:
    pool = await create_pool(SETTINGS)

    async def enqueue(task_id: str, request: str) -> None:
        await pool.enqueue_job("make", task_id, request, _job_id=task_id)

    yield enqueue
    await pool.aclose()


def work() -> None:
    uvloop.install()
    Worker([func(make, name="make")], redis_settings=SETTINGS, max_jobs=handler.CONCURRENCY).run()
