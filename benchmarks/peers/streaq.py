"""streaq: streams of ids, with pipelined workers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streaq import Worker

from benchmarks.peers import handler
from benchmarks.peers.kinds import Enqueue

worker = Worker(
    redis_url=os.environ["REDIS_URL"],
    concurrency=handler.CONCURRENCY,
    idle_timeout=handler.LEASE_SECONDS,
    anyio_kwargs={"use_uvloop": True},
)


@worker.task
async def make(task_id: str, request: str) -> str:
    return await handler.make(task_id, request)


@asynccontextmanager
async def enqueuer() -> AsyncIterator[Enqueue]:
    async with worker:

        async def enqueue(task_id: str, request: str) -> None:
            await make.enqueue(task_id, request)

        yield enqueue


def work() -> None:
    worker.run_sync()
