"""HEAD: what GET would answer, without the body. Load balancers and monitors ask like that."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ONLY_HEAD: Final = "aigcq.only_head"


def asked_by_head(scope: Scope) -> bool:
    """Whether a request that a GET route answers was a HEAD: what is large, or never ends, need not be read."""
    return bool(scope.get(ONLY_HEAD))


class Head:
    """Lets every GET route answer HEAD, which the framework leaves to each route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET", ONLY_HEAD: True}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def bodiless(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bodiless
