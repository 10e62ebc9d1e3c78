"""How many requests there are, how they end, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq import metrics, tracing
from aigcq.metrics.hot import Cell, Spread

SEEN: Final = "aigcq.seen"


@dataclass(slots=True)
class Seen:
    """What is known of a request once it has been answered."""

    route: str = "other"
    """As the document has it; what leads nowhere, or was refused before that was known, stays `other`."""
    status: int = 0
    seconds: float | None = None
    """Until the head of the answer; None: there was none."""


def note_route(scope: Scope, route: str) -> None:
    """Say which route a request has taken."""
    scope[SEEN].route = route


class Watched:
    """Counts, and traces where that is wanted. Outermost, so that refusals count too.

    A stream counts when it ends, and its time is that of its head.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parent = tracing.given(scope["headers"])
        if parent or tracing.active():
            with tracing.request(scope["method"], scope["path"], parent) as span:
                seen = await self._answer(scope, receive, send)
                if span:
                    span.route, span.status = seen.route, seen.status
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Seen:
        now = scope["app"].state.clock.monotonic
        began, seen = now(), Seen()
        scope[SEEN] = seen

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status, seen.seconds = message["status"], now() - began
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            requests, seconds = _instruments(seen.route, scope["method"], seen.status // 100)
            requests.inc()
            if seen.seconds is not None:
                seconds.observe(seen.seconds)
        return seen


@lru_cache(maxsize=2048)
def _instruments(route: str, method: str, hundreds: int) -> tuple[Cell, Spread]:
    status, method = f"{hundreds}xx" if hundreds else "none", metrics.method_of(method)
    return metrics.HTTP_REQUESTS.labels(route, method, status), metrics.HTTP_SECONDS.labels(route, method)
