"""The vendor forgets after three days: the whole system, with the vendor's clock moved on and Redis' records aged."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aigcq.config import Settings
from aigcq.store import open_store
from tests.acceptance.cluster import Cluster, MakeCluster, audit
from tests.conftest import age

HOUR = 3600.0
FOR_EVER = [1e8, 1e8]


def let_pass(cluster: Cluster, hours: float) -> None:
    """Let so much time pass, for the vendor and for the queue; workers know only Redis' time."""
    answer = cluster.http.post(f"{cluster.vendor_url}/_simulator/clock", json={"advance_seconds": hours * HOUR})
    assert answer.status_code == 200, answer.text

    async def make_older() -> None:
        async with open_store(Settings(), cluster.environment["REDIS_URL"]) as store:
            await age(store, hours * HOUR)

    asyncio.run(make_older())


def started(make_cluster: MakeCluster, **vendor: Any) -> Cluster:
    """Return a cluster with an API and a vendor, and no worker yet."""
    cluster = make_cluster()
    cluster.start_simulator(concurrency="4", latency="0.5-1", seed="1")
    cluster.change_simulator(**vendor)
    cluster.start_api()
    return cluster


def sent_by_a_worker_that_stops(cluster: Cluster) -> str:
    """Return a task that is at the vendor, and that no worker looks after any more."""
    worker = cluster.start_worker()
    task_id = str(cluster.create("视频")["task_id"])
    cluster.until(lambda: cluster.ledger()["tasks_created"] == 1)
    cluster.until(lambda: cluster.status(task_id)["phase"] in ("generating", "submitting"))
    assert cluster.terminate(worker) == 0
    return task_id


def ended(cluster: Cluster, task_id: str) -> dict[str, Any]:
    (task,) = cluster.until_ended([task_id], 60)
    return task


def health(cluster: Cluster) -> dict[str, Any]:
    return dict(cluster.http.get(f"{cluster.api_url}/health").json())


def test_a_video_is_collected_by_the_first_worker_after_days_without_any(make_cluster: MakeCluster) -> None:
    cluster = started(make_cluster)
    task_id = sent_by_a_worker_that_stops(cluster)
    let_pass(cluster, 70)

    cluster.start_worker()
    task = ended(cluster, task_id)

    assert task["status"] == "completed", task
    assert audit(cluster.ledger(), [task_id])["tasks_not_paid_once"] == 0


def test_what_the_vendor_has_forgotten_meanwhile_expires_at_once_and_is_not_made_again(
    make_cluster: MakeCluster,
) -> None:
    cluster = started(make_cluster)
    task_id = sent_by_a_worker_that_stops(cluster)
    let_pass(cluster, 73)

    cluster.start_worker()
    task = ended(cluster, task_id)

    assert (task["status"], task["error"]["code"], task["error"]["billed"]) == ("failed", "expired", "unknown")
    assert "73 hours ago" in task["error"]["message"]
    assert "--force" in task["error"]["advice"]
    assert cluster.info()["active_count"] == 0
    assert cluster.ledger()["tasks_created"] == 1


def test_a_vendor_task_that_never_ends_raises_an_alarm_and_is_given_up_before_it_is_forgotten(
    make_cluster: MakeCluster,
) -> None:
    cluster = started(make_cluster, latency=FOR_EVER)
    cluster.start_worker()
    task_id = str(cluster.create("视频")["task_id"])
    cluster.until(lambda: cluster.status(task_id)["phase"] == "generating")
    cluster.until(lambda: health(cluster)["status"] == "ok")

    let_pass(cluster, 48.1)
    cluster.until(lambda: health(cluster)["status"] == "degraded")
    assert "Sent more than 48 hours ago and not ended: 1 " in health(cluster)["detail"]
    assert cluster.status(task_id)["status"] == "processing"
    let_pass(cluster, 23)
    task = ended(cluster, task_id)

    assert (task["status"], task["error"]["code"]) == ("failed", "expired")
    assert "has not ended" in task["error"]["message"]
    assert "71.1 hours ago" in task["error"]["message"]
    cluster.until(lambda: health(cluster)["status"] == "ok")
    assert cluster.info()["active_count"] == 1  # the vendor says that it runs
    assert cluster.ledger()["tasks_created"] == 1


@pytest.mark.parametrize(("hours", "status"), [(61, "completed"), (73, "failed")])
def test_a_submission_of_unknown_outcome_is_found_while_the_vendor_knows_it_and_never_sent_again(
    make_cluster: MakeCluster, hours: float, status: str
) -> None:
    cluster = started(make_cluster, faults={"bad_gateway_after": 1, "describe_bad_gateway": 1})
    task_id = sent_by_a_worker_that_stops(cluster)
    let_pass(cluster, hours)

    cluster.change_simulator(faults={} if status == "completed" else {"describe_bad_gateway": 1})
    cluster.start_worker()
    task = ended(cluster, task_id)

    assert task["status"] == status, task
    if status == "failed":
        assert task["error"]["code"] == "submission_unknown"
        assert "73 hours ago" in task["error"]["message"]
    assert cluster.ledger()["tasks_created"] == 1
