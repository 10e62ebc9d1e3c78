"""How a vendor task ends, and what is settled."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.errors import VendorFailed, VendorNoVideo, VendorRejected, VendorTaskGone, VendorThrottled, VendorUnavailable
from aigcq.model import Cancelled, Status, session_id
from aigcq.store import Store
from tests.conftest import until
from tests.integration.steps import claim, enqueue, live, submitted, threshold
from tests.worker.scripted import ABORTED, RUNNING, SUCCEEDED, WAITING, Scripted, failed
from tests.worker.steps import Clock, ended, until_phase, working

pytestmark = pytest.mark.asyncio

FINAL = [
    (failed(VendorRejected("violence", vendor_code="Violation")), "vendor_rejected"),
    (failed(VendorNoVideo("no file")), "no_video"),
    (failed(None), "vendor_failed"),
    (failed(VendorFailed("broken")), "vendor_failed"),
    (ABORTED, "vendor_aborted"),
]


@pytest.mark.settings(max_attempts=1)
@pytest.mark.parametrize(("job", "code"), FINAL)
async def test_a_bad_end_fails_the_task_and_says_that_it_may_have_cost(
    store: Store, vendor: Scripted, job: Any, code: str
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING, job)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, code)
    assert view.outcome and view.outcome["billed"] == "unknown"
    assert len(vendor.asked("submit")) == 1
    assert await live(store) == 0


async def test_a_finish_without_a_file_is_never_made_again_by_itself(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", failed(VendorNoVideo("no file")))

    async with working(store, vendor):
        await ended(store, task_id)

    assert len(vendor.asked("submit")) == 1


@pytest.mark.settings(max_attempts=3)
async def test_a_passing_failure_is_a_new_attempt_as_often_as_allowed(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", failed(VendorFailed("broken")))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.tries) == (Status.FAILED, 2)
    assert vendor.asked("submit") == [session_id(task_id, attempt) for attempt in (1, 2, 3)]


@pytest.mark.settings(max_attempts=1, default_threshold=6)
async def test_a_vendor_task_that_ended_as_throttled_is_made_anew_and_counts_nothing(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", failed(VendorThrottled("over the concurrency")), SUCCEEDED)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.tries, view.task.attempt) == (Status.COMPLETED, 0, 2)
    assert await threshold(store) == 4


async def test_a_failed_look_is_never_a_failed_task(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", *[VendorUnavailable("502")] * 5, VendorTaskGone("what task"), RUNNING, SUCCEEDED)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert (view.task.fence, len(vendor.asked("submit"))) == (1, 1)


async def test_one_word_of_not_knowing_an_old_vendor_task_does_not_fail_it(store: Store, vendor: Scripted) -> None:
    clock = Clock()
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING)

    async with working(store, vendor, clock):
        await until(lambda: vendor.asked("describe"))
        clock.ahead_seconds = 3600
        looks = len(vendor.asked("describe"))
        vendor.will("describe", VendorTaskGone("what task"), RUNNING, VendorTaskGone("what task"), SUCCEEDED)
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert len(vendor.asked("describe")) >= looks + 4


async def test_a_vendor_task_that_stays_unknown_to_the_vendor_has_expired(store: Store, vendor: Scripted) -> None:
    clock = Clock()
    (task_id,) = await enqueue(store)
    vendor.will("describe", VendorTaskGone("what task"))

    async with working(store, vendor, clock):
        await until(lambda: len(vendor.asked("describe")) >= 3)
        assert (await store.tasks.get(task_id)).task.status is Status.PROCESSING
        clock.ahead_seconds = 61
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "expired")
    assert len(vendor.asked("submit")) == 1


async def test_progress_is_published(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING)

    async with working(store, vendor):

        async def half() -> bool:
            return (await store.tasks.get(task_id)).task.progress == 50

        assert await until(half)


@pytest.mark.settings(worker_poll_interval=3600)
async def test_the_first_look_at_a_resumed_vendor_task_is_at_once(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await store.deliveries.hand_back(await submitted(store, delivery, "vod-7"))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert vendor.calls == [("describe", "vod-7")]


async def test_a_cancel_before_sending_spends_nothing(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await store.tasks.cancel(task_id)
    await store.connection.client.zadd(store.connection.keys.leases, {task_id: 0})  # its worker could not

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.CANCELLED
    assert vendor.calls == []
    assert delivery.task.fence == 1


@pytest.mark.settings(lease_seconds=3)
async def test_renewals_bring_the_wish_to_cancel_and_what_waits_at_the_vendor_is_aborted(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", WAITING)

    async with working(store, vendor):
        await until_phase(store, task_id, "generating")
        assert await store.tasks.cancel(task_id) is Cancelled.REQUESTED
        await until(lambda: vendor.asked("abort"))
        vendor.will("describe", ABORTED)
        view = await ended(store, task_id)

    assert view.task.status is Status.CANCELLED


@pytest.mark.parametrize("answer", [False, VendorUnavailable("502")])
async def test_a_successor_knows_the_wish_to_cancel_and_what_runs_ends_as_the_vendor_decides(
    store: Store, vendor: Scripted, answer: Any
) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    await store.tasks.cancel(task_id)
    await store.deliveries.hand_back(delivery)
    vendor.will("describe", WAITING, SUCCEEDED)
    vendor.will("abort", answer)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert len(vendor.asked("abort")) == 1


@pytest.mark.parametrize("error", [VendorFailed("broken"), VendorThrottled("over the concurrency")])
async def test_what_would_be_tried_again_ends_if_a_cancel_was_requested(
    store: Store, vendor: Scripted, error: Any
) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    await store.tasks.cancel(task_id)
    await store.deliveries.hand_back(delivery)
    vendor.will("describe", failed(error))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.CANCELLED
    assert vendor.asked("submit") == []
