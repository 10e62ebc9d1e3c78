"""Several accounts, with processes; what happens while one fails is in `tests/worker/test_accounts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from aigcq.embedded import free_port
from aigcq.simulator import SimulatorSettings
from tests.acceptance.cluster import Cluster, MakeCluster

LIMITS = {"east": 3, "west": 5}


class Vendors:
    """A simulator for each account, with credentials and a limit of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.urls = {name: f"http://127.0.0.1:{free_port()}" for name in LIMITS}
        for name, url in self.urls.items():
            limit = str(LIMITS[name])
            options = ["--port", url.rpartition(":")[2], "--latency", "1-1.5", "--concurrency", limit]
            cluster.spawn(f"vendor-{name}", "-m", "aigcq", "simulate", *options, "--overflow", "sync_reject")
        for url in self.urls.values():
            cluster.until(lambda url=url: cluster.http.get(f"{url}/_simulator/health").status_code == 200)

    def entry(self, name: str) -> Mapping[str, Any]:
        """Return the account as the file has it."""
        known = SimulatorSettings()
        return {
            "name": name, "secret_id": f"AKID{name}", "secret_key": f"{known.secret_key}-{name}",
            "endpoint": self.urls[name], "max_threshold": LIMITS[name],
        }  # fmt: skip

    def change(self, name: str, **settings: Any) -> None:
        answer = self.cluster.http.patch(f"{self.urls[name]}/_simulator/settings", json=settings)
        assert answer.status_code == 200, answer.text

    def ledger(self, name: str) -> dict[str, Any]:
        return dict(self.cluster.http.get(f"{self.urls[name]}/_simulator/ledger").json())


def started(make_cluster: MakeCluster, folder: Path) -> tuple[Cluster, Vendors]:
    cluster = make_cluster(AIGCQ_ACCOUNTS=str(folder / "accounts.yaml"))
    vendors = Vendors(cluster)
    entries = [vendors.entry(name) for name in LIMITS]
    for entry in entries:
        vendors.change(entry["name"], credentials={entry["secret_id"]: entry["secret_key"]})
    (folder / "accounts.yaml").write_text(yaml.safe_dump({"accounts": entries}))
    cluster.start_api()
    return cluster, vendors


def _health(cluster: Cluster) -> list[dict[str, Any]]:
    return list(cluster.http.get(f"{cluster.api_url}/health").json()["accounts"])


def test_a_worker_of_one_account_works_for_no_other_and_stops_in_time(
    make_cluster: MakeCluster, tmp_path: Path
) -> None:
    cluster, vendors = started(make_cluster, tmp_path)
    cluster.spawn("worker-west", "-m", "aigcq", "worker", "--account", "west")

    cluster.until(lambda: [each["workers"] for each in _health(cluster)] == [0, 1])
    task_ids = [cluster.create(f"v{number}")["task_id"] for number in range(6)]

    cluster.until_ended(task_ids)
    assert len(vendors.ledger("west")["tasks"]) == 6
    assert cluster.terminate("worker-west") == 0
