"""Idle: create -> bytes at the vendor, beside the bare chain; slot freed -> next submission."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Sequence
from random import Random
from statistics import median
from time import monotonic
from typing import Any, Final

from aigcq.store import open_store
from benchmarks import ours, prompts
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Verdict
from benchmarks.rounds import quantile
from benchmarks.stage import DEFAULTS, Stage, stage

RENDER_SECONDS: Final = 0.2
"""Median of the vendor's lognormal durations where slots are freed."""
POLL_SECONDS: Final = 0.1
PAUSE_SECONDS: Final = (0.2, 0.3)
"""Between two creates: what was created before has ended and was seen to, so that nothing holds the next one back."""
QUEUE: Final = "slots"
SETTINGS: Final = DEFAULTS | {
    "worker_poll_interval": POLL_SECONDS, "describe_rate": 1e6, "describe_burst": 1_000_000,
}  # fmt: skip
"""So many looks are out of proportion to their budget; who submits has what users have."""


async def bench(plan: Plan) -> Report:
    rounds, each = plan.pick(5, 3, 1), plan.pick(50, 20, 5)
    slots = plan.pick(50, 15, 3)
    async with stage() as on:
        await on.start_vendor()
        on.spawn("chain", [sys.executable, "-m", "benchmarks.chain"], **on.environment({}))
        async with asyncio.TaskGroup() as group:
            api = group.create_task(on.start_api(**DEFAULTS))
            door = group.create_task(on.start_door("door", [sys.executable, "-m", "benchmarks.doors", "starlette"]))
            group.create_task(on.start_worker(**SETTINGS))
        urls = {"ours": api.result() + "/aigc/create", "bare chain": door.result() + "/chain"}
        found = await _created(on, urls, rounds, each, Random(plan.seed))
        for name in ("api", "worker", "door", "chain", "vendor"):
            await on.end(name)
        await on.start_vendor(median=RENDER_SECONDS, seed=plan.seed)
        freed = await _freed(on, slots, Random(plan.seed))
        return _report(found, freed, rounds, each, on.server)


async def _created(
    on: Stage, urls: dict[str, str], rounds: int, each: int, rng: Random
) -> dict[str, list[list[float]]]:
    """Return for each contestant and round the milliseconds from the request to the bytes at the vendor."""
    body, found = prompts.body(rng), {name: list[list[float]]() for name in urls}
    for number in range(-1, rounds):  # the first warms up
        for name in rng.sample(list(urls), len(urls)):
            sent = await _one_by_one(on, urls[name], body, each if number >= 0 else 5, rng)
            if number >= 0:
                arrived = {task["task"]: task["created"] for task in await on.ledger()}
                found[name].append([(arrived[task_id] - at) * 1000 for task_id, at in sent.items()])
    return found


async def _one_by_one(on: Stage, url: str, body: dict[str, Any], count: int, rng: Random) -> dict[str, float]:
    """Create one task after the other, each when nothing else is to do; return when each was sent."""
    sent: dict[str, float] = {}
    for _ in range(count):
        await on.clock.sleep(rng.uniform(*PAUSE_SECONDS))
        at = monotonic()
        async with on.http.post(url, json=body) as answer:
            sent[(await answer.json())["task_id"]] = at

    async def arrived() -> bool:
        return sent.keys() <= {task["task"] for task in await on.ledger()}

    await on.until(arrived, pause=0.1)
    return sent


async def _freed(on: Stage, count: int, rng: Random) -> list[float]:
    """Return the milliseconds from the look that finds a vendor task ended to the next submission, with one slot."""
    one_slot = SETTINGS | {"queue": QUEUE, "default_threshold": 1, "max_threshold": 1, "min_threshold": 1}
    async with open_store(on.settings(**one_slot), on.redis_url) as store:
        await ours.fill(store, rng, count)
    await on.start_worker("slots", **one_slot)

    async def done() -> bool:
        return len(await on.ledger()) >= count

    await on.until(done, seconds=120, pause=0.2)
    await on.end("slots")
    tasks = await on.ledger()
    return [(after["created"] - task["seen"]) * 1000 for task, after in itertools.pairwise(tasks)]


def _report(found: dict[str, list[list[float]]], freed: Sequence[float], rounds: int, each: int, server: str) -> Report:
    ways = {
        "ours: create -> vendor": found["ours"],
        "bare chain: POST + EVALSHA + XREAD wake + POST": found["bare chain"],
        "ours: slot freed -> next submission": [list(freed)],
    }
    halves = {name: median(quantile(values, 0.5) for values in samples) for name, samples in ways.items()}
    tails = {name: quantile([value for values in samples for value in values], 0.99) for name, samples in ways.items()}
    ours_way, chain, slot = ways
    return Report(
        title="latency: idle, one task at a time (ms)",
        load=f"{rounds} interleaved rounds of {each} creates, 0.2-0.3 s apart, each with nothing live; then one slot, "
        f"{len(freed) + 1} tasks, renderings lognormal with median {RENDER_SECONDS} s",
        rows=[{"way": name, "p50 ms": halves[name], "p99 ms": tails[name]} for name in ways],
        picture=Bars("ms, p50 (the line: 8 ms)", halves, 8.0),
        verdicts=[
            Verdict(what="create -> vendor p50", value=halves[ours_way], target=8, unit="ms"),
            Verdict(what="create -> vendor p99", value=tails[ours_way], target=25, unit="ms"),
        ],
        notes=[
            f"ours / bare chain, p50: {halves[ours_way] / halves[chain]:.2f}",
            "The law of the limit, the threshold and the budget of submissions are at their defaults; "
            f"looks come after {POLL_SECONDS} s instead of 2, without a budget.",
            f"A slot is freed when our worker sees the end, at most {POLL_SECONDS} s (WORKER_POLL_INTERVAL) after it.",
        ],
        raw={**found, slot: list(freed)},
        server=server,
    )


if __name__ == "__main__":
    run(bench)
