"""A picture that came with a request: it reaches the vendor with every submission, or the task fails and says why."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.api.orders import order
from aigcq.catalogue import load
from aigcq.errors import VendorFailed
from aigcq.model import Status
from aigcq.request import StoredRequest, VideoRequest
from aigcq.store import Store
from aigcq.vendors.vod_request import create_body
from tests.conftest import age
from tests.integration.steps import NOBODY_KNOWS, claim
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


async def with_picture(store: Store) -> str:
    """Enqueue a task whose first frame came with the request."""
    request = load().resolve(StoredRequest(prompt="a fox", model_name="Hailuo", model_version="2.3", upload=DIGEST))
    new = order(request, client={"face": "test"})
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
