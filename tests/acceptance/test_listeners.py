"""Who listens to events, and who waits for an end, keeps no process from stopping."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic

import httpx2

from tests.acceptance.cluster import MakeCluster

MOST_SECONDS = 8.0
"""Less than after which the server would cut off who is left: see `cli.serve.STOP_SECONDS`."""


def test_a_process_stops_although_clients_listen_and_wait(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_api()
    task_id = cluster.create()["task_id"]
    with ThreadPoolExecutor() as pool, cluster.http.stream("GET", f"{cluster.api_url}/aigc/events") as stream:
        told = stream.iter_text()
        assert "id: " in next(told)
        waits = pool.submit(
            lambda: httpx2.get(
                f"{cluster.api_url}/aigc/status/{task_id}", headers={"Prefer": "wait=60"}, timeout=70, trust_env=False
            )
        )
        cluster.wait(0.5)

        begun = monotonic()
        code = cluster.terminate("api")

        assert (-code, monotonic() - begun < MOST_SECONDS) == (signal.SIGTERM, True)  # uvicorn passes it on
        with suppress(httpx2.RemoteProtocolError):  # it is cut off: who listens connects again
            assert "reload" not in "".join(told)
        assert waits.result(5).json()["status"] == "queued"
