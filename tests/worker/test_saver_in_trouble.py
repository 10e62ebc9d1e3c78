"""What goes wrong with the copy of a video fails no task; and what was kept for long enough is deleted."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from aigcq.errors import StorageUnavailable
from aigcq.model import Event, Status
from aigcq.storage import Storage
from aigcq.store import Store
from aigcq.worker.saver import _Saving
from tests.conftest import age, until
from tests.integration.steps import claim, enqueue, submitted
from tests.worker.film import Host, Slow, film, hosting, status, whole
from tests.worker.scripted import Scripted
from tests.worker.steps import ended, working

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


@pytest.mark.settings(storage="videos", save_seconds=0.2)
async def test_a_video_that_cannot_be_kept_completes_with_the_vendors_address(
    store: Store, vendor: Scripted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)

    async def full(*_: Any) -> None:
        raise StorageUnavailable("No space left on device")

    monkeypatch.setattr(Storage, "put", full)

    async with working(store, vendor) as worker:
        view = await ended(store, task_id)
        await worker._live()

    assert view.task.status is Status.COMPLETED
    assert view.outcome == {"video_url": host.url, "stored": None}
    assert len(host.asked) > 1
    assert (await store.control.overview()).vendor["storage_full"] == "1"  # and whoever asks how it is, is told


@pytest.mark.settings(storage="videos", save_seconds=0.2)
async def test_even_a_fault_of_ours_does_not_fail_a_video_that_was_paid_for(
    store: Store, vendor: Scripted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)

    async def wrong(*_: Any) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(Storage, "put", wrong)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.outcome) == (Status.COMPLETED, {"video_url": host.url, "stored": None})


@pytest.mark.parametrize("code", [403, 404])
async def test_for_an_address_that_has_expired_the_vendor_is_asked_once_more(
    store: Store, vendor: Scripted, host: Host, code: int
) -> None:
    (task_id,) = await enqueue(store)
    fresh = host.url.replace("1.mp4", "fresh.mp4")
    vendor.will("describe", host.made(), host.made(fresh))
    host.will(status(code), whole)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert host.asked == ["/1.mp4", "/fresh.mp4"]
    assert view.outcome and view.outcome["video_url"] == fresh
    assert len(vendor.asked("describe")) == 2


async def test_an_address_that_stays_dead_is_asked_for_once(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)
    host.will(status(404), status(404), status(404), whole)

    async with working(store, vendor):
        await ended(store, task_id)

    assert len(host.asked) == 4
    assert len(vendor.asked("describe")) == 2


async def test_who_has_lost_the_lease_leaves_nothing_of_a_task_that_was_erased(
    store: Store, vendor: Scripted, host: Host
) -> None:
    (task_id,) = await enqueue(store)
    slow = Slow()
    host.will(slow)

    async with working(store, vendor):
        await slow.half.wait()
        await store.connection.client.zadd(store.connection.keys.leases, {task_id: 0})
        (successor,), _ = await store.leases.reclaim("other:1", 1)
        await store.deliveries.settle(successor, Event.SUCCEED, {"video_url": host.url})
        await store.tasks.erase(task_id)
        slow.on.set()
        await until(lambda: video(task_id).parent.exists() and not files())

    assert await store.files.get(task_id) is None


async def test_a_video_is_on_record_before_its_picture_is_drawn(
    store: Store, vendor: Scripted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    on_record: list[object] = []

    async def drawn(saving: _Saving, key: str) -> None:  # a decoder that dies takes the process with it
        on_record.append((await store.files.get(task_id) or {}).get("key"))

    monkeypatch.setattr(_Saving, "_thumbnail", drawn)

    async with working(store, vendor):
        await ended(store, task_id)

    assert on_record == [f"{task_id[:2]}/{task_id}.mp4"]


async def test_the_picture_is_on_record_too(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)

    async with working(store, vendor):
        await ended(store, task_id)

    found = await store.files.get(task_id)
    assert found and found["thumbnail"] == f"{task_id[:2]}/{task_id}.jpg"


@pytest.mark.parametrize("before", ["a worker died of it", "a worker kept it"])
async def test_no_picture_is_drawn_of_what_a_worker_may_have_died_of(
    store: Store, vendor: Scripted, host: Host, before: str
) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    delivery = await submitted(store, delivery, "vod-7")
    if before == "a worker kept it":  # and somebody has deleted it
        await store.files.keep(delivery, {"key": "x", "bytes": 3})
        await store.deliveries.hand_back(delivery)
    else:
        keys, client = store.connection.keys, store.connection.client
        await client.hset(keys.task(task_id), mapping={"deaths": 1, "unproven": 1})
        await client.zadd(keys.leases, {task_id: 0})

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.outcome and view.outcome["stored"]["thumbnail"] is None
    assert files() == [f"{task_id}.mp4"]


async def test_a_video_is_deleted_when_it_was_kept_for_long_enough(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)

    async with working(store, vendor) as worker:
        await ended(store, task_id)
        await worker._saver.clear()
        kept = files()
        await age(store, 31 * 86400)
        await worker._saver.clear()

    assert kept == [f"{task_id}.jpg", f"{task_id}.mp4"]
    assert files() == []
    assert await store.connection.client.zcard(store.connection.keys.stored) == 0


@pytest.mark.settings(storage="videos", storage_retention_seconds=0)
async def test_with_a_retention_of_0_nothing_is_deleted(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)

    async with working(store, vendor) as worker:
        await ended(store, task_id)
        await store.connection.client.zadd(store.connection.keys.stored, {task_id: 0})
        await worker._saver.clear()

    assert files() == [f"{task_id}.jpg", f"{task_id}.mp4"]
    assert await store.files.get(task_id)
    await store.files.forget(task_id)  # what has no end would be a leak elsewhere
