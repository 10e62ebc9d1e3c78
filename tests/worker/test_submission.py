"""What the vendor says of a submission, and what becomes of the task."""

from __future__ import annotations

import pytest

from aigcq import errors
from aigcq.errors import (
    VendorDuplicate,
    VendorFailed,
    VendorRejected,
    VendorTaskGone,
    VendorThrottled,
    VendorUnavailable,
    VendorUnknown,
)
from aigcq.model import Status, session_id
from aigcq.store import Store
from tests.conftest import age, until
from tests.integration.steps import claim, enqueue, live, record, threshold
from tests.worker.scripted import Scripted
from tests.worker.steps import Clock, ended, put_back, working

pytestmark = pytest.mark.asyncio

UNKNOWN = VendorUnknown("no answer")
LATER_REFUSALS = [
    VendorRejected("no such prompt"),
    VendorFailed("try later"),
    VendorTaskGone("what task"),
    VendorThrottled("too many"),
    VendorUnavailable("no connection"),
    errors.VendorAccount("no money", vendor_code="AuthFailure"),
]
ids = {"ids": lambda error: type(error).__name__}


async def test_what_is_accepted_becomes_a_video_paid_for_once(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.outcome) == (Status.COMPLETED, {"video_url": "https://v/1.mp4"})
    assert vendor.asked("submit") == [session_id(task_id, 1)]
    assert await live(store) == 0


