"""A receiver of webhooks on this machine, and resolvers that lie."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

Answerer = Callable[[web.Request], Any]


@dataclass(slots=True)
class Heard:
    """One call as it came in."""

    headers: Mapping[str, str]
    body: str
    path: str


@dataclass(slots=True)
class Local:
    """A server that keeps what it hears; `answer` may be changed, also to one that takes its time."""

    port: int = 0
    host: str = "127.0.0.1"
    heard: list[Heard] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    silent: asyncio.Event | None = None
    """Nobody is answered before it is set."""

    @property
    def url(self) -> str:
        return str(URL.build(scheme="http", host=self.host, port=self.port, path="/hook"))

    async def handle(self, request: web.Request) -> web.Response:
        self.heard.append(Heard(dict(request.headers), await request.text(), request.path_qs))
        if self.silent:
            await self.silent.wait()
        return web.Response(status=self.status, headers=self.headers, body=self.body)


@asynccontextmanager
async def receiver(host: str = "127.0.0.1") -> AsyncIterator[Local]:
    local = Local(host=host)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", local.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    local.port = runner.addresses[0][1]
    try:
        yield local
    finally:
        if local.silent:
            local.silent.set()
        await runner.cleanup()


class Liar(AbstractResolver):
    """Leads each lookup to the next of its answers; the last one stays."""

    def __init__(self, *answers: tuple[str, ...], port: int | None = None) -> None:
        self._answers = list(answers)
        self._port = port
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host, host=each, port=self._port or port,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST,
            )
            for each in found
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is kept."""
