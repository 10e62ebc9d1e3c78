"""The port of a worker that Prometheus reads, if it has one: the server is loaded only then."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import compare_digest
from typing import Final

from aigcq import telemetry
from aigcq.config import Settings
from aigcq.exporter.scrape import Scrape

log = telemetry.logger()

STOP_SECONDS: Final = 1


def admits(settings: Settings, authorization: str) -> bool:
    """Return whether a header shows AIGCQ_METRICS_TOKEN; without one nobody can."""
    token = settings.metrics_token.get_secret_value()
    scheme, _, shown = authorization.strip().partition(" ")
    return bool(token) and scheme.lower() == "bearer" and compare_digest(shown.strip().encode(), token.encode())


@asynccontextmanager
async def listening(settings: Settings, scrape: Scrape) -> AsyncIterator[None]:
    """Answer Prometheus meanwhile, if AIGCQ_METRICS_PORT says where. A port that is taken stops no worker."""
    if not settings.metrics_port or (door := _door(settings)) is None:
        yield
        return
    from aigcq.exporter.server import server_of

    server = server_of(settings, scrape, STOP_SECONDS)
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
