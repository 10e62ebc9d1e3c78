"""Celery: lists, processes, and a client that blocks, so that its route runs in threads."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from celery import Celery

from benchmarks.peers import handler
from benchmarks.peers.kinds import Enqueue

app = Celery("bench", broker=os.environ["REDIS_URL"])
app.conf.task_acks_late = True  # or a worker's death loses what it held
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True

_connections: list[HTTPConnection] = []


@app.task(name="make")
def make(task_id: str, request: str) -> str:
    created = _call("CreateAigcVideoTask", handler.create_body(task_id, request))
    while True:
        if url := handler.url_of(_call("DescribeTaskDetail", {"TaskId": created["TaskId"]})):
            return url


def _call(action: str, body: dict[str, Any]) -> dict[str, Any]:
    if not _connections:
        _connections.append(HTTPConnection(urlsplit(handler.VENDOR).netloc))
    _connections[0].request("POST", "/", json.dumps(body), {"X-TC-Action": action})
    return dict(json.loads(_connections[0].getresponse().read())["Response"])


@asynccontextmanager
async def enqueuer() -> AsyncIterator[Enqueue]:
    async def enqueue(task_id: str, request: str) -> None:
        await asyncio.to_thread(make.apply_async, (task_id, request), task_id=task_id)

    yield enqueue


def work() -> None:
    app.worker_main(["worker", "--loglevel", "WARNING"])
