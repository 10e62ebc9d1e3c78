"""Once a day our books are compared with the vendor's own count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aigcq.errors import VendorRejected, VendorUnavailable
from aigcq.model import Event
from aigcq.spending import Footage
from aigcq.store import Store
from aigcq.vendors.base import Usage
from aigcq.worker.audit import Audit
from tests.conftest import FakeClock, age
from tests.integration.steps import new, take
from tests.worker.scripted import SUCCEEDED, VIDEO, Scripted
from tests.worker.steps import ended, working

PRICES = str(Path(__file__).parents[1] / "prices.yaml")
NOON = 1_800_072_000.0
"""2027-01-16 in Shanghai."""
YESTERDAY = "20270115"

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(reconcile="on")]


async def made(store: Store, seconds: float) -> None:
    """A video of the day before was made."""
    footage = Footage(millis=round(seconds * 1000), day=YESTERDAY)
    await store.deliveries.settle(await take(store), Event.SUCCEED, {}, footage=footage)


async def audited(store: Store, vendor: Scripted, clock: FakeClock) -> list[str]:
    """Let a worker look; return what everybody is told."""
    await Audit(store, vendor, store.connection.settings, clock).look()
    events = await store.control.events_after("0-0", 100)
    return [fields["cause"] for _, fields in events if fields["event"] == "alarm"]


async def test_books_that_agree_are_put_down_and_raise_no_alarm(store: Store, vendor: Scripted) -> None:
    await made(store, 6)
    await made(store, 5)
    vendor.will("usage", Usage(count=2, seconds=11))

    assert await audited(store, vendor, FakeClock(NOON)) == []

    found = (await store.ledger.reconciled("202701"))[YESTERDAY]
    assert found == {"available": True, "videos": 2, "seconds": 11, "vendor_videos": 2, "vendor_seconds": 11}
    ((start, end),) = vendor.asked("usage")
    assert (start.isoformat(), end.isoformat()) == ("2027-01-15T00:00:00+08:00", "2027-01-16T00:00:00+08:00")


async def test_a_difference_is_told_to_everybody(store: Store, vendor: Scripted) -> None:
    await made(store, 6)
    vendor.will("usage", Usage(count=2, seconds=12))

    (alarm,) = await audited(store, vendor, FakeClock(NOON))

    assert alarm == "on 20270115 the vendor counts 2 videos of 12 s, our books have 1 of 6 s"


async def test_a_day_is_compared_once_by_all_workers_together_and_not_before_the_morning(
    store: Store, vendor: Scripted
) -> None:
    await audited(store, vendor, FakeClock(NOON - 7 * 3600))
    assert vendor.asked("usage") == []

    for _ in range(3):
        await audited(store, vendor, FakeClock(NOON))

    assert len(vendor.asked("usage")) == 1


async def test_where_the_vendor_does_not_tell_it_that_is_said_once_and_nothing_stops(
    store: Store, vendor: Scripted
) -> None:
    vendor.will("usage", VendorRejected("no permission", vendor_code="UnauthorizedOperation"))
    audit = Audit(store, vendor, store.connection.settings, FakeClock(NOON))

    for _ in range(3):
        await audit.look()

    assert len(vendor.asked("usage")) == 1
    found = (await store.ledger.reconciled("202701"))[YESTERDAY]
    assert found == {"available": False, "why": "UnauthorizedOperation"}
    assert not (await store.control.overview()).paused


async def test_a_vendor_that_is_away_is_asked_again_later(store: Store, vendor: Scripted) -> None:
    vendor.will("usage", VendorUnavailable("away"), Usage())
    await audited(store, vendor, FakeClock(NOON))
    assert await store.ledger.reconciled("202701") == {}

    await age(store, 601)
    await audited(store, vendor, FakeClock(NOON))

    assert YESTERDAY in await store.ledger.reconciled("202701")


@pytest.mark.settings(reconcile="auto")
async def test_without_a_price_nobody_asks_and_nothing_is_counted(store: Store, vendor: Scripted) -> None:
    await audited(store, vendor, FakeClock(NOON))

    assert vendor.asked("usage") == []


@pytest.mark.settings(reconcile="auto", prices=PRICES)
async def test_a_worker_counts_a_video_on_the_day_on_which_the_vendor_finished_it(
    store: Store, vendor: Scripted
) -> None:
    vendor.will("describe", replace(SUCCEEDED, finished_at=NOON - 86_400, video=VIDEO | {"output_seconds": 6}))
    task_id = (await store.tasks.enqueue(new())).task.id

    async with working(store, vendor):
        await ended(store, task_id)

    counted = await store.ledger.made(YESTERDAY)
    assert (counted.count, counted.millis) == (1, 6000)
