"""Whose turn it is."""

from __future__ import annotations

import asyncio

import pytest

from aigcq.clock import SystemClock
from aigcq.worker.turns import Turns

pytestmark = pytest.mark.asyncio


async def _let_everyone_run() -> None:
    for _ in range(5):
        await SystemClock().sleep(0)


async def test_who_is_due_first_is_next_and_of_two_the_one_that_came_first():
    turns, order = Turns(), []

    async def take(name: str, due: float) -> None:
        async with turns.turn(due):
            order.append(name)

    async with asyncio.TaskGroup() as group, turns.turn(0):
        for name, due in [("late", 9.0), ("soon", 1.0), ("late too", 9.0), ("hinted", float("-inf"))]:
            group.create_task(take(name, due))
        await _let_everyone_run()

    assert order == ["hinted", "soon", "late", "late too"]


async def test_only_one_has_the_turn():
    turns, inside = Turns(), []

    async def take(due: float) -> None:
        async with turns.turn(due):
            inside.append(1)
            await _let_everyone_run()
            assert inside == [1]
            inside.pop()

    async with asyncio.TaskGroup() as group:
        for due in range(20):
            group.create_task(take(due))


@pytest.mark.parametrize("given", [True, False])
async def test_one_that_is_cancelled_while_it_waits_or_is_given_the_turn_holds_nobody_up(given: bool):
    turns, order = Turns(), []

    async def take(name: str, due: float) -> None:
        async with turns.turn(due):
            order.append(name)

    async with asyncio.TaskGroup() as group:
        async with turns.turn(0):
            gone = group.create_task(take("gone", 1))
            group.create_task(take("next", 2))
            await _let_everyone_run()
            if not given:
                gone.cancel()
                await _let_everyone_run()
        gone.cancel()

    assert order == ["next"]
