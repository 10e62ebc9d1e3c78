"""A video is there whole, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from aigcq.client import DownloadFailed, NotFound, Task, TaskFailed, WaitTimeout
from tests.client.conftest import ID, URL, Body, Face, completed, task

BROKEN = httpx2.ReadError("the connection broke")
ELSEWHERE = "http://cdn.test/f/1.mp4?sign=s3cr3t"


@dataclass
class Host:
    """A host of files that serves ranges, and breaks off as often as it is told to."""

    video: bytes = bytes(range(256)) * 4
    etag: str = '"v1"'
    breaks_after: list[int] = field(default_factory=list)
    ranges: bool = True
    asked: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        begin = self._begin(request) if self.ranges else 0
        part = self.video[begin:]
        headers = {"content-length": str(len(part)), "content-type": "video/mp4"} | (
            {"etag": self.etag} if self.etag else {}
        )
        if begin:
            headers["content-range"] = f"bytes {begin}-{len(self.video) - 1}/{len(self.video)}"
        sent = part[: self.breaks_after.pop(0)] if self.breaks_after else part
        body = Body(sent, breaks=BROKEN if len(sent) < len(part) else None)
        return httpx2.Response(206 if begin else 200, headers=headers, stream=body, request=request)

    def _begin(self, request: httpx2.Request) -> int:
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        return int(wanted[1]) if wanted and request.headers.get("if-range") == self.etag else 0

    def ranges_asked(self) -> list[str | None]:
        return [request.headers.get("range") for request in self.asked]


def _video(url: str = ELSEWHERE) -> Task:
    return Task.read({"task_id": ID, "status": "completed", "result": {"video_url": url}})


def _fetch(face: Face, host: Callable[[httpx2.Request], Any], path: Any = "v.mp4", **options: Any) -> Path:
    fetched: Path = face.use(lambda client: client.download(_video(), path), host, **options)
    return fetched


def test_a_video_is_there_whole_and_nothing_beside_it(face: Face, tmp_path: Path) -> None:
    host = Host()

    path = _fetch(face, host)

    assert path.read_bytes() == host.video
    assert [each.name for each in tmp_path.iterdir()] == ["v.mp4"]


def test_into_a_folder_it_goes_under_the_name_of_its_task(face: Face, tmp_path: Path) -> None:
    assert _fetch(face, Host(), None).name == f"{ID}.mp4"
    assert _fetch(face, Host(), tmp_path) == tmp_path / f"{ID}.mp4"


def test_a_connection_that_breaks_goes_on_where_it_broke(face: Face) -> None:
    host = Host(breaks_after=[100, 300])

    assert _fetch(face, host).read_bytes() == host.video
    assert host.ranges_asked() == [None, "bytes=100-", "bytes=400-"]


def test_a_file_that_has_changed_meanwhile_is_begun_anew(face: Face) -> None:
    host = Host(breaks_after=[100])

    def change(request: httpx2.Request) -> httpx2.Response:
        answer = host(request)
        host.video, host.etag = b"another" * 50, '"v2"'
        return answer

    assert _fetch(face, change).read_bytes() == b"another" * 50


@pytest.mark.parametrize(
    "host", [Host(ranges=False), Host(etag=""), Host(etag='W/"v1"')], ids=["whole", "none", "weak"]
)
def test_what_cannot_go_on_in_the_middle_is_begun_anew(face: Face, host: Host) -> None:
    host.breaks_after, host.asked = [100], []

    assert _fetch(face, host).read_bytes() == host.video
    assert len(host.asked) == 2


def test_a_later_call_goes_on_where_the_one_before_gave_up(face: Face, tmp_path: Path) -> None:
    host = Host(breaks_after=[100, 0, 0])
    with pytest.raises(DownloadFailed, match="100 bytes are there"):
        _fetch(face, host, retries=1)
    assert not (tmp_path / "v.mp4").exists()
    host.breaks_after, host.asked = [], []

    path = _fetch(face, host)

    assert path.read_bytes() == host.video
    assert host.ranges_asked() == [None, "bytes=100-"]
    assert [each.name for each in tmp_path.iterdir()] == ["v.mp4"]


def test_fewer_bytes_than_were_promised_are_no_video(face: Face, tmp_path: Path) -> None:
    def short(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-length": "9"}, stream=Body(b"1234"), request=request)

    with pytest.raises(DownloadFailed, match="4 bytes of 9"):
        _fetch(face, short)

    assert not (tmp_path / "v.mp4").exists()


def test_a_video_that_is_gone_is_an_error_and_leaves_nothing(face: Face, tmp_path: Path) -> None:
    with pytest.raises(NotFound) as told:
        _fetch(face, lambda request: httpx2.Response(404, text="gone", request=request))

    assert "s3cr3t" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_redirects_are_followed_and_strangers_are_not_told_the_key(face: Face) -> None:
    host = Host()

    def serve(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "aigcq.test":
            return httpx2.Response(307, headers={"location": ELSEWHERE}, request=request)
        return host(request)

    face.use(lambda client: client.download(_video("/aigc/videos/1"), "v.mp4"), serve, api_key="k-1")

    assert [(each.url.host, each.headers.get("authorization")) for each in face.asked] == [
        ("aigcq.test", "Bearer k-1"),
        ("cdn.test", None),
    ]


def test_the_address_of_a_stranger_is_not_told_the_key(face: Face) -> None:
    _fetch(face, Host(), api_key="k-1")

    assert "authorization" not in face.asked[0].headers


def test_a_task_is_named_by_its_id_too(face: Face) -> None:
    host = Host()

    face.use(lambda client: client.download(ID, "v.mp4"), completed(), host)

    assert [str(each.url) for each in face.asked] == [f"{URL}/aigc/status/{ID}", f"{URL}/v/1.mp4"]


def test_what_has_no_video_cannot_be_fetched(face: Face) -> None:
    with pytest.raises(WaitTimeout):
        face.use(lambda client: client.download(ID), task("processing"))
    with pytest.raises(TaskFailed):
        face.use(lambda client: client.download(ID), task("failed"))
