"""The shortest way to what is asked most.

Half of what such a request costs is the framework's finding out what to call, and with what, which is the same
each time. So what is as it should be is answered before the framework sees it. Whatever is not goes the framework's
way as if nothing had been tried, and so do the words for what is wrong with it, and the documentation.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq.api import native, problems
from aigcq.api.dependencies import base_of, store_of
from aigcq.api.orders import read_count
from aigcq.api.strict import parse
from aigcq.api.watched import note_route
from aigcq.errors import AigcqError
from aigcq.schemas import CreateTask

JSON: Final = b"application/json"


class _Answer(NamedTuple):
    """What a request that is as it should be is answered with."""

    body: BaseModel
    headers: dict[str, str] = {}

    async def send(self, send: Send) -> None:
        """Send it with the headers that the framework would give it."""
        body = self.body.model_dump_json().encode()
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        headers += [(b"content-length", b"%d" % len(body)), (b"content-type", JSON)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


Way = Callable[..., Awaitable[_Answer | None]]
"""Takes a request and what its path says; returns None, with nothing done, if it is not as it should be."""


async def _create(scope: Scope, kept: _Kept) -> _Answer | None:
    if _values(scope, b"content-type")[:1] != [JSON] or _values(scope, b"prefer"):
        return None
    try:
        body = CreateTask.model_validate(parse(await kept.body()))
    except (ValueError, ClientDisconnect):  # the framework names what is wrong with it
        return None
    key = native.read_key([value.decode("latin-1") for value in _values(scope, b"idempotency-key")])
    resend = read_count(b"".join(_values(scope, b"x-stainless-retry-count")).decode("latin-1"))
    state = scope["app"].state
    return _Answer(*await native.create(body, key, resend, store_of(scope), state.catalogue))


async def _status(scope: Scope, _: _Kept, task_id: str) -> _Answer | None:
    if _values(scope, b"prefer"):
        return None
    state = scope["app"].state
    return _Answer(await native.status(task_id, store_of(scope), state.measured, await base_of(scope)))


def _values(scope: Scope, name: bytes) -> list[bytes]:
    """Return what stands in a header, once for each time that it is given."""
    return [value for each, value in scope["headers"] if each == name]


WAYS: Final[Sequence[tuple[str, re.Pattern[str], Way, str]]] = (
    ("POST", re.compile("/aigc/create"), _create, "/aigc/create"),
    (
        "GET",
        re.compile("/aigc/status/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"),
        _status,
        "/aigc/status/{task_id}",
    ),
)
"""With the route as the document has it."""


class Direct:
    """Tries the direct way, if a request has one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for method, path, way, route in WAYS:
                if scope["method"] == method and (found := path.fullmatch(scope["path"])):
                    note_route(scope, route)
                    await self._try(way, found.groups(), scope, _Kept(receive), send)
                    return
        try:
            await self._app(scope, receive, send)
        finally:
            if led := scope.get("route"):
                note_route(scope, led.path)

    async def _try(self, way: Way, words: Sequence[str], scope: Scope, kept: _Kept, send: Send) -> None:
        try:
            answer = await way(scope, kept, *words)
        except Exception as error:
            problem = await problems.told(Request(scope), error)
            await problem(scope, kept.again, send)
            if not isinstance(error, AigcqError | HTTPException):
                raise  # a fault of ours: the server logs its traceback, as it does behind the framework
            return
        if answer:
            await answer.send(send)
        else:
            await self._app(scope, kept.again, send)


class _Kept:
    """What a client has sent, to be read once more."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []

    async def body(self) -> bytes:
        """Return the whole body.

        Raises:
            ClientDisconnect: it will not be whole.
        """
        while not self._messages or self._messages[-1].get("more_body"):
            self._messages.append(await self._receive())
        if self._messages[-1]["type"] == "http.disconnect":
            raise ClientDisconnect
        return b"".join([message.get("body", b"") for message in self._messages])

    async def again(self) -> Message:
        return self._messages.pop(0) if self._messages else await self._receive()
