"""Every bench still works: each runs in its smallest size, ours only."""

from __future__ import annotations

from importlib import import_module

import pytest

from benchmarks.page import NAMES
from benchmarks.plan import Plan


@pytest.mark.asyncio
@pytest.mark.parametrize("name", NAMES)
async def test_a_bench_ends_with_figures(name: str) -> None:
    found = await import_module(f"benchmarks.{name}").bench(Plan(size="smoke"))

    assert found.rows
    assert found.server.startswith("Valkey")
