"""Does the steps of an operation: one driver that blocks, one for an event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any, TypeVar

import anyio.to_thread
import httpx2

from aigcq.client.steps import Call, Nap, NextChunk, NextEvent, Open, Shut, Step, Steps, Tell, Work
from aigcq.client.waits import anap, nap

T = TypeVar("T")


class Driver:
    """Does the steps of one operation over `http`, and closes at its end what it has opened."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self._response: httpx2.Response | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._events: Iterator[httpx2.ServerSentEvent] = iter(())

    def told(self, steps: Steps[T]) -> Generator[Any, None, T]:
        """Yield what an operation tells; return its result."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Tell):
                    yield step.item
                    step = next(steps)
                    continue
                try:
                    reply = self._do(step)
                except Exception as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            self._shut()
            steps.close()

    def _do(self, step: Step) -> Any:
        match step:
            case Open():
                return self._open(step)
            case Call():
                return self._http.send(request_of(self._http, step))
            case NextChunk():
                return next(self._chunks, b"")
            case NextEvent():
                return next(self._events, None)
            case Shut():
                self._shut()
            case Nap(seconds):
                nap(seconds)
            case Work(what):
                return what()
        return None

    def _open(self, step: Open) -> httpx2.Response:
        self._shut()
        response = self._http.send(request_of(self._http, step), stream=True, follow_redirects=True)
        self._response = response
        if response.status_code >= 400:
            response.read()
        # as they come: chunks of one size would keep back what has come of the next one, when the connection breaks
        self._chunks, self._events = response.iter_bytes(), iter(httpx2.EventSource(response))
        return response

    def _shut(self) -> None:
        if self._response:
            self._response.close()
        self._response, self._chunks, self._events = None, iter(()), iter(())


async def _nothing() -> AsyncGenerator[Any, None]:
    return
    yield


class AsyncDriver:
    """The same in an event loop; what takes long on a disk is done in a thread."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._response: httpx2.Response | None = None
        self._chunks: AsyncIterator[bytes] = _nothing()
        self._events: AsyncIterator[httpx2.ServerSentEvent] = _nothing()

    async def told(self, steps: Steps[T], results: list[T]) -> AsyncGenerator[Any, None]:
        """Yield what an operation tells; put its result into `results`, for a generator of this kind returns none."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Tell):
                    yield step.item
                    step = next(steps)
                    continue
                try:
                    reply = await self._do(step)
                except Exception as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(reply)
        except StopIteration as end:
            results.append(end.value)
        finally:
            steps.close()
            await self._shut()

    async def _do(self, step: Step) -> Any:
        match step:
            case Open():
                return await self._open(step)
            case Call():
                return await self._http.send(request_of(self._http, step))
            case NextChunk():
                return await anext(self._chunks, b"")
            case NextEvent():
                return await anext(self._events, None)
            case Shut():
                await self._shut()
            case Nap(seconds):
                await anap(seconds)
            case Work(what):
                return await anyio.to_thread.run_sync(what)
        return None

    async def _open(self, step: Open) -> httpx2.Response:
        await self._shut()
        response = await self._http.send(request_of(self._http, step), stream=True, follow_redirects=True)
        self._response = response
        if response.status_code >= 400:
            await response.aread()
        self._chunks, self._events = response.aiter_bytes(), aiter(httpx2.EventSource(response))
        return response

    async def _shut(self) -> None:
        response, self._response = self._response, None
        if response:
            with anyio.CancelScope(shield=True):
                await response.aclose()


def request_of(http: httpx2.Client | httpx2.AsyncClient, step: Call) -> httpx2.Request:
    """Return the request that a step wants sent."""
    return http.build_request(
        step.method,
        step.url,
        json=step.json,
        headers=dict(step.headers),
        params=dict(step.params) or None,
        timeout=step.timeout_seconds,
    )
