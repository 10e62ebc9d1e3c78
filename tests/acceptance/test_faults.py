"""What the promises are bought for: nothing lost, nothing paid twice, the limit holds, whoever dies."""

from __future__ import annotations

import itertools
import os
from random import Random
from typing import Any

import pytest

from tests.acceptance.cluster import Cluster, MakeCluster, audit

FULL = os.environ.get("AIGCQ_FULL") == "1"
TASKS = 200 if FULL else 40
KILL_SECONDS = 60.0 if FULL else 14.0
LEAST_KILLS = 25 if FULL else 4
PAID_ONCE = {"tasks_not_paid_once": 0, "tasks_with_two_live": 0, "sessions_accepted_twice": 0, "strangers": 0}


def _run(cluster: Cluster, *, kill_every: float = 0.0) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """Make TASKS videos with three workers, killing one now and then; return tasks, books and kills."""
    cluster.start_api()
    workers = [cluster.start_worker() for _ in range(3)]
    task_ids = [cluster.create(f"第 {number} 个视频")["task_id"] for number in range(TASKS)]
    rng, kills = Random(7), 0
    if kill_every:
        for kills in itertools.count(1):
            cluster.wait(kill_every)
            victim = rng.choice(workers)
            cluster.kill(victim)
            workers[workers.index(victim)] = cluster.start_worker()
            if kills * kill_every >= KILL_SECONDS:
                break
    tasks = cluster.until_ended(task_ids, seconds=600 if FULL else 180)
    return tasks, cluster.ledger(), kills


def _summary(tasks: list[dict[str, Any]]) -> dict[str, int]:
    words = [task["status"] for task in tasks]
    return {word: words.count(word) for word in sorted(set(words))}


@pytest.mark.timeout(900)
def test_workers_that_are_killed_again_and_again_lose_nothing_and_pay_for_nothing_twice(
    make_cluster: MakeCluster,
) -> None:
    cluster = make_cluster(DEFAULT_THRESHOLD="4", MAX_THRESHOLD="4")
    cluster.start_simulator(concurrency="4", latency="1-3", seed="1")

    tasks, ledger, kills = _run(cluster, kill_every=2.0)

    assert kills >= LEAST_KILLS
    assert _summary(tasks) == {"completed": TASKS}, cluster.logs()
    assert audit(ledger, [task["task_id"] for task in tasks]) == {"succeeded": TASKS} | PAID_ONCE
    assert ledger["max_live"] <= 4
    assert ledger["over_the_limit"] == 0


@pytest.mark.timeout(900)
@pytest.mark.parametrize("overflow", ["async_fail", "sync_reject"])
def test_lost_replies_and_a_throttling_vendor_fail_no_task(make_cluster: MakeCluster, overflow: str) -> None:
    cluster = make_cluster(DEFAULT_THRESHOLD="12", MAX_THRESHOLD="12", RECOVERY_INTERVAL="20")
    cluster.start_simulator(concurrency="3", latency="1-3", overflow=overflow, faults="reply_lost=0.1", seed="2")

    tasks, ledger, _ = _run(cluster, kill_every=2.0 if FULL else 0.0)

    assert _summary(tasks) == {"completed": TASKS}, cluster.logs()
    assert audit(ledger, [task["task_id"] for task in tasks]) == {"succeeded": TASKS} | PAID_ONCE
    assert ledger["faults"]["reply_lost"] > 0
    assert ledger["over_the_limit"] or ledger["requests"]["CreateAigcVideoTask"]["RequestLimitExceeded"]
