"""A worker in this process, on a queue of its own, in front of a vendor that answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio
import structlog

from aigcq.config import Settings
from aigcq.store import Store
from tests.conftest import UNHURRIED, MakeStore
from tests.worker.scripted import Scripted

QUICK = UNHURRIED | {
    "worker_poll_interval": 0.02,
    "resend_seconds": 0.02,
    "search_seconds": 0.05,
    "backoff_base_seconds": 0.02,
    "hold_seconds": 0.02,
    "lease_seconds": 600,
    "describe_rate": 1_000_000,
    "describe_burst": 1000,
}
"""Short waits where a test is not about them; a lease that a busy machine does not lose."""


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    marker = request.node.get_closest_marker("settings")
    own: dict[str, Any] = QUICK | (marker.kwargs if marker else {})
    return settings.model_copy(update=own)


@pytest_asyncio.fixture
async def store(make_store: MakeStore) -> Store:
    return await make_store()


@pytest.fixture(autouse=True)
def _tracebacks_that_cost_nothing() -> Iterator[None]:
    """What structlog shows a person by default takes seconds to draw."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
def vendor() -> Scripted:
    return Scripted()
