"""Two accounts with limits of their own; one fails authentication for a while: nothing is lost or paid twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from aigcq.embedded import free_port
from aigcq.simulator import SimulatorSettings
from tests.acceptance.cluster import Cluster, MakeCluster, audit

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

    def live(self) -> tuple[int, int]:
        """Return how many run in each account, as the vendor counts them."""
        east, west = (self.cluster.http.get(f"{url}/_simulator/counters").json()["live"] for url in self.urls.values())
        return east, west


def started(make_cluster: MakeCluster, folder: Path) -> tuple[Cluster, Vendors]:
    cluster = make_cluster(AIGCQ_ACCOUNTS=str(folder / "accounts.yaml"))
    vendors = Vendors(cluster)
    entries = [vendors.entry(name) for name in LIMITS]
    for entry in entries:
        vendors.change(entry["name"], credentials={entry["secret_id"]: entry["secret_key"]})
    (folder / "accounts.yaml").write_text(yaml.safe_dump({"accounts": entries}))
    cluster.start_api()
    return cluster, vendors


class Samples:
    """How many ran at once in each account, phase by phase."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors
        self.seen: Counter[tuple[str, int, int]] = Counter()

    def take(self, phase: str) -> tuple[int, int]:
        live = self._vendors.live()
        self.seen[phase, *live] += 1
        return live

    def most(self, phase: str) -> tuple[int, int]:
        """Return the most that ran at once in each account in a phase."""
        of_phase = [live for (name, *live), _ in self.seen.items() if name == phase]
        return max(east for east, _ in of_phase), max(west for _, west in of_phase)


def test_one_of_two_accounts_fails_authentication_for_a_while_and_everything_is_made_once(
    make_cluster: MakeCluster, tmp_path: Path
) -> None:
    cluster, vendors = started(make_cluster, tmp_path)
    cluster.start_worker()
    cluster.until(lambda: [each["workers"] for each in _health(cluster)] == [1, 1])
    samples = Samples(vendors)

    task_ids = [cluster.create(f"v{number}")["task_id"] for number in range(32)]
    cluster.until(lambda: samples.take("both") == (3, 5))
    vendors.change("east", faults={"auth_failure": 1.0})
    cluster.until(lambda: [each["status"] for each in _health(cluster)] == ["unavailable", "ok"])
    cluster.until(lambda: samples.take("drains")[0] == 0)
    cluster.until(lambda: samples.take("out") and len(_moved(cluster)) >= 3)
    vendors.change("east", faults={})
    cluster.spawn("resume", "-m", "aigcq", "resume", "--account", "east")
    task_ids += [cluster.create(f"w{number}")["task_id"] for number in range(32)]
    cluster.until(lambda: samples.take("back") == (3, 5))
    tasks = cluster.until_ended(task_ids)

    print(f"\n{len(_moved(cluster))} moved; how often how many ran: {dict(sorted(samples.seen.items()))}")
    assert {task["status"] for task in tasks} == {"completed"}, cluster.logs()
    books = [vendors.ledger(name) for name in LIMITS]
    told = audit(_one(books), task_ids)
    assert told == dict.fromkeys(told, 0) | {"succeeded": 64}, cluster.logs()
    assert [each["max_live"] for each in books] == list(LIMITS.values())
    assert samples.most("out") == (0, 5)


def _one(books: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the books of several vendors as one's; a SessionId that two of them have is there twice."""
    sessions: Counter[str] = Counter()
    for each in books:
        sessions.update(each["sessions"])
    tasks = [job for each in books for job in each["tasks"]]
    return {"tasks": tasks, "sessions": sessions, "now_ms": max(each["now_ms"] for each in books)}


def _health(cluster: Cluster) -> list[dict[str, Any]]:
    return list(cluster.http.get(f"{cluster.api_url}/health").json()["accounts"])


def _moved(cluster: Cluster) -> list[str]:
    """Return the lines of the workers' logs that tell of tasks that moved."""
    logs = [path.read_text(errors="replace") for path in cluster.folder.glob("worker-*.log")]
    return [line for log in logs for line in log.splitlines() if " moved " in line]


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
