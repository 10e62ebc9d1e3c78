"""A peer behind the route of ours: the same body, validated and resolved alike, one task enqueued.

python -m benchmarks.peers.door PEER fastapi|starlette PORT
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import uvicorn

from aigcq import catalogue
from aigcq.schemas import CreateTask
from benchmarks.frameworks import fastapi, starlette
from benchmarks.peers.kinds import Enqueue, enqueuer_of


class Door:
    """The route's work, whatever the framework."""

    def __init__(self, peer: str) -> None:
        self._enqueuer = enqueuer_of(peer)
        self._catalogue = catalogue.load()
        self._enqueue: Enqueue

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[None]:
        async with self._enqueuer() as self._enqueue:
            yield

    async def create(self, body: CreateTask) -> dict[str, Any]:
        request, task_id = body.to_request(self._catalogue), str(uuid4())
        await self._enqueue(task_id, request.to_json())
        return {"task_id": task_id, "status": "queued"}


if __name__ == "__main__":
    _, peer, kind, port = sys.argv
    app = fastapi(Door(peer)) if kind == "fastapi" else starlette(Door(peer))
    uvicorn.run(app, port=int(port), access_log=False, log_level="warning")
