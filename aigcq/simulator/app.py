"""Puts the simulator together, as an ASGI application and as a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from aigcq.clock import Clock, SystemClock
from aigcq.simulator import memory
from aigcq.simulator.actions import Actions
from aigcq.simulator.control import Control
from aigcq.simulator.files import Files, VideoStore
from aigcq.simulator.gateway import Gateway
from aigcq.simulator.settings import SimulatorSettings
from aigcq.simulator.spoiled import DROP
from aigcq.simulator.vendor import Vendor

SHUTDOWN_SECONDS: Final = 3
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than clients keep idle connections, or a connection closed under a request would look like a fault."""


class Simulator(Starlette):
    """Starlette, with a way to close a connection without an answer.

    ASGI has none, so it is taken from the server: uvicorn's `send` is a method of the object that
    holds the transport. Here, outside of every middleware, it is still that method.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        def drop() -> None:
            transport = getattr(getattr(send, "__self__", None), "transport", None)
            if transport is None:
                raise RuntimeError("only uvicorn can drop a connection")
            transport.abort()

        scope[DROP] = drop
        await super().__call__(scope, receive, send)


def create_app(settings: SimulatorSettings, clock: Clock, state: Path | None = None) -> Starlette:
    """Return the simulator as an ASGI application with a lifespan; run it under uvicorn, in one process.

    `settings` are where it starts, and where `POST /_simulator/reset` returns to. The vendor's state is
    `app.state.vendor`, for tests in the same process; in the file `state` it survives a stop.
    """
    vendor, videos = Vendor(settings, clock), VideoStore()
    gateway = Gateway(vendor, Actions(vendor, videos))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if state:
            memory.load(vendor, state)
        yield
        if state:
            memory.save(vendor, state)
        videos.close()

    routes = [
        Route("/", gateway.answer, methods=["POST"]),
        *Control(vendor).routes,
        Route("/{directory}/{token}/aigcVideoGenFile.mp4", Files(vendor, videos).serve, methods=["GET"]),
    ]
    app = Simulator(routes=routes, lifespan=lifespan)
    app.state.vendor = vendor
    return app


def server(
    settings: SimulatorSettings, host: str, port: int, clock: Clock | None = None, state: Path | None = None
) -> uvicorn.Server:
    """Return an unstarted server of the simulator; quiet, and gone at most 3 s after it was asked to stop."""
    config = uvicorn.Config(
        create_app(settings, clock or SystemClock(), state),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return uvicorn.Server(config)


def run(settings: SimulatorSettings, host: str = "127.0.0.1", port: int = 8090, state: Path | None = None) -> None:
    """Serve the simulator until SIGINT or SIGTERM; with `state`, what it knows is kept in that file."""
    with suppress(KeyboardInterrupt):
        server(settings, host, port, state=state).run()
