"""The vendor's credential is replaced while its tasks are live: nothing is lost, nothing is paid for twice."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.simulator import SimulatorSettings
from tests.acceptance.cluster import Cluster, MakeCluster, audit

OLD = SimulatorSettings()
NEW_ID, NEW_KEY = "AKIDreplacement", "replacement-secret"
PAID_ONCE = {"tasks_not_paid_once": 0, "tasks_with_two_live": 0, "sessions_accepted_twice": 0, "strangers": 0}
NEW = {"TENCENTCLOUD_SECRET_ID": NEW_ID, "TENCENTCLOUD_SECRET_KEY": NEW_KEY}
TASKS = 12


def begun(make_cluster: MakeCluster, **settings: str) -> Cluster:
    cluster = make_cluster(DEFAULT_THRESHOLD="4", MAX_THRESHOLD="4", **settings)
    cluster.start_simulator(concurrency="4", latency="3-5", seed="3")
    cluster.change_simulator(credentials={NEW_ID: NEW_KEY}, owners={NEW_ID: OLD.secret_id})
    cluster.start_api()
    return cluster


def created(cluster: Cluster) -> list[str]:
    """Let four be live and the others wait; return their ids."""
    task_ids = [cluster.create(f"第 {number} 个视频")["task_id"] for number in range(TASKS)]
    cluster.until(lambda: cluster.info()["active_count"] == 4)
    return task_ids


def revoke(cluster: Cluster) -> None:
    cluster.change_simulator(secret_key="revoked")


def proven(cluster: Cluster, task_ids: list[str]) -> None:
    """All of them have completed, each at the first attempt, and each was paid for once."""
    tasks: list[dict[str, Any]] = cluster.until_ended(task_ids)
    assert [task["status"] for task in tasks] == ["completed"] * TASKS, cluster.logs()
    assert {task["attempt"] for task in tasks} == {1}
    assert audit(cluster.ledger(), task_ids) == {"succeeded": TASKS} | PAID_ONCE


@pytest.mark.timeout(240)
def test_workers_with_the_new_credential_take_over_from_those_whose_own_was_revoked(make_cluster: MakeCluster) -> None:
    cluster = begun(make_cluster)
    old = [cluster.start_worker() for _ in range(2)]
    task_ids = created(cluster)

    revoke(cluster)
    cluster.until(lambda: cluster.info()["paused"])
    assert "AuthFailure" in cluster.info()["pause_reason"]
    for name in old:
        cluster.start_worker(**NEW)
        assert cluster.terminate(name) == 0

    proven(cluster, task_ids)
    assert not cluster.info()["paused"]
    entries = cluster.http.get(f"{cluster.api_url}/aigc/audit").json()["entries"]
    assert {entry["did"] for entry in entries} == {"credential"}


@pytest.mark.timeout(240)
def test_a_secret_that_is_replaced_in_its_file_needs_no_restart(make_cluster: MakeCluster) -> None:
    cluster = begun(make_cluster)
    files = {"ID": cluster.folder / "id", "KEY": cluster.folder / "key"}
    files["ID"].write_text(OLD.secret_id + "\n")
    files["KEY"].write_text(OLD.secret_key + "\n")
    in_files = {f"TENCENTCLOUD_SECRET_{part}_FILE": str(path) for part, path in files.items()}
    for _ in range(2):
        cluster.start_worker(TENCENTCLOUD_SECRET_ID="", TENCENTCLOUD_SECRET_KEY="", **in_files)
    task_ids = created(cluster)

    revoke(cluster)
    cluster.until(lambda: cluster.info()["paused"])
    files["ID"].write_text(NEW_ID + "\n")
    files["KEY"].write_text(NEW_KEY + "\n")

    proven(cluster, task_ids)


@pytest.mark.timeout(240)
def test_a_worker_of_another_account_fails_nothing_that_is_live(make_cluster: MakeCluster) -> None:
    cluster = begun(make_cluster)
    ours = cluster.start_worker()
    task_ids = created(cluster)
    cluster.terminate(ours)

    stranger = cluster.start_worker(VOD_SUBAPP_ID="1400000000", **NEW)
    assert cluster.processes[stranger].wait(30) == 2
    told = (cluster.folder / f"{stranger}.log").read_text()
    assert "4 vendor tasks of SubAppId" in told
    assert "aigcq account --forget" in told

    cluster.start_worker()
    proven(cluster, task_ids)
