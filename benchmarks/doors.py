"""Ceilings: HTTP servers that do the least that could possibly do, on the same server and the same store.

    python -m benchmarks.doors fastapi|starlette PORT

`POST /create` validates the same body as ours and makes one EVALSHA, a script that stores it; `GET /status/{id}`
is one HGETALL; `POST /chain` adds to a stream, for `benchmarks.chain` to hear. The command goes to Redis on the
same connections as the product's, so that a better one raises both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from aigcq import catalogue
from aigcq.api.protocol import BoundedHead
from aigcq.config import Settings
from aigcq.schemas import CreateTask
from aigcq.store import Store, open_store
from aigcq.store.keys import Keys
from benchmarks.frameworks import fastapi, starlette

STORE_IT = "redis.call('SET', KEYS[1], ARGV[1]) return 1"
TELL_IT = "redis.call('XADD', KEYS[1], '*', 'task', ARGV[1]) return 1"
STREAM = "bench:chain"

Call = Callable[..., Awaitable[Any]]


def caller(store: Store) -> Call:
    """Return how the product sends one command: batched, if its store has that, else over its client."""
    batches = getattr(store.connection, "batches", None)
    call: Call = batches.call if batches else store.connection.client.execute_command
    return call


class Door:
    """The least that each route can do."""

    def __init__(self) -> None:
        self.keys = Keys("default")
        self.catalogue = catalogue.load()
        self.shas: dict[str, str] = {}
        self.call: Call

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[None]:
        url = os.environ["REDIS_URL"]
        async with open_store(Settings(_env_file=None, redis_url=url), url) as store:  # type: ignore[call-arg, arg-type]
            for script in (STORE_IT, TELL_IT):
                self.shas[script] = await store.connection.client.script_load(script)
            self.call = caller(store)
            yield

    async def create(self, body: CreateTask) -> dict[str, Any]:
        request = body.to_request(self.catalogue)
        task_id = str(uuid4())
        key = f"bench:{task_id}"
        await self.call("EVALSHA", self.shas[STORE_IT], 1, key, request.to_json())
        return {"task_id": task_id, "position": 1, "status": "queued"}

    async def chain(self) -> dict[str, Any]:
        task_id = str(uuid4())
        await self.call("EVALSHA", self.shas[TELL_IT], 1, STREAM, task_id)
        return {"task_id": task_id}

    async def status(self, task_id: str) -> dict[str, Any]:
        found = await self.call("HGETALL", self.keys.task(task_id))
        record = found if isinstance(found, dict) else dict(zip(found[::2], found[1::2], strict=True))
        return {"task_id": task_id, **record}


def with_fastapi(door: Door) -> FastAPI:
    app = fastapi(door)

    @app.get("/status/{task_id}")
    async def status(task_id: str) -> dict[str, Any]:
        return await door.status(task_id)

    return app


def with_starlette(door: Door) -> Starlette:
    async def chain(_: Request) -> JSONResponse:
        return JSONResponse(await door.chain())

    async def status(request: Request) -> JSONResponse:
        return JSONResponse(await door.status(request.path_params["task_id"]))

    return starlette(door, [Route("/chain", chain, methods=["POST"]), Route("/status/{task_id}", status)])


if __name__ == "__main__":
    _, kind, port = sys.argv
    app = with_fastapi(Door()) if kind == "fastapi" else with_starlette(Door())
    uvicorn.run(app, port=int(port), http=BoundedHead, access_log=False, log_level="warning")
