"""Thousands of live vendor tasks on one worker: what it costs, and how late ends are noticed.

    python -m tests.measure_polling --live 5000 --latency 75 165
    python -m tests.measure_polling --live 5000 --latency 75 165 --without-listing

Real processes: the embedded Valkey, the simulator, one worker. The budget of creates is raised, so that so many
can be live at all; the one of describes is what it is by default.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from aigcq.catalogue import load
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.request import VideoRequest
from aigcq.store import Store, open_store
from tests.conftest import redis_server
from tests.integration.steps import new

CREATES_PER_SECOND = 400
FREE = ("DescribeTaskDetail", "DescribeTasks")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def process(*command: str, env: dict[str, str], cwd: str) -> Iterator[subprocess.Popen[bytes]]:
    with (
        open(Path(cwd) / f"{command[0]}.log", "wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "aigcq", *command], env=env, cwd=cwd, stdout=log, stderr=subprocess.STDOUT
        ) as it,
    ):
        try:
            yield it
        finally:
            it.terminate()


def memory(pid: int) -> tuple[int, int]:
    """Return the resident megabytes now and at the most."""
    text = Path(f"/proc/{pid}/status").read_text()
    now, most = (re.search(rf"{name}:\s+(\d+) kB", text) for name in ("VmRSS", "VmHWM"))
    assert now and most
    return int(now[1]) // 1024, int(most[1]) // 1024


async def ask(http: aiohttp.ClientSession, method: str, url: str, body: Any = None) -> Any:
    async with http.request(method, url, json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def reachable(http: aiohttp.ClientSession, url: str, clock: SystemClock) -> None:
    for _ in range(600):
        try:
            return await ask(http, "GET", url)
        except aiohttp.ClientError:
            await clock.sleep(0.1)
    raise SystemExit("the simulator does not start")


async def enqueue(store: Store, count: int) -> None:
    request = load().resolve(VideoRequest(prompt="a fox")).model_dump_json()
    for first in range(0, count, 100):
        async with asyncio.TaskGroup() as group:
            for _ in range(first, min(count, first + 100)):
                group.create_task(store.tasks.enqueue(new(request=request, model="measured")))


async def measure(args: argparse.Namespace, settings: Settings, redis: str, simulator: str, worker: int) -> None:
    clock = SystemClock()
    async with aiohttp.ClientSession() as http, open_store(settings, redis) as store:
        control = f"{simulator}/_simulator"
        await reachable(http, f"{control}/counters", clock)
        raised = {"create_rate": CREATES_PER_SECOND * 2, "latency": args.latency, "faults": {}}
        await ask(http, "PATCH", f"{control}/settings", raised)
        await enqueue(store, args.live)
        begun, most_live, calls, rates = clock.monotonic(), 0, 0, []
        while True:
            await clock.sleep(5)
            overview = await store.control.overview()
            requests = (await ask(http, "GET", f"{control}/counters"))["requests"]
            free = {action: sum(requests.get(action, {}).values()) for action in FREE}
            rates.append((sum(free.values()) - calls) / 5)
            calls, most_live = sum(free.values()), max(most_live, overview.live)
            print(f"{clock.monotonic() - begun:5.0f} s  live {overview.live:5}  queued {overview.queued:5}  "
                  f"RSS {memory(worker)[0]} MB  calls/s {rates[-1]:5.1f}  {free}", flush=True)  # fmt: skip
            if not overview.processing and not overview.queued:
                break
        tasks = (await ask(http, "GET", f"{control}/ledger"))["tasks"]
        late = sorted((task["polled_ms"] - task["finish_ms"]) / 1000 for task in tasks if task["finish_ms"])
        p50, p95 = late[len(late) // 2], late[len(late) * 95 // 100]
        print(f"listing={not args.without_listing} tasks={len(late)} most live={most_live} RSS at most="
              f"{memory(worker)[1]} MB calls/s: mean {sum(rates) / len(rates):.1f}, most {max(rates):.1f}, late: "
              f"p50 {p50:.1f} s, p95 {p95:.1f} s, most {late[-1]:.1f} s  load {os.getloadavg()[0]:.1f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", type=int, default=5000)
    parser.add_argument("--latency", type=float, nargs=2, default=[75, 165])
    parser.add_argument("--describe-rate", type=float, default=80)
    parser.add_argument("--without-listing", action="store_true")
    args = parser.parse_args()
    port, many = free_port(), str(args.live + 100)
    simulator = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        redis, folder = stack.enter_context(redis_server()), stack.enter_context(TemporaryDirectory())
        env = {
            **os.environ, "PYTHONPATH": os.getcwd(), "REDIS_URL": redis, "TENCENTCLOUD_ENDPOINT": simulator,
            "TENCENTCLOUD_SECRET_ID": "AKIDsimulator", "TENCENTCLOUD_SECRET_KEY": "simulator-secret",
            "DEFAULT_THRESHOLD": many, "MAX_THRESHOLD": many, "AIGCQ_WORKER_CONCURRENCY": many,
            "AIGCQ_CREATE_RATE": str(CREATES_PER_SECOND), "AIGCQ_CREATE_BURST": "50", "AIGCQ_LOG_LEVEL": "warning",
            "AIGCQ_DESCRIBE_RATE": str(args.describe_rate),
            "AIGCQ_VENDOR_LISTING": str(not args.without_listing).lower(),
        }  # fmt: skip
        simulate = ("simulate", "--port", str(port), "--concurrency", many)
        stack.enter_context(process(*simulate, env=env, cwd=folder))
        worker = stack.enter_context(process("worker", env=env, cwd=folder))
        settings = Settings(redis_url=redis)
        asyncio.run(measure(args, settings, redis, simulator, worker.pid))
        print((Path(folder) / "worker.log").read_text()[-600:])


if __name__ == "__main__":
    main()
