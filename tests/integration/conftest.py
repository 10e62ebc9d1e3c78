"""A store and what passes between it and its Redis; an operator's desk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from aigcq.config import Settings
from aigcq.store import Store, open_store
from tests.conftest import forget, redis_server
from tests.integration.desk import Desk
from tests.integration.wire import Wire, wire


@pytest_asyncio.fixture
async def watched(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[Store, Wire]]:
    """A store that has one connection, and what passes over it and those to come."""
    with redis_server() as url:
        async with wire(url, tmp_path) as (made, address), open_store(settings, address) as store:
            await store.connection.batches.call("PING")
            yield store, made


@pytest.fixture
def desk(redis_url: str, settings: Settings) -> Iterator[Desk]:
    """An operator's desk, at a queue of the test's own."""
    one = Desk(redis_url, settings)
    yield one
    one.on(forget)
