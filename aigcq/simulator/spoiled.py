"""Answers that are none: what a client meets when the network or a proxy is broken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from aigcq.simulator.faults import Fault

DROP: Final = "aigcq.simulator.drop"
"""Key in the scope of a function that closes the connection; see `app.Simulator`."""

_BAD_GATEWAY: Final = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"


class Dropped(Response):
    """The connection is closed without a byte of an answer."""

    def __init__(self, _: float = 0.0) -> None:
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[DROP]()
        # Until the server has noticed, it would take our return for a forgotten answer and send a 500.
        while (await receive())["type"] != "http.disconnect":
            pass


class Hanging(Dropped):
    """No answer until the client gives up; then, or after `seconds`, the connection is closed."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            await super().__call__(scope, receive, send)


class BadGateway(Response):
    """A proxy's 502 page."""

    def __init__(self, _: float) -> None:
        super().__init__(_BAD_GATEWAY, 502, media_type="text/html")


class BadJson(Response):
    """An answer cut off in the middle."""

    def __init__(self, _: float) -> None:
        super().__init__('{"Response":{"TaskId":"15000', headers={"Content-Type": "application/json"})


SPOILED_BEFORE: Final[Mapping[Fault, type[Response]]] = {
    Fault.REQUEST_LOST: Dropped,
    Fault.BAD_GATEWAY: BadGateway,
    Fault.BAD_JSON: BadJson,
    Fault.HANG: Hanging,
}
"""Faults that strike before anything is done."""

SPOILED_AFTER: Final[Mapping[Fault, type[Response]]] = {
    Fault.REPLY_LOST: Dropped,
    Fault.BAD_GATEWAY_AFTER: BadGateway,
    Fault.BAD_JSON_AFTER: BadJson,
    Fault.HANG_AFTER: Hanging,
}
"""Faults that strike when the request has been carried out."""
