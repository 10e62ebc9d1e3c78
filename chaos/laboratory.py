"""One run: start everything, load it, break it, let it drain, and look at the books."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from aigcq import config
from aigcq.clock import SystemClock
from aigcq.errors import AigcqError
from aigcq.store import open_store
from aigcq.store.keys import Keys
from chaos.faults import Faults
from chaos.load import Load
from chaos.pause import PausePoints, broken_orders
from chaos.plan import Step, to_json
from chaos.plot import svg
from chaos.polls import Polls
from chaos.processes import ROOT, Processes
from chaos.proxy import Proxy
from chaos.release import PREVIOUS, unpack
from chaos.report import Outcome, spread_of
from chaos.verdict import ENDED, MISSING, Check, Tasks, checks, missing
from chaos.watch import Watch
from tests.integration.invariants import picture, violations

QUEUE: Final = "chaos"
WORKERS: Final = 4
QUOTA: Final = 16
LEASE_SECONDS: Final = 3.0
DRAIN_SECONDS: Final = 300.0
POINT_SECONDS: Final = 100.0
"""Time between two looks at the queue while it stands still."""
TOXIC_SECONDS: Final = 60.0
"""Time between two tasks that kill their workers."""
MOST_MIB: Final = 200
"""What no process of ours may ever need; a worker starts with about 70."""
MOST_BYTES_A_TASK: Final = 8192
"""What Redis may keep of an ended task, its events included: here none is cut off."""
SETTINGS: Final = {
    "AIGCQ_QUEUE": QUEUE,
    "AIGCQ_LEASE_SECONDS": f"{LEASE_SECONDS:g}",
    "AIGCQ_VENDOR_TIMEOUT_SECONDS": "5",
    "AIGCQ_RESEND_SECONDS": "2",
    "AIGCQ_SEARCH_SECONDS": "120",
    "AIGCQ_HOLD_SECONDS": "0.5",
    "AIGCQ_DRAIN_SECONDS": "5",
    "AIGCQ_MAX_ATTEMPTS": "20",
    # Here a worker is killed every few seconds, and three in a row may well have had the same task.
    "AIGCQ_MAX_DEATHS": "6",
    "AIGCQ_BACKOFF_BASE_SECONDS": "0.2",
    "AIGCQ_BACKOFF_MAX_SECONDS": "2",
    "AIGCQ_EVENTS_CAP": "1000000",
    "AIGCQ_STORAGE": "off",  # it breaks the queue, not a disk; and its figures were taken without
    "WORKER_POLL_INTERVAL": "0.3",
    "DEFAULT_THRESHOLD": str(QUOTA),
    "MAX_THRESHOLD": str(QUOTA),
    "RECOVERY_INTERVAL": "3",
}


@dataclass
class Laboratory:
    """`seed` decides every task, `steps` every fault; `folder` keeps logs, data and the history."""

    seed: int
    seconds: float
    tasks: int
    fsync: str
    folder: Path
    steps: list[Step]
    tell: Callable[[str], None] = lambda line: None

    async def run(self) -> Outcome:
        """Start everything, break it, let it drain; return what was found."""
        self.clock, self.keys = SystemClock(), Keys(QUEUE)
        self.processes = Processes(self.folder, self.fsync)
        self.memory: dict[str, int] = {}
        port, timeout = self.processes.redis_port, aiohttp.ClientTimeout(total=8)
        self.redis = Redis(port=port, decode_responses=True, legacy_responses=False, socket_timeout=5)
        own = config.Settings(_env_file=None, queue=QUEUE)  # type: ignore[call-arg]  # pydantic-settings' own
        try:
            self.processes.add_redis()
            await self._until_redis_answers()
            async with (
                aiohttp.ClientSession(timeout=timeout) as self.session,
                self.redis,
                open_store(own, f"redis://127.0.0.1:{port}/0") as self.store,
                self._proxies() as proxies,
            ):
                return await self._run(proxies)
        finally:
            self.processes.close()

    @asynccontextmanager
    async def _proxies(self) -> AsyncIterator[list[Proxy]]:
        self.polls = Polls(self.redis, self.keys, self.clock)
        redis = ("127.0.0.1", self.processes.redis_port)
        vendor = ("127.0.0.1", self.processes.vendor_port)
        # Two links of a kind, so that half of the workers may be cut off while the others go on.
        proxies = [
            *(Proxy(f"api-redis-{number}", redis, self.clock) for number in range(2)),
            *(Proxy(f"worker-redis-{number}", redis, self.clock) for number in range(2)),
            *(Proxy(f"worker-vendor-{number}", vendor, self.clock, self.polls.see) for number in range(2)),
        ]
        for proxy in proxies:
            await proxy.start()
        yield proxies
        for proxy in proxies:
            await proxy.stop()

    async def _run(self, proxies: list[Proxy]) -> Outcome:
        api_redis, worker_redis, worker_vendor = proxies[:2], proxies[2:4], proxies[4:]
        processes, rng = self.processes, Random(self.seed)
        processes.add_simulator("--latency", "0.5-2", "--concurrency", str(QUOTA), "--seed", str(self.seed))
        before = unpack(PREVIOUS, self.folder / "previous")
        if not before:
            self.tell(f"commit {PREVIOUS} is not in this checkout: no worker of the previous release takes part")

        def add_worker() -> str:
            number = sum(name.startswith("worker") for name in processes.parts)
            root = before if before and number % WORKERS == WORKERS - 1 else ROOT
            to_redis, to_vendor = worker_redis[number % 2], worker_vendor[number // 2 % 2]
            settings = {name: value for name, value in SETTINGS.items() if root is ROOT or name != "AIGCQ_STORAGE"}
            return processes.add_worker(to_redis.port, to_vendor.port, settings, root)

        apis = [f"http://127.0.0.1:{processes.add_api(link.port, SETTINGS)[1]}" for link in api_redis]
        for _ in range(WORKERS):
            add_worker()
        count = max(1, round(self.seconds / TOXIC_SECONDS))
        toxic = frozenset(rng.sample(range(self.tasks // 4, self.tasks), count))
        load = Load(apis, self.tasks, self.seconds, Random(rng.random()), self.clock, toxic)
        faults = Faults(
            self.steps, processes, proxies, self.redis, self.session, self.clock, self.polls, add_worker
        )  # fmt: skip
        watch = Watch(self.redis, self.keys, self.clock)
        points = PausePoints(self.store, self.redis, self.session, apis, faults, load, self.clock)
        await self._until_answering(apis)
        self.empty_bytes = await self._dataset_bytes()
        tasks = await self._break(load, faults, watch, points)
        return await self._judge(load, faults, watch, points, tasks)

    async def _break(self, load: Load, faults: Faults, watch: Watch, points: PausePoints) -> Tasks:
        """Load and break everything; return the tasks as they are after the drain."""
        loading = True
        every = min(POINT_SECONDS, self.seconds / 2)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch.run())
            telling = group.create_task(self._tell(load, faults, watch))
            async with asyncio.TaskGroup() as breaking:
                breaking.create_task(faults.run(lambda: loading))
                breaking.create_task(points.every(every, lambda: loading))
                await load.run(self.session)
                loading = False
            await faults.mend()
            tasks = await self._drain(load, faults)
            await self.store.upkeep.repair()
            await self.clock.sleep(1)
            watch.stopping = True
            await watching
            telling.cancel()
        return tasks

    async def _until_redis_answers(self) -> None:
        for _ in range(200):
            try:
                await self.redis.ping()
            except (RedisError, OSError):
                await self.clock.sleep(0.05)
            else:
                return

    async def _until_answering(self, apis: list[str]) -> None:
        for api in apis:
            for _ in range(300):
                try:
                    async with self.session.get(f"{api}/health/live") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
                await self.clock.sleep(0.1)

    async def _tell(self, load: Load, faults: Faults, watch: Watch) -> None:
        """Show how far it is, and remember how much memory was ever needed."""
        began = self.clock.monotonic()
        while True:
            await self.clock.sleep(15)
            for kind in ("api", "worker"):
                for name, mib in self.processes.memory_mib(kind).items():
                    self.memory[name] = max(mib, self.memory.get(name, 0))
            self.tell(
                f"{self.clock.monotonic() - began:4.0f} s: {len(load.promises.acknowledged)} tasks created, "
                f"{sum(event.fields['status'] in ENDED for event in watch.seen if event.task_id)} ended, "
                f"{faults.counts.total()} faults"
            )

    async def _drain(self, load: Load, faults: Faults) -> Tasks:
        """Return every task's status once all have ended, or when the time to drain is over."""
        tasks: dict[str, dict[str, Any]] = {task_id: {} for task_id in load.promises.acknowledged.values()}
        deadline = self.clock.monotonic() + DRAIN_SECONDS
        while self.clock.monotonic() < deadline:
            faults.replace_deserters()
            left = [task_id for task_id, task in tasks.items() if task.get("status") not in (*ENDED, MISSING)]
            if not left:
                break
            for task_id in left:
                try:
                    async with self.session.get(f"{load.apis[0]}/aigc/status/{task_id}") as answer:
                        tasks[task_id] = await answer.json() if answer.status != 404 else {"status": MISSING}
                except (aiohttp.ClientError, TimeoutError):
                    break
            await self.clock.sleep(0.5)
        return tasks

    async def _judge(self, load: Load, faults: Faults, watch: Watch, points: PausePoints, tasks: Tasks) -> Outcome:
        async with self.session.get(f"http://127.0.0.1:{self.processes.vendor_port}/_simulator/ledger") as answer:
            ledger = dict(await answer.json())
        excused = self._ended_by_a_fault_of_the_release_before(tasks, watch)
        found = checks(
            load.promises, tasks, ledger, watch, lease_seconds=LEASE_SECONDS, fsync=self.fsync, excused=excused
        )
        bytes_a_task = round((await self._dataset_bytes() - self.empty_bytes) / max(1, len(tasks)))
        found += [
            Check("no process ended by itself", faults.deserters),
            Check("at every pause point: positions are 1 to n, and the invariants hold", points.broken),
            Check(
                "tasks ran in the order of the positions that clients were told",
                broken_orders(points.orders, watch.seen),
            ),
            Check(
                "after the drain: the invariants hold, nothing is open, what has ended has a TTL",
                await self._leftovers(),
            ),
            Check("memory is bounded", self._too_much_memory(bytes_a_task)),
        ]
        figures = self._figures(load, faults, watch, points, tasks, ledger)
        figures |= {"Redis bytes a task": bytes_a_task, "ended by a fault of the release before": len(excused)}
        drawn = svg(watch.seen, faults.struck, f"seed {self.seed}: {len(tasks)} tasks")
        return Outcome(found, figures, to_json(self.steps), faults.struck, drawn)

    def _ended_by_a_fault_of_the_release_before(self, tasks: Tasks, watch: Watch) -> set[str]:
        """Return the tasks that a worker of the release before gave up as `internal`: that is not judged here."""
        before, driven_by = self.folder / "previous", watch.driven_last_by()
        return {
            task_id
            for task_id, task in tasks.items()
            if (task.get("error") or {}).get("code") == AigcqError.code
            and self.processes.is_of(before, driven_by.get(task_id, ""))
        }

    async def _dataset_bytes(self) -> int:
        return int((await self.redis.info("memory"))["used_memory_dataset"])

    async def _leftovers(self) -> list[str]:
        """Return what breaks an invariant, and what is still held although every task has ended."""
        seen = await picture(self.redis, self.keys)
        held = [
            f"{task_id} is still in {name}"
            for name in ("queued", "waiting", "leases", "permits")
            for task_id in seen.zsets[name].keys() - seen.zsets["quarantine"].keys()
        ]
        return violations(seen, self.keys) + held + [f"{task_id} is still in the stream" for _, task_id in seen.entries]

    def _too_much_memory(self, bytes_a_task: int) -> list[str]:
        found = [f"{name} needed {mib} MiB" for name, mib in self.memory.items() if mib > MOST_MIB]
        return found + [f"Redis keeps {bytes_a_task} bytes a task"] * (bytes_a_task > MOST_BYTES_A_TASK)

    def _figures(
        self, load: Load, faults: Faults, watch: Watch, points: PausePoints, tasks: Tasks, ledger: dict[str, Any]
    ) -> dict[str, Any]:
        thresholds = [int(event.fields["threshold"]) for event in watch.seen if "threshold" in event.fields]
        return {
            "tasks": len(tasks),
            **Counter(str(task.get("status")) for task in tasks.values()),
            "lost": len(missing(tasks)),
            "faults": dict(faults.counts),
            "deaths by toxic tasks": f"{faults.deaths} of {len(load.promises.toxic)} tasks",
            "answers to clients": dict(load.promises.answers),
            "vendor tasks": ledger["tasks_created"],
            "vendor faults": ledger["faults"],
            "most live": f"{ledger['max_live']} of {QUOTA}",
            "threshold": f"{min(thresholds, default=0)} to {max(thresholds, default=0)}",
            "grants looked at": sum("live" in event.fields and event.name == "claim" for event in watch.seen),
            "pause points": f"{len(points.looked_at)}, with {points.looked_at} queued",
            "reclaimed, s since the last sign of life": spread_of(watch.recoveries()),
            "kill -9 to the next poll, s": spread_of(self.polls.seconds),
            "most MiB": max(self.memory.values(), default=0),
        }
