"""A folder and a bucket keep files alike: whole or not at all."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx2
import pytest
from moto.server import ThreadedMotoServer

from aigcq.config import Settings
from aigcq.errors import ConfigurationError, StorageUnavailable
from aigcq.storage import Storage, open_storage, refuse_unshared, thumbnail, thumbnail_key, video_key
from aigcq.storage.thumbnail import first_frame
from tests.worker.film import film

TASK = "550e8400-e29b-41d4-a716-446655440000"
KEY = video_key(TASK)
CONTENT = bytes(range(256)) * 1024


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    """The settings of a bucket in an S3 in this process."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    account = {"aws_access_key_id": "AKID", "aws_secret_access_key": "key"}
    s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **account)
    s3.create_bucket(Bucket="videos")
    yield {
        "storage": "s3://videos/made/here/",
        "storage_endpoint": url,
        "storage_access_key_id": "AKID",
        "storage_secret_access_key": "key",
    }
    s3.close()
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    own = {"storage": str(tmp_path / "kept")} if request.param == "folder" else request.getfixturevalue("bucket")
    opened = open_storage(Settings(**own))
    assert opened
    return opened


async def _pieces(*pieces: bytes, then: Exception | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if then:
        raise then


def _read(storage: Storage, key: str) -> bytes:
    with storage.open(key) as file:
        return bytes(file.read())


@pytest.mark.asyncio
async def test_what_is_put_is_there(storage: Storage) -> None:
    await storage.put(KEY, _pieces(CONTENT, b"end"), "video/mp4")
    await storage.put(thumbnail_key(TASK), b"picture", "image/jpeg")

    assert await storage.size(KEY) == len(CONTENT) + 3
    assert await asyncio.to_thread(_read, storage, KEY) == CONTENT + b"end"
    assert await asyncio.to_thread(_read, storage, thumbnail_key(TASK)) == b"picture"


@pytest.mark.asyncio
async def test_what_breaks_off_is_not_there_and_leaves_what_was(storage: Storage) -> None:
    await storage.put(KEY, b"before", "video/mp4")

    with pytest.raises(ZeroDivisionError):
        await storage.put(KEY, _pieces(*[CONTENT] * 40, then=ZeroDivisionError()), "video/mp4")

    assert await asyncio.to_thread(_read, storage, KEY) == b"before"
    if path := storage.path(KEY):
        assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.asyncio
async def test_what_is_deleted_is_gone_and_may_be_deleted_again(storage: Storage) -> None:
    await storage.put(KEY, b"video", "video/mp4")

    await storage.delete(KEY, thumbnail_key(TASK))
    await storage.delete(KEY)

    assert await storage.size(KEY) is None


@pytest.mark.asyncio
async def test_what_a_killed_process_left_is_deleted_with_the_file(tmp_path: Path) -> None:
    storage = open_storage(Settings(storage=str(tmp_path)))
    assert storage
    await storage.put(KEY, b"video", "video/mp4")
    half = tmp_path / f"{KEY}#1"
    half.write_bytes(b"half")

    await storage.delete(KEY)

    assert not half.exists()


@pytest.mark.asyncio
async def test_a_file_and_the_new_folder_that_it_is_in_outlive_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.readlink(f"/proc/self/fd/{handle}")))
    storage = open_storage(Settings(storage=str(tmp_path)))
    assert storage

    await storage.put(KEY, b"video", "video/mp4")

    assert flushed == [str(tmp_path / KEY), str(tmp_path / KEY[:2]), str(tmp_path)]


@pytest.mark.asyncio
async def test_what_a_folder_refuses_is_an_error_of_the_storage_in_one_line(tmp_path: Path) -> None:
    storage = open_storage(Settings(storage=str(tmp_path)))
    assert storage
    (tmp_path / KEY[:2]).write_text("a file where a folder must be")

    with pytest.raises(StorageUnavailable) as caught:
        await storage.put(KEY, _pieces(b"video"), "video/mp4")

    assert re.fullmatch(r"The storage refuses: .*directory.*", caught.value.why)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.asyncio
async def test_a_bucket_that_does_not_answer_is_an_error_of_the_storage_without_a_secret() -> None:
    settings = Settings(
        storage="s3://videos",
        storage_endpoint="http://127.0.0.1:1",
        storage_access_key_id="AKID",
        storage_secret_access_key="secret-word",
    )
    storage = open_storage(settings)
    assert storage

    with pytest.raises(StorageUnavailable) as caught:
        await storage.size(KEY)

    assert "secret-word" not in caught.value.why
    assert "\n" not in caught.value.why


