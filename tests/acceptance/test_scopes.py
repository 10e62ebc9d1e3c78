"""Limits of models, with processes: what waits for one model holds no other back."""

from __future__ import annotations

from tests.acceptance.cluster import MakeCluster, audit
from tests.acceptance.test_ceiling import CEILING, PAID_ONCE, refused

OF_A = {"model_name": "Kling", "model_version": "2.1", "duration": 5}
OF_B = {"model_name": "Vidu", "model_version": "q2", "duration": 5}


def test_a_backlog_of_a_model_that_runs_one_at_a_time_holds_no_other_back(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(**CEILING)
    cluster.start_simulator(latency="1-2", concurrency="6", overflow="sync_reject")
    cluster.change_simulator(concurrency_per_model={"Kling": 1})
    cluster.start_api()

    of_a = [cluster.create(f"a{number}", **OF_A)["task_id"] for number in range(15)]
    of_b = [cluster.create(f"b{number}", **OF_B)["task_id"] for number in range(25)]
    for _ in range(2):
        cluster.start_worker()
    ended_b = cluster.until_ended(of_b)
    open_a = [task_id for task_id in of_a if cluster.status(task_id)["status"] in ("queued", "processing")]
    info = cluster.info()
    ended_a = cluster.until_ended(of_a)

    assert {task["status"] for task in ended_a + ended_b} == {"completed"}
    assert len(open_a) >= 3, cluster.logs()
    assert info["model_limits"]["Kling"] == 1
    assert audit(cluster.ledger(), of_a + of_b) == {"succeeded": 40} | PAID_ONCE
    assert cluster.ledger()["max_live"] >= 4
    assert refused(cluster) <= 12, cluster.logs()
