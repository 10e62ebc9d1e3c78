"""`aigcq limit`, as an operator types it."""

from __future__ import annotations

from aigcq.cli.limit import MEANINGS
from aigcq.limit import News
from aigcq.store import Store
from tests.integration.desk import Desk
from tests.integration.steps import claim, enqueue, put_back, take


def test_every_cause_has_a_meaning_for_people() -> None:
    assert set(News) < set(MEANINGS)


def test_of_an_account_of_which_nothing_is_known_the_setting_is_told(desk: Desk) -> None:
    said = desk.run("limit")

    assert said.exit_code == 0
    assert said.output.startswith("0 of 12 run, 0 wait. Nothing has shown that the vendor takes less than")


def test_where_as_much_runs_as_is_allowed_the_setting_binds(desk: Desk) -> None:
    async def fill(store: Store) -> None:
        await enqueue(store, 13)
        await claim(store)

    desk.on(fill)

    assert desk.run("limit").output.startswith("12 of 12 run, 1 wait. MAX_THRESHOLD=12 is what binds")


def test_the_changes_are_shown_with_their_causes_the_newest_first(desk: Desk) -> None:
    async def refuse(store: Store) -> None:
        await put_back(store, await take(store), news=News.REFUSED)

    desk.on(refuse)
    said = desk.run("limit")

    assert said.output.startswith("0 of 10 run, 1 wait. That is what the vendor takes at once")
    lines = [line.split() for line in said.output.splitlines() if line.lstrip().startswith("20")]
    assert [line[2:5] for line in lines] == [["12", "10", "0"], ["12", "1", "nothing"]]
    assert "the vendor refused what it took before" in said.output


def test_so_many_changes_are_shown_as_are_asked_for(desk: Desk) -> None:
    async def refuse(store: Store) -> None:
        await put_back(store, await take(store), news=News.REFUSED)

    desk.on(refuse)

    assert "nothing was known yet" not in desk.run("limit", "--count", "1").output
