"""The shortest way through the routes that are called most.

Most of what such a request costs is the framework's finding out what to give the route, which is the same each time.
So what is as it should be is answered directly. Whatever is not goes the framework's way as if nothing had
been tried, and so do the words for what is wrong with it, and the documentation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from aigcq.api.strict import Handler, StrictJson, StrictRequest

Direct = Callable[[Request], Awaitable[Response | None]]
"""Answers a request that is as it should be; None, and nothing done, for any other."""

_DIRECT: dict[Callable[..., Any], Direct] = {}


def directly(direct: Direct) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let `direct` be tried before the decorated endpoint."""

    def remember(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        _DIRECT[endpoint] = direct
        return endpoint

    return remember


class DirectRoute(StrictJson):
    """A route that may have a direct way."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        direct = _DIRECT.get(self.endpoint)
        if direct is None:
            return handle

        async def answer(request: Request) -> Response:
            request = StrictRequest(request.scope, request.receive)  # it keeps the body for the other way
            return await direct(request) or await handle(request)

        return answer


def put(response: Response, answer: BaseModel) -> Response:
    """Let `answer` be the body of `response`."""
    response.body = answer.model_dump_json().encode()
    response.headers["content-length"] = str(len(response.body))
    return response
