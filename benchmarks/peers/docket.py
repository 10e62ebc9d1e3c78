"""docket (pydocket): one stream, a record for each run."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import uvloop
from docket import Docket, Worker

from benchmarks.peers import handler
from benchmarks.peers.kinds import Enqueue

# Its pool raises beyond 100 connections, which its own concurrency can need.
URL = os.environ["REDIS_URL"] + "?max_connections=2000"


async def make(task_id: str, request: str) -> str:
    return await handler.make(task_id, request)


@asynccontextmanager
async def enqueuer() -> AsyncIterator[Enqueue]:
    async with Docket(name="bench", url=URL) as docket:
        docket.register(make)

        async def enqueue(task_id: str, request: str) -> None:
            await docket.add(make, key=task_id)(task_id, request)

        yield enqueue


def work() -> None:
    uvloop.run(_work())


async def _work() -> None:
    lease = timedelta(seconds=handler.LEASE_SECONDS)
    async with Docket(name="bench", url=URL) as docket:
        docket.register(make)
        async with Worker(docket, concurrency=handler.CONCURRENCY, redelivery_timeout=lease) as worker:
            await worker.run_forever()
