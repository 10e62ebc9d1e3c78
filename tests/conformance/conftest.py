"""A simulator of the vendor in this process, and our adapter in front of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
import pytest_asyncio

from tests.conformance.bench import Bench, Clock, simulated


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with simulated() as url:
        yield url


@pytest_asyncio.fixture
async def bench(simulator_url: str) -> AsyncIterator[Bench]:
    async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as stack:
        bench = Bench(simulator_url, Clock(), http, stack)
        await bench.reset()
        yield bench
