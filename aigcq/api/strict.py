"""JSON that means one thing only, whoever reads it.

Python's parser is lenient where others are not: of two members with one name it takes the last, where a
gateway before us may have checked the first; and it guesses at UTF-16. It also has limits of its own, which
show as errors that tell a client nothing.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aigcq.errors import InvalidRequest
from aigcq.schemas import spelt

MAX_MEMBERS: Final = 100
"""Of one object: four times what a request can have. Each one that is wrong costs time to name."""
MAX_DIGITS: Final = 4000
"""Python reads no integer of more than 4300; what is longer is as good as infinite to every field."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictJson(APIRoute):
    """A route whose body is read by `parse`."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_Request(request.scope, request.receive))

        return strictly


class _Request(Request):
    async def json(self) -> Any:
        return parse(await self.body())


def parse(body: bytes) -> Any:
    """Return what `body` says.

    Raises:
        json.JSONDecodeError: it is not JSON.
        HTTPException: 400; it is not UTF-8 or too deep.
        InvalidRequest: an object has two members of one name, or too many.
    """
    try:
        text = body.removeprefix(BOM_UTF8).decode()  # Windows likes to write a mark before it
    except UnicodeDecodeError:
        raise HTTPException(400, "The body cannot be read: it must be JSON in UTF-8.") from None
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise HTTPException(400, "The body cannot be read: lists and objects in it are nested too deep.") from None


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members) > MAX_MEMBERS:
        raise InvalidRequest("body", f"No object may have more than {MAX_MEMBERS} members.")
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = spelt(next(name for name in names if names.count(name) > 1))
        raise InvalidRequest(twice, f"{twice} is given more than once.")
    return found


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer)
