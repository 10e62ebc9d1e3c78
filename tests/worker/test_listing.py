"""The vendor's list of what has finished: a hint that is checked, and left where it is not good."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from aigcq.config import Settings
from aigcq.errors import VendorUnavailable
from aigcq.model import Delivery, Status, Task
from aigcq.store import Store
from aigcq.vendors.base import Job, JobStatus, Page
from aigcq.worker.held import Held
from aigcq.worker.listing import BACK_SECONDS, DISTRUST_SECONDS, LAG_SECONDS, MOST_PAGES, OVERLAP_SECONDS, Listing
from aigcq.worker.rhythm import Rhythm
from aigcq.worker.stop import Stop
from tests.conftest import FakeClock, until
from tests.integration.steps import enqueue
from tests.worker.scripted import NO_ENDS, RUNNING, VIDEO, Gate, Scripted
from tests.worker.steps import ended, working

pytestmark = pytest.mark.asyncio

NOON = 1_800_000_000.0


@dataclass
class Pressed:
    """A rhythm that has many to look at."""

    pressure: float = 10.0
    listed: bool = False


async def _no_budget() -> None: ...


def a_video(finished_at: float | None) -> Job:
    return Job(status=JobStatus.SUCCEEDED, video=VIDEO, finished_at=finished_at)


def holding(*vendor_task_ids: str) -> dict[str, Held]:
    mine = {}
    for vendor_task_id in vendor_task_ids:
        held = Held(Delivery(task=Task(id=vendor_task_id, status=Status.PROCESSING), entry_id="1-1", request=""), 0)
        held.watched(vendor_task_id, "", 0)
        mine[vendor_task_id] = held
    return mine


@pytest.fixture
def mine() -> dict[str, Held]:
    return holding("vod-1", "vod-2")


@pytest.fixture
def listing(vendor: Scripted, clock: FakeClock, mine: dict[str, Held]) -> Listing:
    """A list that is worth reading: there is much to look at, and an end was seen at noon."""
    made: Any = Listing(vendor, Settings(), clock, _no_budget, Pressed(), mine)  # type: ignore[arg-type]
    made.saw_end(mine["vod-2"], a_video(NOON))
    return made


async def test_what_the_list_shows_is_looked_at_at_once_and_nothing_else(listing, vendor, mine):
    vendor.will("finished", Page(ends={"a stranger's": NOON, "vod-1": NOON}))

    await listing.look()

    assert [held.bell.is_set() for held in mine.values()] == [True, False]
    assert listing.rhythm.listed


async def test_the_first_reading_goes_back_and_the_next_go_on_with_an_overlap(listing, vendor):
    vendor.will("finished", Page(ends={"a": NOON + 5}, next_token="next"), Page(ends={"b": NOON + 7}), NO_ENDS)

    await listing.look()
    await listing.look()

    first = NOON - BACK_SECONDS - OVERLAP_SECONDS
    assert vendor.asked("finished") == [(first, ""), (first, "next"), (NOON + 7 - OVERLAP_SECONDS, "")]


async def test_one_reading_is_bounded(listing, vendor):
    vendor.will("finished", Page(ends={"a": NOON}, next_token="more"))

    await listing.look()

    assert len(vendor.asked("finished")) == MOST_PAGES


@pytest.mark.parametrize(
    ("pressure", "listed", "read"), [(1.2, False, False), (1.3, False, True), (1.0, True, True), (0.7, True, False)]
)
async def test_it_is_read_only_where_single_looks_do_not_suffice(listing, vendor, pressure, listed, read):
    listing.rhythm.pressure, listing.rhythm.listed = pressure, listed

    await listing.look()

    assert bool(vendor.asked("finished")) == listing.rhythm.listed == read


async def test_it_is_not_read_before_any_end_was_seen(vendor, clock, mine):
    blind: Any = Listing(vendor, Settings(), clock, _no_budget, Pressed(), mine)  # type: ignore[arg-type]

    await blind.look()

    assert vendor.asked("finished") == []


async def test_it_is_not_read_if_that_is_not_wanted(vendor, clock, mine):
    unwanted: Any = Listing(vendor, Settings(vendor_listing=False), clock, _no_budget, Pressed(), mine)
    unwanted.saw_end(mine["vod-1"], a_video(NOON))

    await unwanted.look()

    assert vendor.asked("finished") == []


async def test_a_list_that_lacks_what_has_finished_is_left_for_a_while_and_then_tried_again(
    listing, vendor, mine, clock
):
    await listing.look()
    listing.saw_end(mine["vod-1"], a_video(NOON + 1))
    await clock.advance(LAG_SECONDS - 1)
    await listing.look()
    still_trusted = listing.rhythm.listed
    await clock.advance(2)
    await listing.look()
    left = not listing.rhythm.listed
    asked = len(vendor.asked("finished"))
    await clock.advance(DISTRUST_SECONDS - 1)
    await listing.look()
    not_asked = len(vendor.asked("finished")) == asked
    await clock.advance(2)
    await listing.look()

    assert (still_trusted, left, not_asked, listing.rhythm.listed) == (True, True, True, True)


async def test_a_list_that_shows_it_late_stays_trusted(listing, vendor, mine, clock):
    await listing.look()
    listing.saw_end(mine["vod-1"], a_video(NOON + 1))
    vendor.will("finished", Page(ends={"vod-1": NOON + 1}))
    await clock.advance(LAG_SECONDS - 1)
    await listing.look()
    await clock.advance(2)

    await listing.look()

    assert listing.rhythm.listed


@pytest.mark.parametrize(
    ("job", "listed"),
    [
        (a_video(None), False),
        (a_video(NOON - BACK_SECONDS - 1), False),
        (a_video(NOON + 1), True),
        (Job(status=JobStatus.ABORTED, finished_at=NOON + 1), False),
    ],
)
async def test_what_the_list_need_not_show_again_says_nothing_against_it(listing, vendor, mine, clock, job, listed):
    await listing.look()
    mine["vod-1"].listed = listed
    listing.saw_end(mine["vod-1"], job)
    await clock.advance(LAG_SECONDS + 1)

    await listing.look()

    assert listing.rhythm.listed


async def test_a_list_that_cannot_be_read_leaves_all_to_single_looks_and_is_tried_again(listing, vendor):
    vendor.will("finished", NO_ENDS, VendorUnavailable("away"), NO_ENDS)
    await listing.look()

    await listing.look()
    left = not listing.rhythm.listed
    await listing.look()

    assert left
    assert listing.rhythm.listed


@pytest.mark.settings(
    worker_poll_interval=600, default_threshold=2, max_threshold=2, describe_rate=0.001, describe_burst=1000
)
async def test_a_worker_sees_an_end_that_the_list_shows_long_before_its_own_look_is_due(
    store: Store, vendor: Scripted
) -> None:
    task_ids = await enqueue(store, 2)
    for delivery in (await store.deliveries.claim("another", 2)).deliveries:
        await store.deliveries.begin_submission(delivery)
        await store.deliveries.record_submission(delivery, f"vod-{delivery.task_id}")
        await store.deliveries.hand_back(delivery)
    running = Gate(RUNNING)
    vendor.will("describe", running, RUNNING, a_video(NOON))
    vendor.will("finished", Page(ends={f"vod-{task_id}": NOON for task_id in task_ids}))

    async with working(store, vendor) as worker:
        await until(running.reached.is_set)
        worker._listing._newest = NOON
        running.open.set()
        await until(lambda: [held.wish > 0 for held in worker._held.values()] == [True, True])
        await worker._listing.look()
        views = [await ended(store, task_id) for task_id in task_ids]

    assert {view.task.status for view in views} == {Status.COMPLETED}


@pytest.mark.settings(worker_poll_interval=0.02)
@pytest.mark.parametrize("answers", [(a_video(NOON),), (RUNNING, a_video(NOON))])
async def test_an_end_of_what_was_not_seen_running_is_no_witness_against_the_list(
    store: Store, vendor: Scripted, answers: tuple[Job, ...]
) -> None:
    """Another worker may have seen it in the list before."""
    (task_id,) = await enqueue(store)
    vendor.will("describe", *answers)

    async with working(store, vendor) as worker:
        await ended(store, task_id)

    assert (worker._listing._newest is not None) == (len(answers) == 2)


@pytest.mark.parametrize(("held", "least", "most"), [(10, 54, 66), (10_000, 5_000 / 36, 15_000 / 36)])
async def test_what_the_list_does_not_show_is_looked_at_by_itself_all_the_same_within_half_the_budget(
    store: Store, clock: FakeClock, held: int, least: float, most: float
) -> None:
    mine = dict.fromkeys(map(str, range(held)), next(iter(holding("vod-1").values())))
    rhythm = Rhythm(store, Settings(), clock, Random(1), Stop(), mine, listed=True)

    pauses = [rhythm._pause(each, rhythm.rng.uniform(-1, 1)) for each in list(mine.values())[:100]]

    assert least <= min(pauses) <= max(pauses) <= most