async def test_what_is_rejected_fails_at_once_and_cost_nothing(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", VendorRejected("no such prompt", vendor_code="InvalidParameter"))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code, view.task.attempt) == (Status.FAILED, "vendor_rejected", 1)
    assert view.outcome
    assert (view.outcome["billed"], view.outcome["vendor_code"]) == ("no", "InvalidParameter")
    assert len(vendor.asked("submit")) == 1
    assert await live(store) == 0


@pytest.mark.settings(max_attempts=3)
async def test_a_passing_refusal_is_tried_again_with_the_same_session_as_often_as_allowed(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", VendorFailed("try later"))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code, view.task.tries) == (Status.FAILED, "vendor_failed", 2)
    assert vendor.asked("submit") == [session_id(task_id, 1)] * 3
    assert view.outcome and view.outcome["billed"] == "no"


@pytest.mark.settings(refused_burns_session=True)
async def test_a_vendor_that_keeps_the_sessions_of_refused_requests_gets_a_new_one(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", VendorFailed("try later"), VendorThrottled("too many"), "vod-1")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert vendor.asked("submit") == [session_id(task_id, attempt) for attempt in (1, 2, 3)]


@pytest.mark.settings(max_attempts=1, default_threshold=6, threshold_decrease=1)
async def test_throttling_fails_nobody_however_often_and_lowers_the_threshold(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", *[VendorThrottled("too many")] * 5, "vod-1")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.tries, view.task.attempt) == (Status.COMPLETED, 0, 1)
    assert vendor.asked("submit") == [session_id(task_id, 1)] * 6
    assert await threshold(store) == 2


@pytest.mark.settings(rate_limit_action="fail")
async def test_throttling_fails_the_task_where_the_operator_wants_that(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", VendorThrottled("too many"))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "vendor_throttled")
    assert await threshold(store) == 10


async def test_an_unreachable_vendor_keeps_the_tasks_place_and_counts_nothing(store: Store, vendor: Scripted) -> None:
    first, second = await enqueue(store, 2)
    vendor.will("submit", VendorUnavailable("no connection"))

    async with working(store, vendor):
        await put_back(store, first)
        await put_back(store, second)
    views = [await store.tasks.get(task_id) for task_id in (first, second)]

    assert [view.position for view in views] == [1, 2]
    assert [(view.task.attempt, view.task.tries) for view in views] == [(1, 0)] * 2
    assert await live(store) == 0


async def test_an_unknown_outcome_is_sent_again_with_the_same_session(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", UNKNOWN, UNKNOWN, "vod-1")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.vendor_task_id) == (Status.COMPLETED, "vod-1")
    assert vendor.asked("submit") == [session_id(task_id, 1)] * 3


async def test_a_session_that_is_in_already_is_looked_up_and_not_made_again(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", UNKNOWN, VendorDuplicate("session"))
    vendor.will("find", VendorUnavailable("busy"), "vod-9")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.vendor_task_id) == (Status.COMPLETED, "vod-9")
    assert len(vendor.asked("submit")) == 2


@pytest.mark.parametrize("refusal", LATER_REFUSALS, **ids)
async def test_a_later_refusal_does_not_end_an_unknown_outcome(
    store: Store, vendor: Scripted, refusal: errors.VendorError
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", UNKNOWN, refusal, VendorDuplicate("session"))
    vendor.will("find", "vod-1")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.vendor_task_id, view.task.attempt) == (Status.COMPLETED, "vod-1", 1)
    assert set(vendor.asked("submit")) == {session_id(task_id, 1)}


async def test_a_vendor_task_that_was_found_after_a_refusal_is_not_asked_for_again(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", UNKNOWN, VendorRejected("the prompt"))
    vendor.will("find", "vod-1")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.vendor_task_id) == (Status.COMPLETED, "vod-1")
    assert (len(vendor.asked("submit")), len(vendor.asked("find"))) == (2, 1)


@pytest.mark.settings(refused_burns_session=True)
@pytest.mark.parametrize("refusal", LATER_REFUSALS[:4], **ids)
async def test_whatever_a_search_meets_it_never_makes_a_second_vendor_task(
    store: Store, vendor: Scripted, refusal: errors.VendorError
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", UNKNOWN, VendorDuplicate("session"))
    vendor.will("find", refusal, "vod-1")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.vendor_task_id) == (Status.COMPLETED, "vod-1")
    assert set(vendor.asked("submit")) == {session_id(task_id, 1)}


async def test_what_cannot_be_found_is_left_to_a_person_and_keeps_its_permit(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", UNKNOWN, VendorDuplicate("session"))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "submission_unknown")
    assert view.outcome and view.outcome["billed"] == "unknown"
    assert await live(store) == 1


async def test_a_session_that_only_refusals_met_and_is_in_all_the_same_is_given_up_for_a_new_one(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", VendorThrottled("too many"), VendorDuplicate("session"), "vod-2")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.attempt) == (Status.COMPLETED, 2)
    assert vendor.asked("submit") == [session_id(task_id, attempt) for attempt in (1, 1, 2)]


async def test_a_session_that_the_vendor_may_have_forgotten_is_searched_and_never_sent_again(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await store.deliveries.begin_submission(delivery)
    await store.deliveries.hand_back(delivery)
    await age(store, 61 * 3600)
    vendor.will("find", "vod-1")

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.vendor_task_id) == (Status.COMPLETED, "vod-1")
    assert vendor.asked("submit") == []


async def test_a_worker_whose_clock_is_slow_still_searches_where_the_vendor_task_is(
    store: Store, vendor: Scripted
) -> None:
    clock = Clock()
    clock.off_seconds = -3600
    (task_id,) = await enqueue(store)
    vendor.will("submit", UNKNOWN, VendorDuplicate("session"))
    vendor.will("find", "vod-1")

    async with working(store, vendor, clock):
        await ended(store, task_id)
    after, before = vendor.window
    sent = int((await record(store, task_id))["sent_ms"]) / 1000

    assert after < sent < before


@pytest.mark.settings(create_rate=0.001, create_burst=1)
async def test_a_second_send_waits_for_a_token_and_a_first_one_was_paid_by_the_claim(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", UNKNOWN)

    async with working(store, vendor):
        await until(lambda: vendor.asked("submit"))

        async def ambiguous() -> bool:
            return (await store.tasks.get(task_id)).task.ambiguous

        await until(ambiguous)

    assert len(vendor.asked("submit")) == 1
