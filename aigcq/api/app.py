"""The HTTP API as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from aigcq import __version__, catalogue, config, prices, telemetry
from aigcq.accounts import open_accounts
from aigcq.api import (
    audit,
    batch,
    console,
    dead,
    events,
    health,
    history,
    keys,
    limit,
    metrics,
    native,
    operating,
    problems,
    rights,
    spend,
    tasks,
    tenants,
    videos,
    webhooks,
)
from aigcq.api.bounds import Bounds
from aigcq.api.browsers import Browsers
from aigcq.api.direct import Direct
from aigcq.api.gate import Gate
from aigcq.api.head import Head
from aigcq.api.keyring import keyring_of
from aigcq.api.openai import routes as openai
from aigcq.api.openai.envelope import Envelope
from aigcq.api.openai.names import Names
from aigcq.api.rate import Rate
from aigcq.api.replicate import routes as replicate
from aigcq.api.replicate.errors import Errors
from aigcq.api.together import Rooms
from aigcq.api.watched import Watched
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.embedded import redis_url, shown
from aigcq.outbound.guard import allowed_by
from aigcq.storage import open_storage, refuse_unshared

DESCRIPTION = """
One call that always works in front of Tencent Cloud VOD's AIGC video generation:
`POST /aigc/create` answers at once with a task id and its place in the queue,
`GET /aigc/status/{task_id}` ends in a video.
"""


class Api(FastAPI):
    """The framework's application behind what is ours, so that the direct way pays for none of its layers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self._front(scope, receive, send)

    @cached_property
    def _front(self) -> ASGIApp:
        return Watched(Browsers(Head(Envelope(Errors(Gate(Rate(Bounds(Direct(super().__call__)))))))))

    def openapi(self) -> dict[str, Any]:
        """Return the document, with what each operation takes; it is made once."""
        return self.openapi_schema or rights.documented(super().openapi())


ROOMS: Final = (
    native,
    batch,
    tasks,
    events,
    videos,
    webhooks,
    spend,
    openai,
    replicate,
    keys,
    tenants,
    operating,
    limit,
    dead,
    audit,
    history,
    health,
    metrics,
)
"""In the order in which the documentation shows them."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the API; its settings are read and its connections opened when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.settings = settings or config.read()
        clock = app.state.clock = SystemClock()
        app.state.catalogue = catalogue.load()
        allowed_by(app.state.settings.webhook_allow)  # what cannot be read is told now
        prices.load(app.state.settings.prices)
        app.state.names = Names(app.state.catalogue, app.state.settings.aliases)
        telemetry.configure(app.state.settings, "api")
        log = telemetry.logger()
        with redis_url(app.state.settings, log.warning) as url:
            refuse_unshared(app.state.settings, url)
            app.state.storage = open_storage(app.state.settings)
            async with open_accounts(app.state.settings, url, clock) as accounts:
                rooms = Rooms.of(accounts, app.state.settings, clock, app.state.storage)
                store = app.state.store = rooms.store
                app.state.measured, app.state.streams, app.state.scrape = rooms.measured, rooms.streams, rooms.scrape
                app.state.keyring = await keyring_of(store, app.state.settings, clock)
                async with asyncio.TaskGroup() as group:
                    reader = group.create_task(rooms.run())
                    log.info("api started", queue=app.state.settings.queue, redis=shown(url))
                    yield
                    rooms.close()
                    reader.cancel()
                    log.info("api stopped")

    app = Api(
        title="aigcq",
        summary="A queue in front of Tencent Cloud VOD's AIGC video generation",
        description=DESCRIPTION,
        version=__version__,
        lifespan=lifespan,
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    problems.install(app)
    for room in ROOMS:
        app.include_router(room.router)
    app.include_router(console.router)
    return app
