"""HTTP as uvicorn speaks it, with a bound on what comes before the body.

For `aigcq api`, and for `uvicorn --http aigcq.api.protocol:BoundedHead app:app`. Without it, uvicorn keeps
whatever a client sends as headers, until the memory is full.
"""

from __future__ import annotations

import json
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES: Final = 64 * 1024
"""The address and the headers together; other servers allow 8 to 64 KiB."""

_PROBLEM: Final = json.dumps(
    {
        "type": "about:blank",
        "title": "Request Header Fields Too Large",
        "status": 431,
        "detail": f"The address and the headers are longer than {MAX_HEAD_BYTES} bytes.",
        "code": "head_too_large",
        "advice": "Send what is long in the body, and no headers that nobody reads.",
        "errors": [],
    }
).encode("ascii")
_TOO_LARGE: Final = b"\r\n".join(
    [
        b"HTTP/1.1 431 Request Header Fields Too Large",
        b"content-type: application/problem+json",
        b"content-length: %d" % len(_PROBLEM),
        b"connection: close",
        b"cache-control: no-store",
        b"x-content-type-options: nosniff",
        b"",
        _PROBLEM,
    ]
)


class HeadTooLarge(Exception):
    """Ends the parsing; it never leaves this file."""


class BoundedHead(HttpToolsProtocol):
    """Answers 431 and closes, once the address and the headers of a request are too long.

    The same bound holds for what may come in or behind a body and is none: chunk extensions and trailers.
    """

    _idle_bytes = 0
    """How many have arrived since the last head was complete, or the last piece of a body was there."""
    _useful = False
    """Whether the bytes that are being parsed completed anything."""
    _too_large = False

    def on_headers_complete(self) -> None:
        self._useful = True
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES:
            self._too_large = True
            raise HeadTooLarge
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._useful = True
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        self._useful = False
        super().data_received(data)
        self._idle_bytes = 0 if self._useful else self._idle_bytes + len(data)
        if self._idle_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._too_large = True
            self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        if not self._too_large:
            super().send_400_response(msg)
            return
        self.transport.write(_TOO_LARGE)
        self.transport.close()
