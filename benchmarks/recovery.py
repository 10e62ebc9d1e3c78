"""kill -9 of the worker that holds everything: how soon another goes on, and what is paid for twice."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from math import inf, nan
from random import Random
from statistics import median
from time import monotonic
from typing import Any, Final

from aigcq.store import open_store
from benchmarks import ours, prompts
from benchmarks.peers import installed
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import Sample, medians
from benchmarks.stage import Stage, stage

OURS: Final = "ours"
PEERS: Final = ("docket", "streaq")
LEASE_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.3
RENDER_SECONDS: Final = 600.0
"""None ends while it is measured."""
FAST: Final[dict[str, Any]] = {"lease_seconds": LEASE_SECONDS, "worker_poll_interval": POLL_SECONDS}
MISSING_AFTER: Final = 45.0


async def bench(plan: Plan) -> Report:
    count, rounds = plan.pick(50, 20, 5), plan.pick(5, 1, 1)
    lease = plan.pick(LEASE_SECONDS, LEASE_SECONDS, 0.6)
    rng, server = Random(plan.seed), ""
    pythons = {peer: await installed(peer) for peer in plan.peers}
    samples: dict[str, list[Sample]] = {name: [] for name in (OURS, *plan.peers)}
    for _ in range(rounds):
        async with stage() as on:  # a new one: what a round leaves behind would take the places of the next one's
            await on.start_vendor(median=RENDER_SECONDS, sigma=0.0)
            for name, sample in (await _round(on, pythons, count, lease, rng)).items():
                samples[name].append(sample)
            server = on.server
    return _report(samples, count, lease, server)


async def _round(on: Stage, pythons: dict[str, str], count: int, lease: float, rng: Random) -> dict[str, Sample]:
    """Kill a worker of each, side by side: nearly all of it is waiting for leases to end."""
    contestants: list[_Ours | _Peer] = [
        _Ours(on, lease), *(_Peer(on, peer, python, lease) for peer, python in pythons.items()),
    ]  # fmt: skip
    async with asyncio.TaskGroup() as group:
        running = {each.name: group.create_task(_killed(on, each, count, rng)) for each in contestants}
    return {name: task.result() for name, task in running.items()}


class _Ours:
    """Our worker, and tasks for it."""

    name = OURS

    def __init__(self, on: Stage, lease: float) -> None:
        self._on = on
        self._settings = FAST | {"lease_seconds": lease}

    async def start(self, name: str) -> None:
        await self._on.start_worker(name, **self._settings)

    async def fill(self, count: int, seed: int) -> None:
        async with open_store(self._on.settings(**self._settings), self._on.redis_url) as store:
            await ours.fill(store, Random(seed), count)


class _Peer:
    """A peer's worker, and tasks for it."""

    def __init__(self, on: Stage, name: str, python: str, lease: float) -> None:
        self.name, self._on, self._python = name, on, python
        self._environment = {
            "REDIS_URL": on.redis_url, "TENCENTCLOUD_ENDPOINT": on.vendor_url, "BENCH_CONCURRENCY": "100",
            "BENCH_POLL_SECONDS": str(POLL_SECONDS), "BENCH_LEASE_SECONDS": str(lease),
        }  # fmt: skip

    async def start(self, name: str) -> None:
        command, ready = [self._python, "-m", "benchmarks.peers.work", self.name], self._on.folder / f"{name}.ready"
        self._on.spawn(name, command, **self._environment, BENCH_READY=str(ready))

        async def loaded() -> bool:
            return ready.exists()

        await self._on.until(loaded)

    async def fill(self, count: int, seed: int) -> None:
        command = [self._python, "-m", "benchmarks.peers.fill", self.name, str(count), str(seed)]
        name = f"{self.name}-fill"
        self._on.spawn(name, command, **self._environment)
        process = self._on.processes.pop(name)
        if await asyncio.to_thread(process.wait, 60):
            raise RuntimeError((self._on.folder / f"{name}.log").read_text()[-2000:])


async def _killed(on: Stage, who: _Ours | _Peer, count: int, rng: Random) -> Sample:
    """Kill the worker that holds `count` tasks while another stands by; return what came of them."""
    first, second = f"{who.name}-a", f"{who.name}-b"
    seed = rng.getrandbits(32)
    again = Random(seed)
    wanted = {prompts.identified(again)[0] for _ in range(count)}

    async def all_made() -> bool:
        return wanted <= {task["task"] for task in await on.ledger()}

    await who.start(first)
    await who.fill(count, seed)
    await on.until(all_made, pause=0.1)
    await who.start(second)
    await on.clock.sleep(1.0)
    await on.end(first, signal.SIGKILL)
    sample = await _aftermath(on, wanted, monotonic())
    await on.end(second, signal.SIGKILL)
    return sample


async def _aftermath(on: Stage, wanted: set[str], killed: float) -> Sample:
    """Return when the tasks were taken up again, in seconds since the kill, and what was made for them."""

    async def all_taken_up() -> bool:
        return wanted <= _taken_up(await on.ledger(), killed).keys()

    with suppress(TimeoutError):
        await on.until(all_taken_up, seconds=MISSING_AFTER, pause=0.2)
    ledger = await on.ledger()
    taken_up = {task: at for task, at in _taken_up(ledger, killed).items() if task in wanted}
    return {
        "first_s": min(taken_up.values(), default=nan),
        "median_s": median(taken_up.values()) if taken_up else nan,
        "last_s": max(taken_up.values(), default=nan),
        "missing": float(len(wanted) - len(taken_up)),
        "paid": float(sum(task["task"] in wanted for task in ledger)),
    }


def _taken_up(ledger: list[dict[str, Any]], killed: float) -> dict[str, float]:
    """Return for each task how long after the kill the vendor was first called about it again, in seconds."""
    found: dict[str, float] = {}
    for task in ledger:
        calls = [at - killed for at in [task["created"], *task["looks"]] if at > killed]
        if calls:
            found[task["task"]] = min([*calls, found.get(task["task"], inf)])
    return found


def _report(samples: dict[str, list[Sample]], count: int, lease: float, server: str) -> Report:
    found = medians(samples)
    rows: list[Row] = [
        {
            "who": name,
            "first goes on after s": each["first_s"],
            "last": each["last_s"],
            "median": each["median_s"],
            f"missing after {MISSING_AFTER:g} s": each["missing"],
            f"vendor tasks paid for {count}": each["paid"],
        }
        for name, each in found.items()
    ]
    return Report(
        title=f"recovery: kill -9 of the worker that holds {count} tasks, another one stands by",
        load=f"lease {lease:g} s in all of them; medians of {len(samples[OURS])} rounds, side by side in each",
        rows=rows,
        picture=Bars("seconds until the last task goes on", {name: each["last_s"] for name, each in found.items()}),
        verdicts=[
            Verdict(what="the last task goes on after, in leases", value=found[OURS]["last_s"] / lease, target=1.5),
            Verdict(what="vendor tasks made for each task", value=found[OURS]["paid"] / count, target=1.0),
        ],
        notes=["The peers' handlers begin anew, as their documentation says: they know nothing of the vendor task."],
        raw=samples,
        server=server,
    )


if __name__ == "__main__":
    run(bench, peers=PEERS)
