"""SAQ: lists."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvloop
from saq import Queue, Worker

from benchmarks.peers import handler
from benchmarks.peers.kinds import Enqueue


async def make(_: Any, *, task_id: str, request: str) -> str:
    return await handler.make(task_id, request)


@asynccontextmanager
async def enqueuer() -> AsyncIterator[Enqueue]:
    queue = Queue.from_url(os.environ["REDIS_URL"])
    await queue.connect()

    async def enqueue(task_id: str, request: str) -> None:
        await queue.enqueue("make", key=task_id, task_id=task_id, request=request)

    yield enqueue
    await queue.disconnect()


def work() -> None:
    uvloop.run(_work())


async def _work() -> None:
    queue = Queue.from_url(os.environ["REDIS_URL"])
    await Worker(queue, [("make", make)], concurrency=handler.CONCURRENCY).start()
