"""The master is killed under load: what was acknowledged is made, once, and no process of ours starts anew."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx2
import pytest

from tests.acceptance.cluster import VIDEO, Cluster, audit
from tests.servers import replicated, sentinel_url, watched

CREATES = 120
CLIENTS = 4
PACE_SECONDS = 0.2
PAID_ONCE = {"tasks_not_paid_once": 0, "tasks_with_two_live": 0, "sessions_accepted_twice": 0, "strangers": 0}


@dataclass(slots=True)
class Load:
    """Clients that repeat each create with its key until it is acknowledged."""

    url: str
    keys: Iterator[int] = field(default_factory=lambda: iter(range(CREATES)))
    acknowledged: dict[str, float] = field(default_factory=dict)
    """Task id -> when, on the monotonic clock."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self) -> None:
        with httpx2.Client(timeout=30, trust_env=False) as http:
            while (key := self._next()) is not None:
                while not self._created(http, key):
                    pause(PACE_SECONDS)
                pause(PACE_SECONDS)

    def _next(self) -> int | None:
        with self.lock:
            return next(self.keys, None)

    def _created(self, http: httpx2.Client, key: int) -> bool:
        body = VIDEO | {"prompt": f"video {key}"}
        answer = http.post(f"{self.url}/aigc/create", json=body, headers={"Idempotency-Key": f"key-{key}"})
        said = answer.json()
        with self.lock:
            if answer.status_code == 200:
                self.acknowledged[said["task_id"]] = monotonic()
            else:
                self.refused.append((answer.status_code, said["code"]))
        return answer.status_code == 200


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


@pytest.mark.timeout(180)
def test_a_failover_under_load_loses_no_acknowledged_create(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = stack.enter_context(replicated(tmp_path, 2))
        sentinels = stack.enter_context(watched(tmp_path, servers))
        settings = {"AIGCQ_MIN_REPLICAS": "1", "AIGCQ_REPLICA_WAIT_SECONDS": "1"}
        cluster = Cluster(tmp_path, sentinel_url(sentinels), settings)
        stack.callback(cluster.close)
        cluster.start_simulator(latency="0.3-0.9", concurrency="12")
        cluster.start_api()
        for _ in range(3):
            cluster.start_worker()
        cluster.until(lambda: cluster.http.get(f"{cluster.api_url}/health").json()["workers"] == 3)
        load = Load(cluster.api_url)
        threads = [threading.Thread(target=load.client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()

        cluster.until(lambda: len(load.acknowledged) >= CREATES // 3 and len(cluster.ledger()["tasks"]) > 3)
        servers[0].kill()
        killed_at, before = monotonic(), len(load.acknowledged)
        for thread in threads:
            thread.join(60)
        tasks = cluster.until_ended(list(load.acknowledged), 90)

        first = min(at for at in load.acknowledged.values() if at > killed_at) - killed_at
        refused = dict(Counter(load.refused))
        print(f"{CREATES} creates, {before} before the kill, first write {first:.1f} s after it, refused: {refused}")
        assert len(load.acknowledged) == CREATES
        assert {task["status"] for task in tasks} == {"completed"}
        assert audit(cluster.ledger(), list(load.acknowledged)) == {"succeeded": CREATES} | PAID_ONCE
        assert {status for status, _ in load.refused} <= {503}
        assert all(process.poll() is None for process in cluster.processes.values())
