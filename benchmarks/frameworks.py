"""The route of a create behind either framework, whoever does the work. It knows no Redis: peers bring their own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from aigcq.schemas import CreateTask


class Door(Protocol):
    """The route's work, whatever the framework."""

    def lifespan(self, app: Any, /) -> AbstractAsyncContextManager[None]: ...

    async def create(self, body: CreateTask) -> dict[str, Any]: ...


def fastapi(door: Door) -> FastAPI:
    app = FastAPI(lifespan=door.lifespan)

    @app.post("/create")
    async def create(body: CreateTask) -> dict[str, Any]:
        return await door.create(body)

    @app.get("/live")
    async def live() -> dict[str, Any]:
        return {}

    return app


def starlette(door: Door, more: Sequence[Route] = ()) -> Starlette:
    async def create(request: Request) -> JSONResponse:
        return JSONResponse(await door.create(CreateTask.model_validate_json(await request.body())))

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({})

    routes = [Route("/create", create, methods=["POST"]), Route("/live", live), *more]
    return Starlette(routes=routes, lifespan=door.lifespan)