@pytest.mark.asyncio
async def test_a_link_to_a_bucket_needs_no_key_and_says_what_the_file_is(bucket: dict[str, Any]) -> None:
    storage = open_storage(Settings(**bucket))
    assert storage
    await storage.put(KEY, CONTENT, "video/mp4")

    link = await storage.link(KEY, "GET", 600)
    answer = httpx2.get(link, headers={"Range": "bytes=0-9"}, trust_env=False)

    assert "/videos/made/here/55/" in link and "X-Amz-Expires=600" in link
    assert (answer.status_code, answer.content) == (206, CONTENT[:10])
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"] == f'inline; filename="{TASK}.mp4"'
    assert answer.headers["cache-control"] == "private"


@pytest.mark.asyncio
async def test_cos_has_the_bucket_in_the_hosts_name() -> None:
    settings = Settings(
        storage="s3://videos-1250000000/made",
        storage_endpoint="https://cos.ap-guangzhou.myqcloud.com",
        storage_region="ap-guangzhou",
        storage_virtual_hosted=True,
        storage_access_key_id="AKID",
        storage_secret_access_key="key",
    )
    storage = open_storage(settings)
    assert storage

    link = await storage.link(KEY, "GET", 600)

    assert link.startswith(f"https://videos-1250000000.cos.ap-guangzhou.myqcloud.com/made/{KEY}?")
    assert "ap-guangzhou%2Fs3%2Faws4_request" in link


def test_a_storage_says_which_it_is_and_nothing_secret(bucket: dict[str, Any], tmp_path: Path) -> None:
    folder, s3, plain = (
        open_storage(Settings(**own))
        for own in ({"storage": str(tmp_path)}, bucket, bucket | {"storage": "s3://videos"})
    )

    assert folder and s3 and plain
    assert [folder.where, s3.where, plain.where] == [f"folder:{tmp_path}", "s3://videos/made/here", "s3://videos/"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "x", f"{TASK}/..", f"{TASK}#1"])
def test_a_key_is_made_of_the_id_of_a_task_only(name: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        video_key(name)


def test_storage_can_be_turned_off() -> None:
    assert open_storage(Settings(storage="OFF")) is None


def test_the_default_is_a_folder_with_the_data(tmp_path: Path) -> None:
    storage = open_storage(Settings(data_dir=tmp_path))

    assert storage and storage.path(KEY) == tmp_path / "videos" / KEY


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ({"storage": "ftp://videos"}, "AIGCQ_STORAGE must be"),
        ({"storage": "s3://"}, "AIGCQ_STORAGE must be"),
        ({"storage": "/proc/version/videos"}, "AIGCQ_STORAGE: /proc/version/videos cannot be used"),
        ({"storage": "s3://videos", "storage_endpoint": "cos.example.com"}, "AIGCQ_STORAGE_ENDPOINT must be"),
        ({"storage": "s3://videos", "storage_endpoint": "https://a:b@cos.example.com"}, "AIGCQ_STORAGE_ENDPOINT"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(own: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(named)):
        open_storage(Settings(**own))


ELSEWHERE = [
    "redis://:secret@10.0.0.7:6379/0",
    "rediss://redis:6379",
    "redis+sentinel://:x@127.0.0.1:26379,10.0.0.8:26379/main/0",
]
HERE = [
    "unix:///tmp/redis.sock",
    "redis://localhost:6379/0",
    "redis://:secret@127.0.0.1/0",
    "redis://[::1]:6379",
    "redis+cluster://127.0.0.1:6379,localhost:6380",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_folder_that_other_hosts_may_not_see_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"AIGCQ_STORAGE_SHARED=true.*s3://.*AIGCQ_STORAGE=off") as caught:
        refuse_unshared(Settings(), url)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("own", "urls"),
    [
        ({}, HERE),
        ({"storage_shared": True}, ELSEWHERE),
        ({"storage": "s3://videos"}, ELSEWHERE),
        ({"storage": "off"}, ELSEWHERE),
    ],
)
def test_a_folder_that_all_see_and_a_bucket_are_taken(own: dict[str, Any], urls: list[str]) -> None:
    for url in urls:
        refuse_unshared(Settings(**own), url)


def test_what_is_no_video_has_no_frame() -> None:
    with pytest.raises(Exception, match="Invalid data"):
        first_frame(BytesIO(f"no video {uuid4()}".encode()))


def test_no_frame_is_decoded_that_is_larger_than_any_video(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its container says: what is set on the decoder counts."""
    assert first_frame(BytesIO(film()))
    monkeypatch.setattr(thumbnail, "MAX_PIXELS", 100)
    monkeypatch.setattr(thumbnail, "_said", lambda stream: 1)

    with pytest.raises(Exception, match=r"Invalid|argument"):
        first_frame(BytesIO(film()))
