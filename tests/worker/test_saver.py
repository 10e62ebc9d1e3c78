"""A finished video is copied before its task is completed, and nothing about that fails the task."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from aigcq.model import Status
from aigcq.store import Store
from tests.integration.steps import claim, enqueue, live, submitted
from tests.worker.film import Host, Slow, body, broken_off, film, hosting, status, whole
from tests.worker.scripted import Scripted
from tests.worker.steps import ended, until_phase, working

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(storage="videos")]  # in the test's own folder

FILM = film()
MD5 = hashlib.md5(FILM).hexdigest()


@pytest_asyncio.fixture
async def host(vendor: Scripted) -> AsyncIterator[Host]:
    async with hosting() as host:
        vendor.will("describe", host.made())
        yield host


def files() -> list[str]:
    """Return the names of all that is kept."""
    return sorted(path.name for path in Path("videos").rglob("*") if path.is_file())


def video(task_id: str) -> Path:
    return Path("videos", task_id[:2], f"{task_id}.mp4")


async def test_a_task_is_completed_once_its_video_is_kept(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert video(task_id).read_bytes() == FILM
    assert view.outcome == {
        "video_url": host.url,
        "stored": {
            "key": f"{task_id[:2]}/{task_id}.mp4",
            "bytes": len(FILM),
            "md5": MD5,
            "content_type": "video/mp4",
            "thumbnail": f"{task_id[:2]}/{task_id}.jpg",
        },
    }


async def test_the_first_frame_is_kept_as_a_picture(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)

    async with working(store, vendor):
        await ended(store, task_id)

    picture = Image.open(BytesIO(video(task_id).with_suffix(".jpg").read_bytes()))
    red, green, blue = picture.convert("RGB").getpixel((100, 100))  # type: ignore[misc]  # of RGB it is three
    assert (picture.format, picture.size) == ("JPEG", (320, 180))
    assert red > 150 and green < 60 and blue < 90


async def test_a_file_without_a_frame_is_kept_without_a_picture(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)
    host.will(body(b"no video at all"))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.outcome and view.outcome["stored"]["thumbnail"] is None
    assert files() == [f"{task_id}.mp4"]


@pytest.mark.parametrize(
    ("facts", "bad"),
    [
        ({}, broken_off),
        ({}, status(500)),
        ({}, body(b"")),
        ({"size": len(FILM)}, body(FILM[:-1])),
        ({"md5": MD5.upper()}, body(FILM[:-1] + b"x")),
        ({}, body(FILM[:-1], Content_MD5="1B2M2Y8AsgTpgAmY7PhCfg==")),
        ({}, body(FILM[:-1], ETag=f'"{MD5}"', x_cos_request_id="NjE")),
    ],
)
async def test_what_did_not_arrive_whole_is_fetched_again_and_never_seen(
    store: Store, vendor: Scripted, host: Host, facts: dict[str, Any], bad: Any
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", host.made(**facts))
    kept_then: list[str] = ["nothing was looked at"]

    async def at_last(request: Any) -> Any:
        kept_then[:] = files()
        return await whole(request)

    host.will(bad, bad, at_last)

    async with working(store, vendor):
        await ended(store, task_id)

    assert len(host.asked) == 3
    assert video(task_id).read_bytes() == FILM
    assert kept_then == []


async def test_an_etag_that_only_looks_like_an_md5_is_not_compared(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)
    host.will(body(FILM, ETag=f'"{"0" * 32}"'))

    async with working(store, vendor):
        await ended(store, task_id)

    assert len(host.asked) == 1


async def test_the_permit_is_back_before_the_video_is_copied(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)
    slow = Slow()
    host.will(slow)

    async with working(store, vendor):
        await slow.half.wait()
        assert await live(store) == 0
        assert (await store.tasks.get(task_id)).task.phase == "saving"
        slow.on.set()
        await ended(store, task_id)


@pytest.mark.settings(storage="videos", worker_concurrency=1)
async def test_a_copy_takes_no_room_from_the_next_task(store: Store, vendor: Scripted, host: Host) -> None:
    await enqueue(store)
    slow = Slow()
    host.will(slow, whole)

    async with working(store, vendor):
        await slow.half.wait()
        (second,) = await enqueue(store)
        await ended(store, second)
        slow.on.set()


@pytest.mark.settings(storage="videos", save_concurrency=1)
async def test_no_more_videos_are_copied_at_once_than_is_allowed(store: Store, vendor: Scripted, host: Host) -> None:
    first, second = [*await enqueue(store), *await enqueue(store)]
    slow = Slow()
    host.will(slow, whole)

    async with working(store, vendor):
        await slow.half.wait()
        await until_phase(store, first, "saving")
        await until_phase(store, second, "saving")
        assert len(host.asked) == 1
        slow.on.set()
        await ended(store, first)
        await ended(store, second)


async def test_a_stop_in_the_middle_hands_back_and_another_worker_ends_it(
    store: Store, vendor: Scripted, host: Host
) -> None:
    (task_id,) = await enqueue(store)
    slow = Slow()
    host.will(slow, whole)

    async with working(store, vendor):
        await slow.half.wait()
    left = await store.tasks.get(task_id)
    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (left.task.status, left.task.phase) == (Status.PROCESSING, "saving")
    assert (view.task.status, view.task.fence) == (Status.COMPLETED, 3)  # handing back counts
    assert len(vendor.asked("submit")) == 1
    assert files() == [f"{task_id}.jpg", f"{task_id}.mp4"]


async def test_what_a_dead_worker_has_kept_is_not_copied_again(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    delivery = await submitted(store, delivery, "vod-7")
    stored = {"key": f"{task_id[:2]}/{task_id}.mp4", "bytes": 3, "md5": "x", "content_type": "video/mp4"}
    video(task_id).parent.mkdir(parents=True)
    video(task_id).write_bytes(b"abc")
    await store.files.keep(delivery, stored)
    await store.deliveries.hand_back(delivery)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.outcome and view.outcome["stored"] == stored
    assert host.asked == []


async def test_what_a_killed_worker_had_half_written_is_cleared_away(
    store: Store, vendor: Scripted, host: Host
) -> None:
    (task_id,) = await enqueue(store)
    video(task_id).parent.mkdir(parents=True)
    video(task_id).with_name(f"{task_id}.mp4#1").write_bytes(b"half")

    async with working(store, vendor):
        await ended(store, task_id)

    assert files() == [f"{task_id}.jpg", f"{task_id}.mp4"]
