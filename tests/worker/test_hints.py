"""The vendor's events of what has ended: each reaches whoever drives it, and nothing depends on them."""

from __future__ import annotations

import pytest

from aigcq.config import Settings
from aigcq.errors import VendorUnavailable
from aigcq.model import Delivery, Status, Task
from aigcq.store import Store
from aigcq.worker.held import Held
from aigcq.worker.hints import AWAY_SECONDS, Hints
from aigcq.worker.listener import Listener
from tests.conftest import FakeClock, until
from tests.integration.steps import enqueue, submitted, told
from tests.worker.scripted import RUNNING, SUCCEEDED, Scripted
from tests.worker.steps import ended, working

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(vendor_events=True, worker_poll_interval=600)]


async def _no_budget() -> None: ...


@pytest.fixture
def mine() -> dict[str, Held]:
    held = Held(Delivery(task=Task(id="a", status=Status.PROCESSING), entry_id="1-1", request=""), 0)
    held.watched("vod-1", "", 0)
    return {"a": held}


@pytest.fixture
def hints(store: Store, vendor: Scripted, clock: FakeClock, mine: dict[str, Held]) -> Hints:
    return Hints(store, vendor, store.connection.settings, clock, _no_budget, mine)  # type: ignore[arg-type]


async def test_what_has_ended_here_is_looked_at_at_once_and_others_are_told_of_the_rest(store, vendor, hints, mine):
    vendor.will("pull_ends", ["vod-1", "vod-2"], ["vod-3"], ())

    await hints.pull()

    assert mine["a"].bell.is_set()
    assert [event["vendor_tasks"] for event in await told(store, "hint")] == ['["vod-2"]', '["vod-3"]']


async def test_events_are_left_to_others_unless_they_are_wanted_and_something_is_driven_here(vendor, hints, mine):
    hints.settings = Settings()
    await hints.pull()
    hints.settings = Settings(vendor_events=True)
    mine.clear()
    await hints.pull()

    assert vendor.asked("pull_ends") == []


async def test_a_vendor_that_refuses_events_is_not_asked_for_a_while(vendor, hints, clock):
    vendor.will("pull_ends", VendorUnavailable("events are sent elsewhere"))

    await hints.pull()
    await hints.pull()
    once = len(vendor.asked("pull_ends"))
    await clock.advance(AWAY_SECONDS)
    await hints.pull()

    assert (once, len(vendor.asked("pull_ends"))) == (1, 2)


@pytest.mark.parametrize("taken_by", ["this worker", "another"])
async def test_a_hint_ends_a_task_long_before_its_own_look_is_due(
    store: Store, vendor: Scripted, taken_by: str
) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = (await store.deliveries.claim("before", 1)).deliveries
    await store.deliveries.hand_back(await submitted(store, delivery))
    vendor.will("describe", RUNNING, SUCCEEDED)

    async with working(store, vendor) as worker:
        await until(lambda: [held.wish > 0 for held in worker._held.values()] == [True])
        (held,) = worker._held.values()
        if taken_by == "another":
            await store.control.hint([held.vendor_task_id])
        else:
            vendor.will("pull_ends", [held.vendor_task_id], ())
            await worker._hints.pull()
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


async def test_a_hint_is_no_reason_to_look_for_new_work(store: Store, vendor: Scripted, hints: Hints) -> None:
    listener = Listener(store, hints)
    listener.claimed((await store.deliveries.claim("w", 1)).last_event)
    await store.control.hint(["vod-9"])

    assert not await listener.hears(0.01)
