"""What a worker does with a task that its predecessors have died of."""

from __future__ import annotations

import pytest

from aigcq.model import Status
from aigcq.store import Store
from tests.conftest import age
from tests.integration.steps import claim, enqueue, live, submitted, take_over
from tests.worker.scripted import SUCCEEDED, Scripted
from tests.worker.steps import ended, working

# A short lease: for one lease after a start of Redis nobody is taken for dead.
pytestmark = [pytest.mark.asyncio, pytest.mark.settings(lease_seconds=2)]

LEASE_OVER = 5


async def _dies(store: Store, times: int) -> None:
    """Let as many workers die with what they have just been given."""
    for number in range(times):
        await age(store, LEASE_OVER)
        if number < times - 1:
            await take_over(store)


async def test_a_task_that_killed_three_workers_fails_as_poisoned_and_is_never_sent(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    await claim(store)
    await _dies(store, 3)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "poisoned")
    assert view.outcome and "3 workers" in view.outcome["message"]
    assert vendor.asked("submit") == []
    assert await live(store) == 0


async def test_a_poisoned_task_that_may_have_been_sent_keeps_its_permit(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await store.deliveries.begin_submission(delivery)
    await _dies(store, 3)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.error_code == "poisoned"
    assert await live(store) == 1


async def test_what_is_paid_for_is_collected_however_many_have_died(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    vendor.will("describe", SUCCEEDED)
    await _dies(store, 4)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
