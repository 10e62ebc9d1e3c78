"""The tools over streamable HTTP, where each caller is who its own key says.

The server has no key: what a caller shows as `Authorization: Bearer …` is what the service is shown, request by
request. It is the service that knows keys, so it is asked, and its 401 is passed on before anything of the protocol.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from http import HTTPStatus

import uvicorn
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from aigcq.client import AigcqError, AsyncClient
from aigcq.client.errors import NotAllowed
from aigcq.mcp.server import bearer, server

PROBLEM = "application/problem+json"


def http_app(client: AsyncClient, host: str = "127.0.0.1") -> ASGIApp:
    """Return the tools at `/mcp`; `client` must have no key of its own, and `host` is where the app will listen."""
    made = server(lambda: nullcontext(client))
    return Door(made.streamable_http_app(host=host), client)


async def serve(service: str, host: str, port: int) -> None:
    """Serve the tools until the process is told to stop."""
    async with AsyncClient(service, api_key="", trust_env=False) as client:
        config = uvicorn.Config(http_app(client, host), host=host, port=port, log_level="warning")
        await uvicorn.Server(config).serve()


class Door:
    """Lets in whose key the service takes; others get the service's own 401."""

    def __init__(self, app: ASGIApp, client: AsyncClient) -> None:
        self._app = app
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refused := await self._refused(Headers(scope=scope))):
            said = {"title": "Unauthorized", "status": 401, "detail": refused.detail, "code": refused.code}
            told = JSONResponse(
                said | {"advice": refused.advice}, 401, {"WWW-Authenticate": "Bearer"}, media_type=PROBLEM
            )
            await told(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _refused(self, headers: Headers) -> NotAllowed | None:
        if "mcp-session-id" in headers:
            return None  # it was let in; of what it does from here on, the service is asked each time as it is
        with suppress(AigcqError):  # whatever else is wrong, a tool says in words that the model reads
            try:
                await self._client.with_key(bearer(headers)).queue()
            except NotAllowed as error:
                return error if error.status == HTTPStatus.UNAUTHORIZED else None
        return None
