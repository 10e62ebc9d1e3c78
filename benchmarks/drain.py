"""N tasks whose vendor answers at once: our worker beside the same two calls in a handler of each peer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from random import Random
from time import monotonic
from typing import Final

from aigcq.store import open_store
from benchmarks import ours
from benchmarks.peers import PEERS, installed
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import Measure, Sample, interleaved, medians, ratio
from benchmarks.stage import ROOT, Stage, stage

OURS: Final = "ours"
POLL_SECONDS: Final = 0.1
"""Our worker's first look at a vendor task comes so long after its submission; by default after 2 s."""
CONCURRENCY: Final = 100
"""Tasks at once in the peers; Celery takes one for each core."""
Settled = Callable[[], Awaitable[bool]]


async def bench(plan: Plan) -> Report:
    count, rounds = plan.pick(3000, 200, 30), plan.pick(5, 1, 1)
    async with stage() as on:
        await on.start_vendor()
        contestants: dict[str, Measure] = {OURS: partial(_ours, on, count, Random(plan.seed))}
        for peer in plan.peers:
            contestants[peer] = partial(_peer, on, peer, await installed(peer), count, Random(plan.seed))
        samples = await interleaved(contestants, rounds, plan.seed, warm_up=False)
        return _report(samples, count, on.server, plan.peers)


async def _ours(on: Stage, count: int, rng: Random) -> Sample:
    """Drain `count` tasks with our worker, whose budgets are out of the way."""
    async with open_store(on.settings(), on.redis_url) as store:
        await ours.fill(store, rng, count)
        before = await on.count()
        starting = on.start_worker("ours", worker_poll_interval=POLL_SECONDS)

        async def settled() -> bool:
            overview = await store.control.overview()
            return not overview.queued and not overview.processing

        async with asyncio.TaskGroup() as group:
            group.create_task(starting)
            sample = await _timed(on, "ours", count, before, settled)
    await on.end("ours")
    return sample


async def _peer(on: Stage, peer: str, python: str, count: int, rng: Random) -> Sample:
    """Drain `count` tasks with a peer's worker."""
    environment = {"REDIS_URL": on.redis_url, "TENCENTCLOUD_ENDPOINT": on.vendor_url}
    environment |= {"BENCH_CONCURRENCY": str(CONCURRENCY)}
    filling = [python, "-m", "benchmarks.peers.fill", peer, str(count), str(rng.getrandbits(32))]
    await _filled(on, filling, environment)
    before = await on.count()
    on.spawn(peer, [python, "-m", "benchmarks.peers.work", peer], **environment)

    async def settled() -> bool:
        return True

    sample = await _timed(on, peer, count, before, settled)
    await on.end(peer)
    return sample


async def _filled(on: Stage, command: list[str], environment: dict[str, str]) -> None:
    on.spawn("fill", command, PYTHONPATH=str(ROOT), **environment)
    process = on.processes.pop("fill")
    if await asyncio.to_thread(process.wait, 120):
        raise RuntimeError(f"{' '.join(command)} failed: {(on.folder / 'fill.log').read_text()[-2000:]}")


async def _timed(on: Stage, name: str, count: int, before: dict[str, int], settled: Settled) -> Sample:
    """Return what it took from the first call of the vendor until all tasks were seen to end and were settled.

    The worker's start is left out: it would be most of it.
    """

    async def begun_to_work() -> bool:
        return (await on.count())["created"] > before["created"]

    async def seen() -> bool:
        return (await on.count())["seen"] - before["seen"] >= count

    await on.until(begun_to_work, seconds=90, pause=0.005)
    cpu, redis_cpu, begun = on.cpu_seconds(name), on.cpu_seconds("redis"), monotonic()
    await on.until(seen, seconds=180)
    await on.until(settled, seconds=60)
    took = monotonic() - begun
    await on.clock.sleep(0.3)  # acknowledgements that are still under way count as well
    return {
        "tasks_per_second": count / took,
        "cpu_ms": (on.cpu_seconds(name) - cpu) / count * 1000,
        "redis_cpu_ms": (on.cpu_seconds("redis") - redis_cpu) / count * 1000,
    }


def _report(samples: dict[str, list[Sample]], count: int, server: str, peers: Sequence[str]) -> Report:
    found = medians(samples)
    rows: list[Row] = [
        {
            "who": name,
            "tasks/s": figures["tasks_per_second"],
            "CPU ms a task": figures["cpu_ms"],
            "Redis CPU ms a task": figures["redis_cpu_ms"],
            "its CPU / ours": 1 / ratio(samples, OURS, name, "cpu_ms"),
        }
        for name, figures in found.items()
    ]
    verdicts = []
    if peers:
        best = max(peers, key=lambda peer: ratio(samples, OURS, peer, "cpu_ms"))
        value = 1 / ratio(samples, OURS, best, "cpu_ms")
        what = f"CPU a task of the best peer ({best}) / ours"
        verdicts.append(Verdict(what=what, value=value, target=2.0, at_least=True))
    return Report(
        title=f"drain: {count} tasks whose vendor answers at once, one worker",
        load=f"{count} tasks queued before the worker starts, which does not count; "
        f"medians of {len(samples[OURS])} interleaved rounds",
        rows=rows,
        picture=Bars("CPU ms of the worker for each task", {name: each["cpu_ms"] for name, each in found.items()}),
        verdicts=verdicts,
        notes=[
            "Ours signs both calls, puts the submission on record before it is sent, holds permits and spends tokens;",
            "a peer's handler only makes the two calls. Budgets (rates, threshold) are out of the way.",
        ],
        raw=samples,
        server=server,
    )


if __name__ == "__main__":
    run(bench, peers=PEERS)
