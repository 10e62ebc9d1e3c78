"""A picture that came with a request: it reaches the vendor with every submission, or the task fails and says why."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.api.orders import order
from aigcq.catalogue import load
from aigcq.errors import UploadsFull, VendorFailed
from aigcq.model import Status
from aigcq.request import StoredRequest, VideoRequest
from aigcq.store import Store
from aigcq.vendors.vod_request import create_body
from tests.conftest import age
from tests.integration.steps import NOBODY_KNOWS, claim, complete, submitted
from tests.worker.scripted import Scripted
from tests.worker.steps import ended, working

pytestmark = pytest.mark.asyncio

PICTURE = "iVBORw0KGgo="
DIGEST = "0" * 64


class Sent(Scripted):
    """Remembers what each submission holds."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[dict[str, Any]] = []

    async def submit(self, request: VideoRequest, **terms: Any) -> str:  # type: ignore[override]  # the same
        self.bodies.append(create_body(request, sub_app_id=1, session_id="s", session_context="c"))
        return await super().submit(request, **terms)


@pytest.fixture
def vendor() -> Sent:
    return Sent()


async def with_picture(store: Store, **terms: Any) -> str:
    """Enqueue a task whose first frame came with the request."""
    request = load().resolve(StoredRequest(prompt="a fox", model_name="Hailuo", model_version="2.3", upload=DIGEST))
    new = order(request, store.connection.settings, client={"face": "test"}, **terms)
    await store.uploads.put(new.id, PICTURE)
    return (await store.tasks.enqueue(new)).task.id


async def test_every_submission_carries_the_picture(store: Store, vendor: Sent) -> None:
    task_id = await with_picture(store)
    vendor.will("submit", VendorFailed("later"), "vod-1")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    picture = {"Type": "Base64", "Base64": PICTURE, "Category": "Image", "Usage": "FirstFrame"}
    assert [body["FileInfos"] for body in vendor.bodies] == [[picture], [picture]]


async def test_the_picture_is_not_on_record_with_the_request(store: Store, vendor: Sent) -> None:
    task_id = await with_picture(store)

    view = await store.tasks.get(task_id)

    assert view.request["upload"] == DIGEST
    assert PICTURE not in str(view)


async def test_without_the_picture_the_task_fails_and_nothing_is_sent(store: Store, vendor: Sent) -> None:
    task_id = await with_picture(store)
    await store.uploads.drop(task_id)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "picture_gone")
    assert view.outcome
    assert view.outcome["billed"] == "no"
    assert vendor.bodies == []


@pytest.mark.settings(upload_seconds=100)
async def test_a_picture_without_a_task_does_not_stay(store: Store, vendor: Sent) -> None:
    await store.uploads.put("nobody", PICTURE)
    assert await store.uploads.get("nobody") == PICTURE

    await age(store, 101)

    assert await store.uploads.get("nobody") is None


async def test_what_may_have_been_sent_is_looked_for_when_the_picture_is_gone(store: Store, vendor: Sent) -> None:
    task_id = await with_picture(store)
    (delivery,) = await claim(store)
    await store.deliveries.begin_submission(delivery)
    await store.deliveries.hand_back(delivery)
    await store.uploads.drop(task_id)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.error_code == NOBODY_KNOWS
    assert vendor.asked("find")
    assert vendor.bodies == []


async def settled(store: Store) -> str:
    task_id = await with_picture(store)
    (delivery,) = await claim(store)
    await complete(store, await submitted(store, delivery))
    return task_id


async def cancelled(store: Store) -> str:
    task_id = await with_picture(store)
    await store.tasks.cancel(task_id)
    return task_id


async def expired(store: Store) -> str:
    now_ms = (await store.control.overview()).now_ms
    task_id = await with_picture(store, start_by_ms=now_ms + 1000)
    await age(store, 2)
    assert await store.upkeep.expire() == 1
    return task_id


ENDS = pytest.mark.parametrize("end", [settled, cancelled, expired])


@ENDS
async def test_a_picture_stays_an_hour_longer_than_its_task_runs(store: Store, end: Any) -> None:
    task_id = await end(store)

    await age(store, 3500)
    assert await store.uploads.get(task_id) == PICTURE
    await age(store, 101)
    assert await store.uploads.get(task_id) is None


@ENDS
@pytest.mark.settings(upload_seconds=100)
async def test_the_end_of_a_task_prolongs_no_picture(store: Store, end: Any) -> None:
    task_id = await end(store)

    await age(store, 101)

    assert await store.uploads.get(task_id) is None


@pytest.mark.settings(max_uploads=2)
async def test_no_more_pictures_wait_than_are_allowed(store: Store) -> None:
    waiting = [await with_picture(store) for _ in range(2)]
    await age(store, 2 * 3600)

    with pytest.raises(UploadsFull):
        await store.uploads.put("one-too-many", PICTURE)

    assert await store.uploads.get("one-too-many") is None
    assert [await store.uploads.get(task_id) for task_id in waiting] == [PICTURE, PICTURE]


@pytest.mark.settings(max_uploads=1)
async def test_a_picture_that_is_put_again_is_the_same_one(store: Store) -> None:
    for _ in range(2):
        await store.uploads.put("a", PICTURE)

    assert await store.uploads.get("a") == PICTURE


@pytest.mark.settings(max_uploads=1)
async def test_what_is_gone_takes_no_room(store: Store) -> None:
    await store.uploads.put("a", PICTURE)
    await store.uploads.drop("a")

    await store.uploads.put("b", PICTURE)

    assert await store.uploads.get("b") == PICTURE


@ENDS
@pytest.mark.settings(max_uploads=1)
async def test_the_picture_of_an_ended_task_gives_way(store: Store, end: Any) -> None:
    ended_id = await end(store)

    task_id = await with_picture(store)

    assert await store.uploads.get(ended_id) is None
    assert await store.uploads.get(task_id) == PICTURE


@pytest.mark.settings(max_uploads=2)
async def test_only_as_many_give_way_as_must(store: Store) -> None:
    ended_ids = [await cancelled(store) for _ in range(2)]

    await with_picture(store)

    assert len([task_id for task_id in ended_ids if await store.uploads.get(task_id)]) == 1


@pytest.mark.settings(max_uploads=1)
async def test_a_picture_without_a_task_gives_way_after_an_hour(store: Store) -> None:
    await store.uploads.put("file", PICTURE)
    await age(store, 3500)
    with pytest.raises(UploadsFull):
        await with_picture(store)

    await age(store, 101)
    await with_picture(store)

    assert await store.uploads.get("file") is None
