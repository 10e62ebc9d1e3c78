"""How much of a request is taken in, and for how long: nobody may fill the memory or hold a place for ever."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq.api.problems import too_large
from aigcq.config import Settings

WITHOUT_A_BODY = ("GET", "HEAD")
"""Nobody reads the body of such a request, so it takes neither memory nor time of ours."""


def as_base64(size: int) -> int:
    """Return how long a file of `size` bytes is as a `data:` URL, with some room for what stands before it."""
    return (size + 2) // 3 * 4 + 1024


class Bounds:
    """Refuses a body that is too large before anything is done, and gives up on one that does not come.

    Not the framework's own limit: where a route does not read the body, that one refuses the request
    only after the route has done its work; and it must be known before the settings are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in WITHOUT_A_BODY:
            await self._app(scope, receive, send)
            return
        body = _Body(receive, scope["app"].state.settings, with_file=_with_file(scope))
        if body.too_large(_declared(scope)):
            await too_large(body.limit)(scope, receive, send)
        else:
            await self._app(scope, body.read, send)


def _with_file(scope: Scope) -> bool:
    """Whether the request may carry a picture, as a file or a `data:` URL: a form, and a prediction."""
    form = Headers(scope=scope).get("content-type", "").lower().startswith("multipart/form-data")
    path = str(scope["path"])
    return path.endswith("/predictions") or (form and path.startswith(("/v1/videos", "/v1/files")))


def _declared(scope: Scope) -> int:
    """Return the length that the request says it has; 0 if it says none."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length[:18]) if length.isdecimal() else 0  # the first 18 digits of a longer one are too many already


class _Body:
    """The body of one request as it arrives."""

    def __init__(self, receive: Receive, settings: Settings, *, with_file: bool) -> None:
        self._receive = receive
        self._most = settings.max_body_bytes + (as_base64(settings.max_upload_bytes) if with_file else 0)
        self._allowed_by = "AIGCQ_MAX_BODY_BYTES" + (" with AIGCQ_MAX_UPLOAD_BYTES as Base64" if with_file else "")
        self._settings = settings
        self._size = 0
        self._more = True
        self._deadline = asyncio.get_running_loop().time() + settings.body_seconds

    @property
    def limit(self) -> str:
        return f"The body is larger than {self._most} bytes, which {self._allowed_by} allows."

    def too_large(self, size: int) -> bool:
        return size > self._most

    async def read(self) -> Message:
        """Return the next part. What follows the body, the client's going away, may be waited for without end.

        Raises:
            HTTPException: 413 or 408.
        """
        if not self._more:
            return await self._receive()
        message = await self._next()
        self._more = bool(message.get("more_body", False))
        self._size += len(message.get("body", b""))
        if self.too_large(self._size):
            raise HTTPException(413, self.limit)
        return message

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            late = f"The body was not complete within the {self._settings.body_seconds:g} s of AIGCQ_BODY_SECONDS."
            raise HTTPException(408, late, {"Connection": "close"}) from None
