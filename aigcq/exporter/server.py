"""What answers Prometheus on a port of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aigcq.config import Settings
from aigcq.exporter.door import admits
from aigcq.exporter.scrape import CONTENT_TYPE, Scrape

PATH: Final = "/metrics"
MOST_CONNECTIONS: Final = 16


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


def server_of(settings: Settings, scrape: Scrape, stop_seconds: int) -> uvicorn.Server:
    """Return the server, which is given its socket when it serves."""
    return _Server(
        uvicorn.Config(
            app(scrape, settings), access_log=False, log_config=None, lifespan="off", ws="none",
            limit_concurrency=MOST_CONNECTIONS, timeout_graceful_shutdown=stop_seconds,
        )
    )  # fmt: skip
