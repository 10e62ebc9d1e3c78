"""A private cluster for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.acceptance.cluster import Cluster, MakeCluster, running


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[MakeCluster]:
    """Start clusters with settings of the environment; they end with the test."""
    with ExitStack() as stack:

        def make(**settings: str) -> Cluster:
            context: AbstractContextManager[Cluster] = running(tmp_path, **settings)
            return stack.enter_context(context)

        yield make
