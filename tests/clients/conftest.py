"""The service as processes, for the clients to call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.cluster import Cluster, running


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A queue in which nothing runs: there is no worker."""
    with running(tmp_path_factory.mktemp("queue")) as cluster:
        cluster.start_api()
        yield cluster


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything: API, worker, simulator."""
    with running(tmp_path_factory.mktemp("service")) as cluster:
        cluster.start_simulator(latency="0.5-1", concurrency="8", seed="1")
        cluster.start_api()
        cluster.start_worker()
        yield cluster
