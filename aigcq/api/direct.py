"""The shortest way to what is asked most.

Half of what such a request costs is the framework's finding out what to call, and with what, which is the same
each time. So what is as it should be is answered before the framework sees it. Whatever is not goes the framework's
way as if nothing had been tried, and so do the words for what is wrong with it, and the documentation.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq.api import native, problems
from aigcq.api.strict import parse
from aigcq.errors import AigcqError
from aigcq.schemas import CreateTask

JSON: Final = "application/json"

Way = Callable[..., Awaitable[Response | None]]
"""Takes a request and what its path says; returns None, with nothing done, if it is not as it should be."""


async def _create(request: Request) -> Response | None:
    if request.headers.get("content-type") != JSON:
        return None
    try:
        body = CreateTask.model_validate(parse(await request.body()))
    except (ValueError, ClientDisconnect):  # the framework names what is wrong with it
        return None
    key = native.checked_key(request, request.headers.get("idempotency-key", ""))
    state = request.app.state
    answer, headers = await native.create(body, key, state.store, state.catalogue)
    return Response(answer.model_dump_json(), headers=headers, media_type=JSON)


async def _status(request: Request, task_id: str) -> Response:
    answer = await native.status(task_id, request.app.state.store)
    return Response(answer.model_dump_json(), media_type=JSON)


WAYS: Final[Sequence[tuple[str, re.Pattern[str], Way]]] = (
    ("POST", re.compile("/aigc/create"), _create),
    ("GET", re.compile("/aigc/status/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"), _status),
)


class Direct:
    """Tries the direct way, if a request has one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for method, path, way in WAYS:
                if scope["method"] == method and (found := path.fullmatch(scope["path"])):
                    await self._try(way, found.groups(), scope, _Kept(receive), send)
                    return
        await self._app(scope, receive, send)

    async def _try(self, way: Way, words: Sequence[str], scope: Scope, kept: _Kept, send: Send) -> None:
        request = Request(scope, kept.receive)
        try:
            response = await way(request, *words)
        except (AigcqError, HTTPException) as error:
            response = await problems.told(request, error)
        if response:
            await response(scope, kept.receive, send)
        else:
            await self._app(scope, kept.again, send)


class _Kept:
    """What a client has sent, to be read once more."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []

    async def receive(self) -> Message:
        message = await self._receive()
        self._messages.append(message)
        return message

    async def again(self) -> Message:
        return self._messages.pop(0) if self._messages else await self._receive()
