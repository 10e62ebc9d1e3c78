"""A client whose service is written down, and whose time passes when it waits; each test tries both faces."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest

from aigcq.client import AsyncClient, Client, driver
from tests.api.conftest import service

URL = "http://aigcq.test"
ID = "0a0a0a0a-0000-4000-8000-00000000000f"

Answer = httpx2.Response | Exception
Handler = Callable[[httpx2.Request], Answer]


class Body(httpx2.ByteStream):
    """Chunks as they come, and what breaks behind them."""

    def __init__(self, *chunks: bytes, breaks: Exception | None = None) -> None:
        super().__init__(b"")
        self._chunks, self._breaks = chunks, breaks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._breaks:
            raise self._breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


@dataclass
class Face:
    """One of the two clients, as tests use both of them."""

    asynchronous: bool
    asked: list[httpx2.Request] = field(default_factory=list)
    naps: list[float] = field(default_factory=list)
    now: float = 1000.0

    def use(self, what: Callable[[Any], Any], *answers: Answer | Handler, **options: Any) -> Any:
        """Return what comes of `what(client)`; the service gives its answers in order, the last one for ever."""
        left = list(answers)

        def answer(request: httpx2.Request) -> httpx2.Response:
            self.asked.append(request)
            given = left.pop(0) if len(left) > 1 else left[0]
            given = given if isinstance(given, httpx2.Response | Exception) else given(request)
            if isinstance(given, Exception):
                raise given
            return given

        return self.over(httpx2.MockTransport(answer), what, **options)

    def over(self, transport: Any, what: Callable[[Any], Any], **options: Any) -> Any:
        """The same over a transport."""
        options = {"base_url": URL, **options}
        if self.asynchronous:
            return asyncio.run(self._use(AsyncClient(transport=transport, **options), what))
        with Client(transport=transport, **options) as client:
            self._steady(client)
            result = what(client)
            return list(result) if isinstance(result, Iterator) else result

    async def _use(self, opened: AsyncClient, what: Callable[[Any], Any]) -> Any:
        async with opened as client:
            self._steady(client)
            result = what(client)
            return [each async for each in result] if isinstance(result, AsyncIterator) else await result

    def _steady(self, client: Client | AsyncClient) -> None:
        """Draw the longest wait every time, and see no time but the test's own."""
        client._do = replace(client._do, wire=replace(client._do.wire, draw=lambda: 1.0), monotonic=lambda: self.now)

    def nap(self, seconds: float) -> None:
        assert len(self.naps) < 1000, "it waits for ever"
        self.naps.append(seconds)
        self.now += seconds

    async def anap(self, seconds: float) -> None:
        self.nap(seconds)


@pytest.fixture(params=["blocking", "asynchronous"])
def face(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Face:
    """Each of the two clients in turn."""
    face = Face(request.param == "asynchronous")
    monkeypatch.setattr(driver, "nap", face.nap)
    monkeypatch.setattr(driver, "anap", face.anap)
    return face


def ok(body: Mapping[str, Any], **headers: str) -> Handler:
    """An answer, made anew each time."""
    return lambda request: httpx2.Response(200, json=dict(body), headers=headers, request=request)


def task(status: str = "queued", **fields: Any) -> Handler:
    """A task as the service shows it."""
    return ok({"task_id": ID, "status": status, **fields})


def problem(status: int, code: str, headers: Mapping[str, str] | None = None, **fields: Any) -> Handler:
    """A refusal."""
    body = {"type": "about:blank", "title": code, "status": status, "detail": f"It is {code}.", "code": code, **fields}
    return lambda request: httpx2.Response(
        status,
        content=json.dumps(body),
        headers={"content-type": "application/problem+json", **(headers or {})},
        request=request,
    )


def completed(**fields: Any) -> Handler:
    return task("completed", result={"video_url": f"{URL}/v/1.mp4"}, progress=100, **fields)


__all__ = ["service"]
