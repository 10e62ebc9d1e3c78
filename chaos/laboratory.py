"""One run: start everything, load it, break it, let it drain, and look at the books."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from redis.asyncio import Redis

from aigcq.clock import SystemClock
from aigcq.store.keys import Keys
from chaos.faults import Faults
from chaos.load import Load
from chaos.processes import Processes
from chaos.proxy import Proxy
from chaos.verdict import ENDED, Check, checks
from chaos.watch import Watch

QUEUE = "chaos"
WORKERS = 4
QUOTA = 8
DRAIN_SECONDS = 240.0
SETTINGS = {
    "AIGCQ_QUEUE": QUEUE,
    "AIGCQ_LEASE_SECONDS": "3",
    "AIGCQ_VENDOR_TIMEOUT_SECONDS": "5",
    "AIGCQ_RESEND_SECONDS": "2",
    "AIGCQ_SEARCH_SECONDS": "120",
    "AIGCQ_HOLD_SECONDS": "0.5",
    "AIGCQ_DRAIN_SECONDS": "5",
    "AIGCQ_MAX_ATTEMPTS": "20",
    "AIGCQ_BACKOFF_BASE_SECONDS": "0.2",
    "AIGCQ_BACKOFF_MAX_SECONDS": "2",
    "AIGCQ_EVENTS_CAP": "1000000",
    "WORKER_POLL_INTERVAL": "0.3",
    "DEFAULT_THRESHOLD": str(QUOTA),
    "MAX_THRESHOLD": str(QUOTA),
    "RECOVERY_INTERVAL": "3",
}


@dataclass
class Outcome:
    """What one run found."""

    checks: list[Check]
    figures: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not any(check.broken for check in self.checks)


@dataclass
class Laboratory:
    """`seed` decides every fault and every task; `folder` keeps logs, data and the history."""

    seed: int
    seconds: float
    tasks: int
    fsync: str
    folder: Path

    async def run(self) -> Outcome:
        clock, rng = SystemClock(), Random(self.seed)
        processes = Processes(self.folder, self.fsync)
        timeout = aiohttp.ClientTimeout(total=8)
        redis = Redis(port=processes.redis_port, decode_responses=True, legacy_responses=False, socket_timeout=5)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, redis:
                return await self._run(processes, session, redis, rng, clock)
        finally:
            processes.close()

    async def _run(
        self, processes: Processes, session: aiohttp.ClientSession, redis: Redis, rng: Random, clock: SystemClock
    ) -> Outcome:
        processes.add_redis()
        latency = ("--latency", "0.5-2", "--concurrency", str(QUOTA), "--seed", str(self.seed))
        processes.add_simulator(*latency)
        proxies = [
            Proxy("api-redis", ("127.0.0.1", processes.redis_port), clock),
            Proxy("worker-redis", ("127.0.0.1", processes.redis_port), clock),
            Proxy("worker-vendor", ("127.0.0.1", processes.vendor_port), clock),
        ]
        for proxy in proxies:
            await proxy.start()
        to_redis, worker_redis, worker_vendor = proxies

        def add_worker() -> str:
            return processes.add_worker(worker_redis.port, worker_vendor.port, SETTINGS)

        apis = [f"http://127.0.0.1:{processes.add_api(to_redis.port, SETTINGS)[1]}" for _ in range(2)]
        for _ in range(WORKERS):
            add_worker()
        load = Load(apis, self.tasks, self.seconds, Random(rng.random()), clock)
        lease = float(SETTINGS["AIGCQ_LEASE_SECONDS"])
        faults = Faults(processes, proxies, redis, session, Random(rng.random()), clock, add_worker, lease)
        watch = Watch(redis, Keys(QUEUE), clock)
        await self._until_answering(session, apis, clock)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch.run())
            breaking = group.create_task(faults.run())
            await load.run(session)
            faults.stopping = True
            await breaking
            await faults.mend()
            tasks = await self._drain(session, apis, list(load.promises.acknowledged.values()), clock)
            await clock.sleep(1)
            watch.stopping = True
            await watching
        ledger = await self._ledger(session, processes.vendor_port)
        for proxy in proxies:
            await proxy.stop()
        found = checks(load.promises, tasks, ledger, watch)
        found.append(Check("no process ended by itself", faults.deserters))
        found.append(Check("Redis holds no open task and no leftover", await self._leftovers(redis)))
        return Outcome(found, self._figures(load, faults, watch, tasks, ledger), faults.history)

    async def _until_answering(self, session: aiohttp.ClientSession, apis: list[str], clock: SystemClock) -> None:
        for api in apis:
            for _ in range(300):
                try:
                    async with session.get(f"{api}/health/live") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
                await clock.sleep(0.1)

    async def _drain(
        self, session: aiohttp.ClientSession, apis: list[str], task_ids: list[str], clock: SystemClock
    ) -> dict[str, dict[str, Any]]:
        """Return every task's status once all have ended, or when the time to drain is over."""
        tasks: dict[str, dict[str, Any]] = {task_id: {} for task_id in task_ids}
        deadline = clock.monotonic() + DRAIN_SECONDS
        while clock.monotonic() < deadline:
            left = [task_id for task_id, task in tasks.items() if task.get("status") not in ENDED]
            if not left:
                break
            for task_id in left:
                try:
                    async with session.get(f"{apis[0]}/aigc/status/{task_id}") as answer:
                        tasks[task_id] = await answer.json()
                except (aiohttp.ClientError, TimeoutError):
                    break
            await clock.sleep(0.5)
        return tasks

    async def _ledger(self, session: aiohttp.ClientSession, port: int) -> dict[str, Any]:
        async with session.get(f"http://127.0.0.1:{port}/_simulator/ledger") as answer:
            return dict(await answer.json())

    async def _leftovers(self, redis: Redis) -> list[str]:
        """Return what is still held although every task has ended."""
        keys = Keys(QUEUE)
        found = []
        for name in (keys.queued, keys.waiting, keys.leases, keys.permits):
            if count := await redis.zcard(name):
                found.append(f"{name} holds {count}")
        if count := await redis.xlen(keys.stream):
            found.append(f"{keys.stream} holds {count}")
        async for key in redis.scan_iter(match=keys.task_prefix + "*", count=1000):
            if await redis.pttl(key) < 0:
                found.append(f"{key} has no TTL")
        return found

    def _figures(
        self, load: Load, faults: Faults, watch: Watch, tasks: dict[str, dict[str, Any]], ledger: dict[str, Any]
    ) -> dict[str, Any]:
        words = [task.get("status", "lost") for task in tasks.values()]
        recoveries = sorted(watch.recoveries())
        return {
            "tasks": len(tasks),
            **{word: words.count(word) for word in sorted(set(words))},
            "faults": dict(faults.counts),
            "answers": dict(load.promises.answers),
            "vendor tasks": ledger["tasks_created"],
            "vendor faults": ledger["faults"],
            "most live": ledger["max_live"],
            "reclaimed": len(recoveries),
            "recovery p50 s": _quantile(recoveries, 0.5),
            "recovery p99 s": _quantile(recoveries, 0.99),
        }

    def save(self, outcome: Outcome) -> Path:
        """Write the history, from which a failing seed can be understood."""
        path = self.folder / "history.json"
        document = {
            "seed": self.seed,
            "figures": outcome.figures,
            "faults": outcome.history,
            "checks": {check.rule: list(check.broken) for check in outcome.checks},
        }
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1))
        return path


def _quantile(values: list[float], share: float) -> float | None:
    return round(values[min(len(values) - 1, int(share * len(values)))], 2) if values else None
