"""What every answer tells a browser: what it may do with it, and whose pages may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_NAMES: Final = frozenset(name.lower().encode() for name in (*_COMMON, *_HTTPS))
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

    Outermost, for a browser must understand refusals as well. Every request passes here: what the settings say is
    worked out once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._way: ASGIApp | None = None
        self._https = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        way = self._way or self._found(scope["app"].state.settings)
        added = _ADDED[self._https or scope["scheme"] == "https"]
        pairs = added.get(scope["path"]) or added[""]

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message["headers"]
                names = [name for name, _ in said]
                new = pairs if _NAMES.isdisjoint(names) else [each for each in pairs if each[0] not in names]
                message["headers"] = [*said, *new]
            await send(message)

        await way(scope, receive, tell)

    def _found(self, settings: Settings) -> ASGIApp:
        """Return the way that requests go; found late, for the settings are read late.

        Never with credentials: a browser sends none by itself, for keys are not cookies.
        """
        self._https = settings.public_url.startswith("https://")
        self._way = self._app
        if settings.cors_origins:
            self._way = CORSMiddleware(
                self._app, settings.origins, allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED,
                max_age=PREFLIGHT_SECONDS,
            )  # fmt: skip
        return self._way


def _pairs(page: str, *, https: bool) -> Pairs:
    told = _COMMON | (_HTTPS if https else {}) | ({_POLICY: _PAGES[page]} if page else {})
    return [(name.lower().encode(), value.encode()) for name, value in told.items()]


_ADDED: Final = {https: {page: _pairs(page, https=https) for page in ("", *_PAGES)} for https in (False, True)}
"""What is added, by whether it is to be reached by HTTPS alone, and by page."""
