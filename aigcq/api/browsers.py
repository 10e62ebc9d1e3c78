"""What every answer tells a browser: what it may do with it, and whose pages may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq.config import Settings

Pairs = Sequence[tuple[bytes, bytes]]

_POLICY: Final = "Content-Security-Policy"
_COMMON: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    _POLICY: "default-src 'none'; frame-ancestors 'none'",
}
"""Answers are data, tell of tasks and keys, and are nobody's page: what differs says so itself."""
_HTTPS: Final = {"Strict-Transport-Security": "max-age=31536000"}
"""Without the domains below: those are not ours to speak for."""
_PAGE: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; "
    "script-src 'unsafe-inline' https://cdn.jsdelivr.net; style-src 'unsafe-inline' https://cdn.jsdelivr.net"
)
_PAGES: Final[Mapping[str, str]] = {
    "/docs": f"{_PAGE}; img-src data: https://fastapi.tiangolo.com",
    "/redoc": f"{_PAGE} https://fonts.googleapis.com; font-src https://fonts.gstatic.com; worker-src blob:; "
    "img-src data: https://fastapi.tiangolo.com https://cdn.redoc.ly",
}
"""The framework's pages of documentation, which load their parts from elsewhere and begin with a script of their own;
nothing that a client has sent is ever part of them."""
EMBEDDED: Final = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    _POLICY: "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
"""For videos and pictures, which pages of others show; and browsers, on a page that they make for the file alone."""
EXPOSED: Final = (
    "Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "ETag", "Idempotent-Replayed",
    "Location", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After", "openai-poll-after-ms",
    "x-request-id", "x-should-retry",
)  # fmt: skip
"""What a page of an allowed origin may read besides the body."""
PREFLIGHT_SECONDS: Final = 600


class Browsers:
    """Adds to every answer what it does not say itself, and lets pages of AIGCQ_CORS_ORIGINS ask and read.

    Outermost, for a browser must understand refusals as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._cors: CORSMiddleware | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings: Settings = scope["app"].state.settings
        path, https = scope["path"], scope["scheme"] == "https" or settings.public_url.startswith("https://")
        added = _added(path if path in _PAGES else "", https)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message["headers"]
                names = {name for name, _ in said}
                message = {**message, "headers": [*said, *[each for each in added if each[0] not in names]]}
            await send(message)

        await (self._shared(settings) if settings.cors_origins else self._app)(scope, receive, tell)

    def _shared(self, settings: Settings) -> ASGIApp:
        """Return the same with answers that other origins may read; made late, for the settings are read late.

        Never with credentials: a browser sends none by itself, for keys are not cookies.
        """
        if self._cors is None:
            self._cors = CORSMiddleware(
                self._app, settings.origins, allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED,
                max_age=PREFLIGHT_SECONDS,
            )  # fmt: skip
        return self._cors


@lru_cache(maxsize=2 * (len(_PAGES) + 1))
def _added(page: str, https: bool) -> Pairs:
    told = _COMMON | (_HTTPS if https else {}) | ({_POLICY: _PAGES[page]} if page else {})
    return [(name.lower().encode(), value.encode()) for name, value in told.items()]
