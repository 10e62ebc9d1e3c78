"""The videos that FileUrl points to: real, seekable, and gone when the vendor's would be."""

from __future__ import annotations

import io
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import av
import pytest
import pytest_asyncio

from aigcq.simulator import SimulatorSettings, server
from aigcq.simulator.describe import path_of
from aigcq.simulator.task import Task
from aigcq.simulator.vendor import Vendor

pytestmark = pytest.mark.asyncio

SETTINGS = SimulatorSettings(latency=(0, 0), concurrency=9)
SHORT = {"Prompt": "one second", "ModelName": "Vidu", "ModelVersion": "q3-pro", "OutputConfig": {"Duration": 1}}


class Host:
    """A running simulator, asked for files by HTTP and for tasks behind its back."""

    def __init__(self, vendor: Vendor, base: str, http: aiohttp.ClientSession) -> None:
        self.vendor = vendor
        self.base = base
        self.http = http

    def task(self, **params: Any) -> Task:
        request = {"SubAppId": 1, "ModelName": "Hailuo", "ModelVersion": "2.3", "Prompt": "一个小男孩在街上跑步"}
        return self.vendor.create(SETTINGS.secret_id, request | params, frozenset())

    def url(self, task: Task) -> str:
        return self.base + path_of(task)

    async def status(self, url: str) -> int:
        async with self.http.head(url) as answer:
            return answer.status


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Vendor, str]]:
    simulator = server(SETTINGS, "127.0.0.1", 0)
    thread = threading.Thread(target=simulator.run)
    thread.start()
    while not simulator.started:
        thread.join(0.01)
    port = simulator.servers[0].sockets[0].getsockname()[1]
    yield simulator.config.app.state.vendor, f"http://127.0.0.1:{port}"
    simulator.should_exit = True
    thread.join()


@pytest_asyncio.fixture
async def host(running: tuple[Vendor, str]) -> AsyncIterator[Host]:
    vendor, base = running
    vendor.reset()
    async with aiohttp.ClientSession() as http:
        yield Host(vendor, base, http)


async def test_a_video_is_downloaded_whole_or_in_parts(host: Host) -> None:
    url = host.url(host.task(**SHORT))

    async with host.http.get(url) as whole, host.http.head(url) as head:
        data = await whole.read()
    async with host.http.get(url, headers={"Range": "bytes=100-199"}) as part:
        middle = await part.read()

    assert (whole.status, whole.headers["Content-Type"], whole.headers["Accept-Ranges"]) == (200, "video/mp4", "bytes")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(data)))
    assert head.headers["ETag"] == whole.headers["ETag"] == part.headers["ETag"]
    assert (part.status, part.headers["Content-Range"]) == (206, f"bytes 100-199/{len(data)}")
    assert middle == data[100:200]


async def test_a_video_plays_for_as_long_as_was_asked(host: Host) -> None:
    url = host.url(host.task(OutputConfig={"Duration": 6, "Resolution": "768P"}))

    async with host.http.get(url) as answer:
        data = await answer.read()

    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(video=0))
        assert (container.duration or 0) / av.time_base == pytest.approx(6.042, abs=0.001)
    assert (len(frames), frames[0].width, frames[0].height) == (72, 640, 360)


async def test_a_video_is_gone_after_seven_days_unless_it_is_permanent(host: Host) -> None:
    kept = host.task(**SHORT | {"OutputConfig": {"Duration": 1, "StorageMode": "Permanent"}})
    urls = [host.url(host.task(**SHORT)), host.url(kept)]

    host.vendor.advance(7 * 86_400 - 60)
    before = [await host.status(url) for url in urls]
    host.vendor.advance(60)

    assert before == [200, 200]
    assert [await host.status(url) for url in urls] == [404, 200]


async def test_no_video_is_served_before_its_task_has_finished_or_under_another_path(host: Host) -> None:
    directory, token = path_of(host.task(**SHORT)).split("/")[1:3]
    host.vendor.change(host.vendor.settings.changed({"latency": [9, 9]}))
    live = host.task(**SHORT)
    failed = host.task(**SHORT | {"Prompt": "a nude fox"})

    paths = [
        path_of(live),
        path_of(failed),
        f"/elsewhere/{token}/aigcVideoGenFile.mp4",
        f"/{directory}/x/aigcVideoGenFile.mp4",
    ]

    assert [await host.status(host.base + path) for path in paths] == [404] * 4


async def test_videos_beyond_the_cache_are_made_again_when_asked_for(host: Host) -> None:
    host.vendor.change(host.vendor.settings.changed({"video_cache_bytes": 0, "video_longest_side": 64}))
    urls = [host.url(host.task(**SHORT | {"Prompt": prompt})) for prompt in ("a", "b")]

    assert [await host.status(url) for url in (*urls, *urls)] == [200] * 4
