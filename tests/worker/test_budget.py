"""Leave to make free calls: of all that wait one asks, and for all of them."""

from __future__ import annotations

import asyncio

import pytest

from aigcq.clock import SystemClock
from aigcq.store import Store
from aigcq.worker.budget import Budget
from aigcq.worker.stop import Stop
from tests.conftest import until
from tests.worker.steps import spy

pytestmark = pytest.mark.asyncio


def budget_of(store: Store) -> Budget:
    return Budget(store, store.connection.settings, SystemClock(), Stop())


async def spend(budget: Budget, times: int) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(times):
            group.create_task(budget())


@pytest.mark.settings(describe_rate=0.001, describe_burst=20)
async def test_one_question_brings_tokens_for_all_that_wait(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = spy(monkeypatch, store.control, "spend")

    await spend(budget_of(store), 10)

    assert [wanted for *_, wanted in asked] == [1, 9]
    assert await store.control.spend("describe", 0.001, 20, wanted=100) == (10, pytest.approx(1_000, abs=60))


@pytest.mark.settings(describe_rate=100, describe_burst=10)
async def test_where_many_wait_for_tokens_these_are_fetched_several_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.control.spend("describe", 100, 10, wanted=10)
    asked = spy(monkeypatch, store.control, "spend")

    await spend(budget_of(store), 31)

    assert len(asked) <= 20


@pytest.mark.settings(describe_rate=100, describe_burst=10)
async def test_a_token_for_one_that_has_gone_is_not_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    budget, asked, answers = budget_of(store), [], asyncio.Semaphore(0)

    async def slowly(*_: object, wanted: int) -> tuple[int, float]:
        asked.append(wanted)
        await answers.acquire()
        return wanted, 0.0

    monkeypatch.setattr(store.control, "spend", slowly)
    async with asyncio.TaskGroup() as group:
        *_, last = [group.create_task(budget()) for _ in range(3)]
        await until(lambda: budget._turns.waiting == 2)
        answers.release()
        await until(lambda: len(asked) == 2)
        last.cancel()
        await until(last.done)
        answers.release()
    answers.release()
    await budget()

    assert asked == [1, 2, 1]
