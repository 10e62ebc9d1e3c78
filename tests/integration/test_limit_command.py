"""`aigcq limit`, as an operator types it."""

from __future__ import annotations

import pytest

from aigcq.cli.limit import MEANINGS
from aigcq.limit import News
from aigcq.store import Store
from tests.integration.desk import Desk
from tests.integration.learnt import answered, learnt, next_of
from tests.integration.steps import claim, enqueue, live, put_back, take


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
    assert [line[2:6] for line in lines] == [["account", "12", "10", "0"], ["account", "12", "1", "nothing"]]
    assert "the vendor refused what it took before" in said.output


@pytest.mark.settings(limit_policy="ceiling")
def test_limits_of_models_are_told_and_their_changes_are_marked(desk: Desk) -> None:
    async def refuse(store: Store) -> None:
        await learnt(store)
        for model in ("Kling-2.1", "Vidu-q2", "Kling-2.1"):
            await enqueue(store, model=model)
            delivery = await next_of(store)
            if await live(store) < 3:
                await answered(store, delivery)
        await put_back(store, delivery, news=News.REFUSED)

    desk.on(refuse)
    said = desk.run("limit").output

    assert "Of Kling the vendor takes 1 at once, as far as was found; other models pass it." in said
    (line,) = [line.split()[2:5] for line in said.splitlines() if line.lstrip().startswith("20")]
    assert line == ["Kling", "1", "1"]


def test_so_many_changes_are_shown_as_are_asked_for(desk: Desk) -> None:
    async def refuse(store: Store) -> None:
        await put_back(store, await take(store), news=News.REFUSED)

    desk.on(refuse)

    assert "nothing was known yet" not in desk.run("limit", "--count", "1").output


def test_bounds_are_set_one_by_one_shown_and_taken_away(desk: Desk) -> None:
    first = desk.run("limit", "--maximum", "4")
    second = desk.run("limit", "--minimum", "2")
    wrong = desk.run("limit", "--minimum", "5")
    both = desk.run("limit", "--reset", "--minimum", "2")
    last = desk.run("limit", "--reset")

    assert "less than the maximum=4." in first.output
    assert "at least as set, at most 4;" in first.output
    assert "at least 2, at most 4;" in second.output
    assert wrong.exit_code != 0
    assert both.exit_code == 2
    assert (last.exit_code, "By an operator" in last.output) == (0, False)
