"""What a client is told when replicas do not have its task yet."""

from __future__ import annotations

import pytest

from tests.api.conftest import Service
from tests.servers import Server, until

pytestmark = pytest.mark.settings(min_replicas=1, replica_wait_seconds=0.1)

KEY = {"Idempotency-Key": "order-1"}
FOX = {"prompt": "a fox"}


@pytest.fixture(scope="module")
def redis_url(servers: list[Server]) -> str:
    return servers[0].url


def test_a_create_that_no_replica_has_names_its_task_and_a_repetition_finds_it(
    service: Service, servers: list[Server]
) -> None:
    servers[1].pause()
    try:
        refused = service.http.post("/aigc/create", json=FOX, headers=KEY)
        again = service.http.post("/aigc/create", json=FOX, headers=KEY)
    finally:
        servers[1].go_on()
    found = until(lambda: (it := service.http.post("/aigc/create", json=FOX, headers=KEY)).status_code == 200 and it)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (503, "not_replicated")
    assert "unknown" in problem["detail"]
    assert "Idempotency-Key" in problem["advice"]
    assert again.json()["task_id"] == problem["task_id"]
    assert (found.status_code, found.json()["task_id"]) == (200, problem["task_id"])
    assert found.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("headers", [{}, KEY])
def test_a_redis_that_refuses_names_the_task_only_if_no_key_may_name_another(
    service: Service, servers: list[Server], headers: dict[str, str]
) -> None:
    servers[0].call("CONFIG", "SET", "min-replicas-to-write", "5")
    try:
        problem = service.http.post("/aigc/create", json=FOX, headers=headers).json()
    finally:
        servers[0].call("CONFIG", "SET", "min-replicas-to-write", "0")

    assert problem["code"] == "store_unavailable"
    assert ("task_id" in problem) == (not headers)
