"""The whole system as real processes on 127.0.0.1: store, simulator, API, workers."""

from __future__ import annotations

import itertools
import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import httpx2

from aigcq.embedded import free_port, serving
from aigcq.simulator import SimulatorSettings
from tests.acceptance import nursery
from tests.acceptance.nursery import Process

ROOT = Path(__file__).parents[2]
VIDEO: dict[str, Any] = {
    "prompt": "一个小男孩在街上跑步",
    "model_name": "Hailuo",
    "model_version": "2.3",
    "duration": 6,
}

FAST = {
    "AIGCQ_LEASE_SECONDS": "2",
    "WORKER_POLL_INTERVAL": "0.3",
    "AIGCQ_HOLD_SECONDS": "0.3",
    "AIGCQ_RESEND_SECONDS": "1",
    "AIGCQ_DRAIN_SECONDS": "5",
    "AIGCQ_STORAGE": "off",  # to encode a video takes the simulator longer than such a task lasts; has tests of its own
    "AIGCQ_LIMIT_POLICY": "step",  # the pace at which `ceiling` begins has tests of its own
}
"""Settings for tasks that take seconds where real ones take minutes."""


class Cluster:
    """Processes that are started, stopped and killed by name; all of them end with the test."""

    def __init__(self, folder: Path, redis_url: str, settings: dict[str, str]) -> None:
        self.folder = folder
        self.http = httpx2.Client(timeout=30, trust_env=False)
        self.api_url = f"http://127.0.0.1:{free_port()}"
        self.vendor_url = f"http://127.0.0.1:{free_port()}"
        account = SimulatorSettings()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("AIGCQ_")} | {
            "REDIS_URL": redis_url,
            "TENCENTCLOUD_ENDPOINT": self.vendor_url,
            "TENCENTCLOUD_SECRET_ID": account.secret_id,
            "TENCENTCLOUD_SECRET_KEY": account.secret_key,
            "PYTHONPATH": str(ROOT),
            **FAST,
            **settings,
        }
        self.key = ""
        """Of the tests' own: what they may show."""
        self.processes: dict[str, Process] = {}
        self._numbers = itertools.count(1)

    def spawn(self, name: str, *arguments: str, **environment: str) -> Process:
        own = self.environment | environment
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = nursery.start(arguments, self.folder, own, log)
        return self.processes[name]

    def start_simulator(self, **settings: str) -> None:
        options = [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", value)]
        self.spawn("simulator", "-m", "aigcq", "simulate", "--port", self.vendor_url.rpartition(":")[2], *options)
        self.until(lambda: self.http.get(f"{self.vendor_url}/_simulator/health").status_code == 200)

    def start_api(self) -> None:
        self.spawn("api", "-m", "aigcq", "api", "--port", self.api_url.rpartition(":")[2])
        self.until(lambda: self.http.get(f"{self.api_url}/health/live").status_code == 200)

    def start_worker(self, **environment: str) -> str:
        name = f"worker-{next(self._numbers)}"
        self.spawn(name, "-m", "aigcq", "worker", CONSUMER_NAME=name, **environment)
        return name

    def make_key(self, *options: str) -> str:
        """Return an API key, made as an operator makes it."""
        made = nursery.run(["-m", "aigcq", "keys", "create", *options], self.folder, self.environment)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def kill(self, name: str) -> None:
        """kill -9, and nobody is told."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(10)

    def terminate(self, name: str, seconds: float = 15) -> int:
        """SIGTERM; return the exit code."""
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(seconds)

    def create(self, prompt: str = VIDEO["prompt"], **fields: Any) -> dict[str, Any]:
        headers = fields.pop("headers", None)
        answer = self.http.post(
            f"{self.api_url}/aigc/create", json=VIDEO | {"prompt": prompt} | fields, headers=headers
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def status(self, task_id: str) -> dict[str, Any]:
        return dict(self.http.get(f"{self.api_url}/aigc/status/{task_id}").json())

    def info(self) -> dict[str, Any]:
        return dict(self.http.get(f"{self.api_url}/aigc/queue/info").json())

    def ledger(self) -> dict[str, Any]:
        return dict(self.http.get(f"{self.vendor_url}/_simulator/ledger").json())

    def change_simulator(self, **settings: Any) -> None:
        answer = self.http.patch(f"{self.vendor_url}/_simulator/settings", json=settings)
        assert answer.status_code == 200, answer.text

    def until(self, predicate: Callable[[], Any], seconds: float = 60, pause: float = 0.05) -> Any:
        """Return what `predicate` gives once it is true; a connection that is refused is not yet."""
        for _ in range(round(seconds / pause)):
            with suppress(httpx2.TransportError):
                if found := predicate():
                    return found
            self.wait(pause)
        raise AssertionError(f"not within {seconds} s\n{self.logs()}")

    def wait(self, seconds: float) -> None:
        """Let time pass: the processes under test have clocks of their own."""
        signal.sigtimedwait([], seconds)

    def until_ended(self, task_ids: list[str], seconds: float = 120) -> list[dict[str, Any]]:
        """Return the tasks once all of them have ended."""
        open_ids, ended = set(task_ids), {}

        def all_ended() -> bool:
            for task_id in list(open_ids):
                task = self.status(task_id)
                if task["status"] not in ("queued", "processing"):
                    ended[task_id] = task
                    open_ids.discard(task_id)
            return not open_ids

        self.until(all_ended, seconds, pause=0.5)
        return [ended[task_id] for task_id in task_ids]

    def logs(self, lines: int = 15) -> str:
        return "\n".join(
            f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
            for path in sorted(self.folder.glob("*.log"))
        )

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait(10)
        self.http.close()


class MakeCluster(Protocol):
    """A fixture: start a cluster with settings of the environment."""

    def __call__(self, **settings: str) -> Cluster: ...


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Cluster]:
    """Yield a cluster with a store and nothing else yet."""
    with ExitStack() as stack:
        url = stack.enter_context(serving(folder / "data")).url
        cluster = Cluster(folder, url, settings)
        stack.callback(cluster.close)
        yield cluster


def audit(ledger: dict[str, Any], task_ids: list[str]) -> dict[str, int]:
    """Return what the vendor's books say of these tasks; every figure but the first should be 0."""
    by_task = defaultdict(list)
    for job in ledger["tasks"]:
        by_task[job["SessionContext"]].append(job)
    succeeded = {task_id: sum(job["outcome"] == "succeeded" for job in by_task[task_id]) for task_id in task_ids}
    return {
        "succeeded": sum(succeeded.values()),
        "tasks_not_paid_once": sum(count != 1 for count in succeeded.values()),
        "tasks_with_two_live": sum(_overlaps(by_task[task_id], ledger["now_ms"]) for task_id in task_ids),
        "sessions_accepted_twice": sum(count > 1 for count in ledger["sessions"].values()),
        "strangers": len(set(by_task) - set(task_ids)),
    }


def _overlaps(jobs: list[dict[str, Any]], now_ms: int) -> bool:
    spans = sorted((job["created_ms"], job["finish_ms"] or now_ms) for job in jobs)
    return any(end > start for (_, end), (start, _) in itertools.pairwise(spans))
