"""The default law of the limit, with processes: it finds what the account allows, keeps that, and follows a rise."""

from __future__ import annotations

import pytest

from tests.acceptance.cluster import Cluster, MakeCluster, audit

CEILING = {"AIGCQ_LIMIT_POLICY": "ceiling", "RECOVERY_INTERVAL": "2"}
PAID_ONCE = {"tasks_not_paid_once": 0, "tasks_with_two_live": 0, "sessions_accepted_twice": 0, "strangers": 0}


def refused(cluster: Cluster) -> int:
    """Return how often the vendor said that too many are live."""
    ledger = cluster.ledger()
    refusals = ledger["requests"].get("CreateAigcVideoTask", {}).get("RequestLimitExceeded", 0)
    return int(refusals) + int(ledger["over_the_limit"])


@pytest.mark.parametrize("overflow", ["sync_reject", "async_fail"])
def test_what_the_account_allows_is_found_at_the_cost_of_few_refusals_and_kept(
    make_cluster: MakeCluster, overflow: str
) -> None:
    cluster = make_cluster(**CEILING)
    cluster.start_simulator(latency="1-2", concurrency="3", overflow=overflow)
    cluster.start_api()
    workers = [cluster.start_worker() for _ in range(2)]

    task_ids = [cluster.create(f"v{number}")["task_id"] for number in range(20)]
    cluster.until(lambda: cluster.info()["max_concurrency"] == 3)
    for worker in workers:
        cluster.kill(worker)
    before = refused(cluster)
    assert before <= 3, cluster.logs()
    cluster.start_worker()
    tasks = cluster.until_ended(task_ids)

    assert {task["status"] for task in tasks} == {"completed"}
    assert audit(cluster.ledger(), task_ids) == {"succeeded": 20} | PAID_ONCE
    assert refused(cluster) - before <= 6
    assert cluster.ledger()["max_live"] == 3


def test_a_rise_of_what_the_account_allows_is_followed(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(**CEILING)
    cluster.start_simulator(latency="1-2", concurrency="2", overflow="sync_reject")
    cluster.start_api()
    cluster.start_worker()

    task_ids = [cluster.create(f"v{number}")["task_id"] for number in range(70)]
    cluster.until(lambda: cluster.info()["limited_by"] == "vendor")
    assert cluster.info()["max_concurrency"] == 2
    cluster.change_simulator(concurrency=6)

    cluster.until(lambda: cluster.info()["max_concurrency"] >= 6, seconds=40)
    assert {task["status"] for task in cluster.until_ended(task_ids)} == {"completed"}
