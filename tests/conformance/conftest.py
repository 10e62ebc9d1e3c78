"""A simulator of the vendor in this process, and our adapter in front of it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
import pytest_asyncio

from aigcq.simulator import server
from tests.conformance.bench import SETTINGS, Bench, Clock


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # so that the first call waits for the server by itself
        host, port = listening.getsockname()
        simulator = server(SETTINGS, host, port)
        thread = threading.Thread(target=simulator.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://{host}:{port}"
        simulator.should_exit = True
        thread.join()


@pytest_asyncio.fixture
async def bench(simulator_url: str) -> AsyncIterator[Bench]:
    async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as stack:
        bench = Bench(simulator_url, Clock(), http, stack)
        await bench.reset()
        yield bench
