"""taskiq with taskiq-redis: a stream that is acknowledged."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from taskiq_redis import RedisStreamBroker

from benchmarks.peers import handler
from benchmarks.peers.kinds import Enqueue

broker = RedisStreamBroker(os.environ["REDIS_URL"])


@broker.task(task_name="make")
async def make(task_id: str, request: str) -> str:
    return await handler.make(task_id, request)


@asynccontextmanager
async def enqueuer() -> AsyncIterator[Enqueue]:
    await broker.startup()

    async def enqueue(task_id: str, request: str) -> None:
        await make.kicker().with_task_id(task_id).kiq(task_id, request)

    yield enqueue
    await broker.shutdown()


def work() -> None:
    program = Path(sys.executable).with_name("taskiq")
    options = ["--workers", "1", "--max-async-tasks", str(handler.CONCURRENCY), "--log-level", "WARNING"]
    os.execv(program, [str(program), "worker", "benchmarks.peers.taskiq:broker", *options])
