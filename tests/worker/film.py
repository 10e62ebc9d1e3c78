"""A file host as a vendor's, for the worker's tests: it serves one real video, and fails as it is told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cache
from io import BytesIO
from typing import Any

import av
from aiohttp import web
from PIL import Image

from aigcq.vendors.base import Job, JobStatus

Answer = Callable[[web.Request], Any]


@cache
def film(seconds: int = 1) -> bytes:
    """Return a small MP4."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("h264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(10 * seconds):
            picture = Image.new("RGB", (320, 180), (200, 20 * number % 255, 40))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    return file.getvalue()


class Host:
    """Answers each request as it is told, the last way for good."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/1.mp4"
        self.asked: list[str] = []
        self._script: deque[Answer] = deque([whole])

    def will(self, *answers: Answer) -> None:
        self._script = deque(answers)

    def made(self, url: str = "", **facts: Any) -> Job:
        """Return the vendor task that has made the video."""
        return Job(status=JobStatus.SUCCEEDED, progress=100, video={"video_url": url or self.url, **facts})

    async def answer(self, request: web.Request) -> Any:
        self.asked.append(request.path)
        answer = self._script.popleft() if len(self._script) > 1 else self._script[0]
        return await answer(request)


async def whole(request: web.Request) -> web.Response:
    return web.Response(body=film(), content_type="video/mp4")


def status(code: int) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=code)

    return answer


def body(content: bytes, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=content, headers=named, content_type="video/mp4")

    return answer


async def chunked(request: web.Request) -> web.StreamResponse:
    """Send the whole file and announce no size."""
    response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(film())
    return response


async def broken_off(request: web.Request) -> web.StreamResponse:
    """Announce the whole file, send half of it, hang up."""
    response = web.StreamResponse(headers={"Content-Length": str(len(film())), "Content-Type": "video/mp4"})
    await response.prepare(request)
    await response.write(film()[: len(film()) // 2])
    assert request.transport
    request.transport.close()
    return response


class Slow:
    """Sends the first half, and the second once it may."""

    def __init__(self) -> None:
        self.half = asyncio.Event()
        self.on = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(film())), "Content-Type": "video/mp4"})
        await response.prepare(request)
        await response.write(film()[:1000])
        self.half.set()
        await self.on.wait()
        await response.write(film()[1000:])
        return response


@asynccontextmanager
async def hosting() -> AsyncIterator[Host]:
    """Run a host on a port of its own."""
    app = web.Application()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    host = Host("")
    app.router.add_get("/{name}", host.answer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (address,) = runner.addresses
    host.url = f"http://127.0.0.1:{address[1]}/1.mp4"
    try:
        yield host
    finally:
        await runner.cleanup()


def left_over(names: Iterable[str]) -> list[str]:
    """Return what is half written."""
    return [name for name in names if "#" in name]
