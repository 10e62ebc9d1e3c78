"""`aigcq spend`, as an operator types it."""

from __future__ import annotations

import pytest

from aigcq.model import Event
from aigcq.prices import Estimate
from aigcq.spending import Footage, day_before
from aigcq.store import Store
from tests.integration.desk import Desk
from tests.integration.steps import claim, enqueue

MADE = Estimate(amount=2_100_000, price="0.35", currency="CNY", least_seconds=5.0)


@pytest.fixture
def month(desk: Desk) -> str:
    """Two tasks of the tenant `red` were created, and one has ended."""

    async def spend(store: Store) -> str:
        await enqueue(store, 2, estimate=MADE, tenant="red", model="Hailuo-2.3")
        delivery, *_ = await claim(store, count=1)
        await store.deliveries.settle(delivery, Event.SUCCEED, {}, cost=2_100_000, footage=Footage(millis=6000))
        return store.connection.today

    today = desk.on(spend)
    return f"{today[:4]}-{today[4:6]}"


def test_a_month_is_told_in_a_table_with_what_is_committed(desk: Desk, month: str) -> None:
    said = desk.run("spend")

    assert said.exit_code == 0
    assert f"{month}, CNY, days of Asia/Shanghai" in said.output
    words = [line.split() for line in said.output.splitlines()]
    assert ["Hailuo-2.3", "1", "6", "2.1"] in words
    assert ["total", "1", "6", "2.1"] in words
    assert "2 tasks; 2.1 CNY committed to open ones, 0 released." in said.output


def test_csv_is_printed_for_one_tenant(desk: Desk, month: str) -> None:
    said = desk.run("spend", "--csv", "--tenant", "red", "--month", month)

    assert said.output.splitlines()[1].endswith(",red,Hailuo-2.3,,1,6.0,2.1,,,CNY")
    assert len(desk.run("spend", "--csv", "--tenant", "blue").output.splitlines()) == 1


@pytest.mark.parametrize("words", [("--month", "11"), ("--tenant", "No Name")])
def test_what_cannot_be_meant_is_refused_with_a_sentence(desk: Desk, words: tuple[str, str]) -> None:
    said = desk.run("spend", *words)

    assert said.exit_code != 0
    assert words[0] in str(said.exception)


def test_days_that_differ_from_the_vendors_count_are_named(desk: Desk, month: str) -> None:
    found = {"available": True, "videos": 1, "seconds": 6, "vendor_videos": 2, "vendor_seconds": 12}

    async def record(store: Store) -> str:
        await store.ledger.record(store.connection.today, found)
        return day_before(store.connection.today)

    desk.on(record)

    assert "differs: the vendor counts 2 videos of 12 s, our books have 1 of 6 s." in desk.run("spend").output
