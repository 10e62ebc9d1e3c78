"""Who takes writes is asked of those who should know, and nobody is believed for good."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.exceptions import ConnectionError

from aigcq.store.address import Node
from aigcq.store.locator import Locator

pytestmark = pytest.mark.asyncio

A, B, C = ("a", 1), ("b", 2), ("c", 3)
MASTER = ("master", 6379)


class Asked:
    """Nodes that know what a test says; the others do not answer."""

    def __init__(self) -> None:
        self.know: dict[Node, Node | None] = {}
        self.others: list[Node] = []
        self.nodes: list[Node] = []

    async def __call__(self, client: object, node: Node) -> tuple[Node | None, list[Node]]:
        self.nodes.append(node)
        if node not in self.know:
            raise ConnectionError("refused")
        return self.know[node], self.others


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest_asyncio.fixture
async def locator(asked: Asked) -> AsyncIterator[Locator]:
    locator = Locator((A, B), asked)
    yield locator
    await locator.close()


async def test_one_that_does_not_answer_is_passed_over_and_asked_last_the_next_time(
    asked: Asked, locator: Locator
) -> None:
    asked.know = {B: MASTER}

    found = [await locator(), await locator()]

    assert found == [MASTER, MASTER]
    assert asked.nodes == [A, B, B]


async def test_one_that_does_not_know_is_passed_over(asked: Asked, locator: Locator) -> None:
    asked.know = {A: None, B: MASTER}

    assert await locator() == MASTER


async def test_one_whose_answer_led_nowhere_is_not_asked_again_at_once(asked: Asked, locator: Locator) -> None:
    asked.know = {A: ("the old one", 6379), B: MASTER}
    assert await locator() == ("the old one", 6379)

    locator.doubt()

    assert await locator() == MASTER


async def test_nodes_that_were_named_by_others_are_asked_when_the_first_ones_are_gone(
    asked: Asked, locator: Locator
) -> None:
    asked.know, asked.others = {A: MASTER}, [A, B, C]
    await locator()
    asked.know = {C: MASTER}

    assert await locator() == MASTER


async def test_that_nobody_knows_is_a_lost_connection(locator: Locator) -> None:
    with pytest.raises(ConnectionError):
        await locator()
