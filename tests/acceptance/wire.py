"""HTTP byte by byte: what no client library would send."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

JSON = b"Content-Type: application/json\r\n"


@dataclass(frozen=True)
class Answer:
    """What came back; status 0: the connection was closed without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json", self
        return dict(json.loads(self.body))

    @property
    def fields(self) -> list[str]:
        return [error["field"] for error in self.problem["errors"]]


def send(url: str, *parts: bytes, hang_up: bool = False) -> Answer:
    """Send `parts`, then hang up or read the answer; a server may refuse before it has read everything."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return Answer(0, {}, b"") if hang_up else _answer(connection)


def send_when_asked(url: str, head: bytes, body: bytes) -> Answer:
    """Send the body only once the server asks for it, so that it cannot come together with the head."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(head)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        return _answer(connection)


def _answer(connection: socket.socket) -> Answer:
    response = HTTPResponse(connection)
    try:
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
    except (ConnectionError, ValueError):
        return Answer(0, {}, b"")


def request(method: bytes, path: bytes, headers: bytes = b"", body: bytes | None = None) -> bytes:
    length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
    return method + b" " + path + b" HTTP/1.1\r\nHost: aigcq\r\n" + headers + length + b"\r\n" + (body or b"")


def create(body: bytes, headers: bytes = JSON) -> bytes:
    return request(b"POST", b"/aigc/create", headers, body)


def chunked(chunks: Iterable[bytes]) -> bytes:
    """A request to create whose body has no length, and no end unless a chunk is empty."""
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return request(b"POST", b"/aigc/create", JSON + b"Transfer-Encoding: chunked\r\n") + framed
