"""A worker that dies between any two of its steps loses nothing and pays for nothing twice."""

from __future__ import annotations

import pytest

from tests.acceptance.cluster import MakeCluster, audit
from tests.acceptance.trap import trap

PAID_ONCE = {"tasks_not_paid_once": 0, "tasks_with_two_live": 0, "sessions_accepted_twice": 0, "strangers": 0}

POINTS = [
    ("claim", True, "after the claim, before the worker knows of it"),
    ("begin_submission", False, "after the claim, before anything was sent"),
    ("begin_submission", True, "before the submission leaves"),
    ("record_submission", False, "after the submission, before its vendor task id is on record"),
    ("record_submission", True, "after the vendor task id is on record"),
    ("release", False, "after the result, before the permit is given back"),
    ("settle", False, "after the result, before it is settled"),
    ("settle", True, "after it was settled, before the worker knows"),
]
ANSWERS = {
    "accepts": {"overflow": "async_fail"},
    "loses replies": {"faults": "reply_lost=0.5", "seed": "3"},
    "refuses at submit": {"overflow": "sync_reject"},
    "fails what it accepted": {"overflow": "async_fail", "faults": "async_fail:InternalError=0.5", "seed": "5"},
}


@pytest.mark.parametrize("answers", ANSWERS)
@pytest.mark.parametrize(("verb", "after", "point"), POINTS, ids=[point for _, _, point in POINTS])
def test_whatever_the_worker_dies_between(
    make_cluster: MakeCluster, verb: str, after: bool, point: str, answers: str
) -> None:
    cluster = make_cluster(AIGCQ_BACKOFF_BASE_SECONDS="0.2", DEFAULT_THRESHOLD="2", MIN_THRESHOLD="1")
    cluster.start_simulator(**{"latency": "0.3-0.3", "concurrency": "2"} | ANSWERS[answers])
    cluster.start_api()
    redis_port = int(cluster.environment["REDIS_URL"].rpartition(":")[2].partition("/")[0])

    with trap(redis_port, verb, after=after) as set_trap:
        victim = cluster.start_worker(REDIS_URL=f"redis://127.0.0.1:{set_trap.port}/0")
        task_ids = [cluster.create(f"v{number}")["task_id"] for number in range(3)]
        assert set_trap.sprung.wait(30), cluster.logs()
        cluster.kill(victim)
    cluster.start_worker()
    tasks = cluster.until_ended(task_ids, seconds=60)

    assert [task["status"] for task in tasks] == ["completed"] * 3, cluster.logs()
    assert audit(cluster.ledger(), task_ids) == {"succeeded": 3} | PAID_ONCE


def test_a_worker_that_dies_while_handing_back_delays_nobody_for_long(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_simulator(latency="3-3", concurrency="3")
    cluster.start_api()
    redis_port = int(cluster.environment["REDIS_URL"].rpartition(":")[2].partition("/")[0])

    with trap(redis_port, "hand_back", after=False) as set_trap:
        victim = cluster.start_worker(REDIS_URL=f"redis://127.0.0.1:{set_trap.port}/0")
        task_ids = [cluster.create(f"v{number}")["task_id"] for number in range(3)]
        cluster.until(lambda: all(cluster.status(task_id)["phase"] == "generating" for task_id in task_ids))
        cluster.processes[victim].terminate()
        assert set_trap.sprung.wait(30), cluster.logs()
        cluster.kill(victim)
    cluster.start_worker()
    tasks = cluster.until_ended(task_ids, seconds=30)

    assert [task["status"] for task in tasks] == ["completed"] * 3, cluster.logs()
    assert audit(cluster.ledger(), task_ids) == {"succeeded": 3} | PAID_ONCE
