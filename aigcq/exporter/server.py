"""The port of a worker that Prometheus reads."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from secrets import compare_digest
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aigcq import telemetry
from aigcq.config import Settings
from aigcq.exporter.scrape import CONTENT_TYPE, Scrape

log = telemetry.logger()

PATH: Final = "/metrics"
STOP_SECONDS: Final = 1
MOST_CONNECTIONS: Final = 16


def admits(settings: Settings, authorization: str) -> bool:
    """Return whether a header shows AIGCQ_METRICS_TOKEN; without one nobody can."""
    token = settings.metrics_token.get_secret_value()
    scheme, _, shown = authorization.strip().partition(" ")
    return bool(token) and scheme.lower() == "bearer" and compare_digest(shown.strip().encode(), token.encode())


def app(scrape: Scrape, settings: Settings) -> Starlette:
    """Return what answers at `/metrics`: to whoever has the token, if there is one."""

    async def metrics(request: Request) -> Response:
        if settings.metrics_token.get_secret_value() and not admits(settings, request.headers.get("authorization", "")):
            return Response("This takes AIGCQ_METRICS_TOKEN.\n", 401, {"WWW-Authenticate": "Bearer"})
        return Response(await scrape.text(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    return Starlette(routes=[Route(PATH, metrics)])


class _Server(uvicorn.Server):
    """A server whose process has others who stop it: signals are theirs."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(settings: Settings, scrape: Scrape) -> AsyncIterator[None]:
    """Answer Prometheus meanwhile, if AIGCQ_METRICS_PORT says where. A port that is taken stops no worker."""
    if not settings.metrics_port or (door := _door(settings)) is None:
        yield
        return
    config = uvicorn.Config(
        app(scrape, settings), access_log=False, log_config=None, lifespan="off", ws="none",
        limit_concurrency=MOST_CONNECTIONS, timeout_graceful_shutdown=STOP_SECONDS,
    )  # fmt: skip
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[door]))
        log.info("metrics", host=settings.metrics_host, port=door.getsockname()[1])
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.wait([serving], timeout=2 * STOP_SECONDS)
            serving.cancel()


def _door(settings: Settings) -> socket.socket | None:
    try:
        family = socket.AF_INET6 if ":" in settings.metrics_host else socket.AF_INET
        return socket.create_server((settings.metrics_host, settings.metrics_port), family=family)
    except OSError as error:
        log.warning("no metrics", host=settings.metrics_host, port=settings.metrics_port, why=str(error))
        return None
