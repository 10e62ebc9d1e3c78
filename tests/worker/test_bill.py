"""What a task comes to in the ledger, by what became of it at the vendor. Its estimate is 2.1, of six seconds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigcq.errors import (
    VendorAccount,
    VendorDuplicate,
    VendorFailed,
    VendorNoVideo,
    VendorRejected,
    VendorTaskGone,
    VendorUnknown,
)
from aigcq.model import Status
from aigcq.prices import Estimate
from aigcq.store import Store
from tests.conftest import age, until
from tests.integration.steps import enqueue
from tests.worker.scripted import RUNNING, SUCCEEDED, VIDEO, Scripted, failed
from tests.worker.steps import ended, working

pytestmark = pytest.mark.asyncio

ESTIMATE = Estimate(amount=2_100_000, price="0.35", currency="CNY", least_seconds=5.0)


async def outcome(store: Store, vendor: Scripted) -> tuple[Status, int, int]:
    """Let a worker do one task; return how it ended, what is settled and what is still committed."""
    (task_id,) = await enqueue(store, estimate=ESTIMATE)
    async with working(store, vendor):
        view = await ended(store, task_id)
    return view.task.status, *await store.ledger.total("", store.connection.today)


@pytest.mark.parametrize(("seconds", "amount"), [(6, 2_100_000), (10, 3_500_000), (3, 1_750_000), (None, 2_100_000)])
async def test_a_video_comes_to_its_seconds_by_the_vendors_count_or_to_its_estimate(
    store: Store, vendor: Scripted, seconds: int | None, amount: int
) -> None:
    video = VIDEO | ({"output_seconds": seconds} if seconds else {})
    vendor.will("describe", replace(SUCCEEDED, video=video))

    assert await outcome(store, vendor) == (Status.COMPLETED, amount, 0)


async def test_what_is_refused_at_submission_is_free(store: Store, vendor: Scripted) -> None:
    vendor.will("submit", VendorRejected("no"))

    assert await outcome(store, vendor) == (Status.FAILED, 0, 0)


@pytest.mark.parametrize("verb", ["rejected", "failed"])
async def test_a_vendor_task_that_failed_is_free_unless_it_is_said_otherwise(
    store: Store, vendor: Scripted, verb: str
) -> None:
    vendor.will("describe", failed(VendorRejected("no") if verb == "rejected" else VendorFailed("no")))

    assert await outcome(store, vendor) == (Status.FAILED, 0, 0)


@pytest.mark.settings(failed_tasks_cost="charged", max_attempts=3)
async def test_or_each_of_its_attempts_counts_with_its_estimate(store: Store, vendor: Scripted) -> None:
    vendor.will("describe", failed(VendorFailed("no")))

    assert await outcome(store, vendor) == (Status.FAILED, 3 * 2_100_000, 0)


@pytest.mark.settings(max_attempts=1)
async def test_what_ended_well_without_a_file_is_taken_to_be_paid(store: Store, vendor: Scripted) -> None:
    vendor.will("describe", failed(VendorNoVideo("where is it")))

    assert await outcome(store, vendor) == (Status.FAILED, 2_100_000, 0)


@pytest.mark.settings(max_attempts=1)
async def test_a_submission_of_which_nobody_knows_counts_as_spent(store: Store, vendor: Scripted) -> None:
    vendor.will("submit", VendorUnknown("no answer"), VendorDuplicate("it is in"))  # and no list shows it

    status, settled, committed = await outcome(store, vendor)

    assert (status, settled, committed) == (Status.FAILED, 2_100_000, 0)


async def test_a_vendor_task_that_is_forgotten_counts_as_spent(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store, estimate=ESTIMATE)
    vendor.will("describe", RUNNING)

    async with working(store, vendor) as worker:
        await until(lambda: vendor.asked("describe"))
        vendor.will("describe", VendorTaskGone("unknown"))
        await age(store, 73 * 3600)
        await worker._gauge.measure()
        view = await ended(store, task_id)

    assert view.task.status is Status.FAILED
    assert await store.ledger.total("", store.connection.today) == (2_100_000, 0)


async def test_what_waits_while_the_account_is_closed_stays_committed(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store, estimate=ESTIMATE)
    vendor.will("submit", VendorAccount("no quota", vendor_code="LimitExceeded.Quota"))

    async with working(store, vendor):

        async def paused() -> bool:
            return bool((await store.control.overview()).paused) and (await store.tasks.get(task_id)).position == 1

        await until(paused)

    assert await store.ledger.total("", store.connection.today) == (0, 2_100_000)
