"""An idle service costs next to nothing."""

from __future__ import annotations

from collections import Counter
from time import monotonic

from redis import Redis

from tests.acceptance.cluster import MakeCluster

SECONDS = 10.0
MOST_PER_SECOND_AND_PROCESS = 5.0


def test_an_idle_process_sends_few_commands_to_redis(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(AIGCQ_LEASE_SECONDS="15", WORKER_POLL_INTERVAL="2")
    cluster.start_simulator()
    cluster.start_api()
    worker = cluster.start_worker()
    cluster.until(lambda: cluster.http.get(f"{cluster.api_url}/health").status_code == 200)
    commands: Counter[str] = Counter()

    with Redis.from_url(cluster.environment["REDIS_URL"]) as redis, redis.monitor() as monitor:
        end = monotonic() + SECONDS
        while monotonic() < end:  # the worker itself sends the command that ends this
            command = monitor.next_command()
            commands[command["command"].split()[0]] += command["client_type"] != "lua"

    assert worker in cluster.processes
    assert commands.total() / SECONDS < MOST_PER_SECOND_AND_PROCESS, commands
