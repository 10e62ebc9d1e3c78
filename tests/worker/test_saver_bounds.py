"""A copy has an end: in time, in bytes, and in what one bad file may cost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from aigcq.store import Store
from aigcq.worker import saver
from tests.conftest import age
from tests.integration.steps import enqueue
from tests.worker.film import Host, Slow, chunked, hosting, whole
from tests.worker.scripted import Scripted
from tests.worker.steps import ended, working

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(storage="videos")]  # in the test's own folder


@pytest_asyncio.fixture
async def host(vendor: Scripted) -> AsyncIterator[Host]:
    async with hosting() as host:
        vendor.will("describe", host.made())
        yield host


def files() -> list[str]:
    """Return the names of all that is kept."""
    return sorted(path.name for path in Path("videos").rglob("*") if path.is_file())


def folder() -> str:
    return f"folder:{Path('videos').absolute()}"


@pytest.mark.settings(storage="videos", save_seconds=0.5)
async def test_a_copy_that_is_not_complete_in_time_is_given_up(store: Store, vendor: Scripted, host: Host) -> None:
    (task_id,) = await enqueue(store)
    slow = Slow()
    host.will(slow)

    async with working(store, vendor):
        view = await ended(store, task_id)
        slow.on.set()

    assert view.outcome == {"video_url": host.url, "stored": None}
    assert files() == []


async def test_one_try_takes_no_longer_than_is_sane_and_the_next_may_work(
    store: Store, vendor: Scripted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "LONGEST_COPY_SECONDS", 0.5)
    (task_id,) = await enqueue(store)
    slow = Slow()
    host.will(slow, whole)

    async with working(store, vendor):
        view = await ended(store, task_id)
        slow.on.set()

    assert view.outcome and view.outcome["stored"]
    assert files() == [f"{task_id}.jpg", f"{task_id}.mp4"]


@pytest.mark.settings(storage="videos", max_video_bytes=1024)
@pytest.mark.parametrize("answer", [Slow(), chunked], ids=["announced", "chunked"])
async def test_a_video_that_is_too_large_is_not_copied_and_not_asked_for_again(
    store: Store, vendor: Scripted, host: Host, answer: Any
) -> None:
    (task_id,) = await enqueue(store)
    host.will(answer)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.outcome == {"video_url": host.url, "stored": None}
    assert (files(), host.asked) == ([], ["/1.mp4"])


async def test_what_is_kept_in_another_storage_is_not_forgotten_and_keeps_nothing_else_from_being_deleted(
    store: Store, vendor: Scripted, host: Host
) -> None:
    first, second = [*await enqueue(store), *await enqueue(store)]
    keys, client = store.connection.keys, store.connection.client

    async with working(store, vendor) as worker:
        await ended(store, first)
        await ended(store, second)
        kept = await store.files.get(first)
        assert kept and kept["where"] == folder()
        await client.set(keys.file(first), json.dumps({**kept, "where": "s3://videos/made"}), keepttl=True)
        await age(store, 31 * 86400)
        await worker._saver.clear()

    assert files() == [f"{first}.jpg", f"{first}.mp4"]
    assert [await store.files.get(each) is not None for each in (first, second)] == [True, False]
    assert await store.files.outlived() == []
    await age(store, 86401)
    assert await store.files.outlived() == [first]
