"""Moves, workers, clients and deaths between any two steps, in any order: each task is made once, by one account."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aigcq.accounts import Accounts, OpenAccount, complete
from aigcq.accounts.load import Load
from aigcq.clock import SystemClock
from aigcq.config import Account, Settings
from aigcq.errors import AigcqError, TaskMoving
from aigcq.model import Delivery
from aigcq.store import Store, open_store
from aigcq.store.scripts import Scripts
from tests.conftest import UNHURRIED, broken, forget
from tests.integration.moves import FULL
from tests.integration.several import sent
from tests.integration.steps import claim, enqueue
from tests.integration.steps import complete as end

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Death(Exception):
    """The process that made this call is gone."""


class Dying(Scripts):
    """The scripts of a process that dies before one of its calls, or between its call and the answer."""

    def __init__(self, scripts: Scripts, calls: int, *, answered: bool) -> None:
        self._real = scripts
        self._left = calls
        self._answered = answered

    async def __call__(self, name: str, keys: list[str], args: list[str | int | float]) -> Any:
        self._left -= 1
        if self._left < 0 and not self._answered:
            raise Death
        answer = await self._real(name, keys, args)
        if self._left < 0:
            raise Death
        return answer


def dying(accounts: Accounts, calls: int, *, answered: bool) -> Accounts:
    """Return the accounts as a process has them that dies after so many calls, of whichever of them."""
    one = Dying(accounts[0].store.connection.scripts, calls, answered=answered)
    opened = []
    for each in accounts:
        mortal = one if each is accounts[0] else _Shared(one, each.store.connection.scripts)
        store = Store.over(replace(each.store.connection, scripts=mortal))
        opened.append(OpenAccount(each.account, store, each.load))
    return Accounts(opened)


class _Shared(Dying):
    """Counts the calls of another account of the same process."""

    def __init__(self, one: Dying, scripts: Scripts) -> None:
        self._one = one
        self._of_this = scripts

    async def __call__(self, name: str, keys: list[str], args: list[str | int | float]) -> Any:
        real, self._one._real = self._one._real, self._of_this
        try:
            return await self._one(name, keys, args)
        finally:
            self._one._real = real


TASK = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("move"), TASK, st.sampled_from("bc"), st.integers(0, 4), st.booleans()),
    st.tuples(st.just("claim"), st.sampled_from("abc")),
    st.tuples(st.just("repair"), st.sampled_from("abc")),
    st.tuples(st.just("cancel"), TASK, st.sampled_from("abc")),
    st.tuples(st.just("late"), TASK, st.sampled_from("bc")),
)


class Story:
    """Three accounts and what has happened to three tasks of the first."""

    def __init__(self, accounts: Accounts, task_ids: list[str]) -> None:
        self.accounts = accounts
        self.by_letter = dict(zip("abc", accounts, strict=True))
        self.task_ids = task_ids
        self.made: Counter[str] = Counter()
        self.cancelled: set[str] = set()
        self.copies: dict[str, Callable[[], Awaitable[Any]]] = {}
        """By task, what a mover holds that was stalled before it sent the task on."""

    async def move(self, number: int, letter: str, calls: int, answered: bool) -> None:
        mortal = dying(self.accounts, calls, answered=answered)
        with suppress(Death):
            await complete(mortal, mortal[0], self.task_ids[number], self.by_letter[letter].name)

    async def late(self, number: int, letter: str) -> None:
        """One lends it and is stalled; the next time, it goes on."""
        task_id, home = self.task_ids[number], self.accounts[0]
        if stalled := self.copies.pop(task_id, None):
            await stalled()
        elif lent := await home.store.moves.lend(task_id, self.by_letter[letter].name):
            goal = self.accounts.get(lent.to)
            if goal and lent.request:
                self.copies[task_id] = lambda: goal.store.tasks.arrive(lent.arriving(home.name))

    async def claim(self, letter: str) -> None:
        store = self.by_letter[letter].store
        for delivery in await claim(store):
            await self._make(store, delivery)

    async def _make(self, store: Store, delivery: Delivery) -> None:
        await sent(store, delivery)
        self.made[delivery.task_id] += 1
        await end(store, delivery)

    async def repair(self, letter: str) -> None:
        assert await self.by_letter[letter].store.upkeep.repair() == 0

    async def cancel(self, number: int, letter: str) -> None:
        with suppress(TaskMoving, AigcqError):
            answer = await self.by_letter[letter].store.tasks.cancel(self.task_ids[number])
            if answer == "cancelled":
                self.cancelled.add(self.task_ids[number])

    async def finish(self) -> None:
        """Let the next process complete what was begun, stalled ones wake, and everything be made."""
        for task_id in await self.accounts[0].store.moves.lent(-1, 10):
            await complete(self.accounts, self.accounts[0], task_id)
        for stalled in self.copies.values():
            await stalled()
        for each in self.accounts:
            assert await each.store.moves.lent(-1, 10) == []
            await each.store.upkeep.repair()
            assert await broken(each.store) == []
        for letter in "abc":
            await self.claim(letter)


@pytest.mark.timeout(600)
def test_each_task_is_made_once_whoever_dies_between_two_steps_of_its_move(redis_url: str) -> None:
    with asyncio.Runner() as runner:
        queue, clock = f"test-{token_hex(6)}", SystemClock()
        opened: list[tuple[Any, OpenAccount]] = []
        for letter in "abc":
            own = Settings(**UNHURRIED | {"queue": f"{queue}-{letter}", "default_threshold": 50, "max_threshold": 50})
            entered = open_store(own, redis_url)
            store = runner.run(entered.__aenter__())
            account = Account(name=own.queue, settings=own)
            opened.append((entered, OpenAccount(account, store, Load(store, clock))))
        accounts = Accounts([each for _, each in opened])

        @hypothesis_settings(
            max_examples=1500 if FULL else 250, derandomize=not FULL, database=None, deadline=None,
            phases=[Phase.generate, Phase.shrink],
        )  # fmt: skip
        @given(steps=st.lists(STEPS, max_size=14))
        def holds(steps: list[tuple[Any, ...]]) -> None:
            runner.run(_told(accounts, steps))

        try:
            holds()
        finally:
            for entered, _ in opened:
                runner.run(entered.__aexit__(None, None, None))


async def _told(accounts: Accounts, steps: list[tuple[Any, ...]]) -> None:
    for each in accounts:
        await each.store.connection.prepare()
    story = Story(accounts, await enqueue(accounts[0].store, 3))
    try:
        for name, *args in steps:
            await getattr(story, name)(*args)
        await story.finish()
        expected = {task_id: 1 for task_id in story.task_ids if task_id not in story.cancelled}
        assert dict(story.made) == expected
        for task_id in story.task_ids:
            account = await accounts.of(task_id)
            found = (await account.store.tasks.get(task_id)).task.status
            assert found == ("cancelled" if task_id in story.cancelled else "completed")
            elsewhere = [each for each in accounts if each is not account]
            assert [each.name for each in elsewhere if (await each.store.moves.trace(task_id)).here] == []
    finally:
        for each in accounts:
            await forget(each.store)
