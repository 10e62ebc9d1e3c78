"""Thousands of live tasks on one worker: memory, describe calls, renewals, and how late an end is noticed."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha1
from random import Random
from time import monotonic
from typing import Any, Final

from aigcq.store import open_store
from aigcq.store.scripts import composed
from benchmarks import ours
from benchmarks.monitor import heard
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import quantile
from benchmarks.stage import Stage, stage

DESCRIBE_RATE: Final = 80
BUDGETED: Final[dict[str, Any]] = {
    "describe_rate": DESCRIBE_RATE, "describe_burst": 20, "worker_concurrency": 10_000, "worker_poll_interval": 2,
}  # fmt: skip
"""Creates are let through at once, so that thousands are live soon; looks keep the vendor's rate."""
RENEW: Final = sha1(composed("renew").encode()).hexdigest()
MOST_MIB: Final = 250


async def bench(plan: Plan) -> Report:
    steps = plan.pick((1000, 5000), (200, 500), (20, 40))
    median_seconds, watched = plan.pick(60.0, 10.0, 1.0), plan.pick(75.0, 8.0, 2.0)
    async with stage() as on:
        await on.start_vendor(median=median_seconds, sigma=0.5, seed=plan.seed)
        await on.start_worker(**BUDGETED)
        levels = {0: on.rss_mib("worker")}
        for step in steps:
            await _grow(on, step, Random(plan.seed + step))
            levels[step] = on.rss_mib("worker")
        figures = await _watched(on, watched)
        levels[steps[-1]] = max(levels[steps[-1]], figures["rss_mib"])
        return _report(levels, figures, median_seconds, watched, on.server)


async def _grow(on: Stage, count: int, rng: Random) -> None:
    """Let there be `count` vendor tasks in all."""
    made = (await on.count())["created"]
    async with open_store(on.settings(), on.redis_url) as store:
        await ours.fill(store, rng, count - made)

    async def created() -> bool:
        return (await on.count())["created"] >= count

    await on.until(created, seconds=90, pause=0.1)


async def _watched(on: Stage, seconds: float) -> dict[str, Any]:
    """Watch the worker for a while; the first seconds of it through MONITOR, which costs Redis something."""
    begun, cpu = monotonic(), on.cpu_seconds("worker")
    listened = min(12.0, seconds / 2)
    said = await heard(on.redis_url, listened)
    most = on.rss_mib("worker")
    while (left := begun + seconds - monotonic()) > 0:
        await on.clock.sleep(min(1.0, left))
        most = max(most, on.rss_mib("worker"))
    end = monotonic()
    tasks = [task for task in await on.ledger() if task["created"] <= begun]
    ended = [task for task in tasks if begun <= task["ends"] <= end - 1]
    looks = Counter(int(look - begun) for task in tasks for look in task["looks"] if begun <= look <= end)
    renewals = [_batch(words) for words in said if words[0].upper() == "EVALSHA" and words[1] == RENEW]
    return {
        "rss_mib": most,
        "cpu_percent": (on.cpu_seconds("worker") - cpu) / (end - begun) * 100,
        "looks_per_second": looks.total() / (end - begun),
        "looks_worst_second": max(looks.values(), default=0),
        "commands_per_second": len(said) / listened,
        "renewals_per_call": sum(renewals) / max(1, len(renewals)),
        "renew_calls_per_second": len(renewals) / listened,
        "ended": len(ended),
        "late": sorted((task["seen"] or end) - task["ends"] for task in ended),
        "unseen": sum(not task["seen"] for task in ended),
    }


def _batch(words: list[str]) -> int:
    """Return how many deliveries one call renews: its last argument lists them."""
    return len(json.loads(words[-1]))


def _row(figure: str, value: float) -> Row:
    return {"figure": figure, "value": value}


def _report(
    levels: dict[int, float], figures: dict[str, Any], median_seconds: float, watched: float, server: str
) -> Report:
    most, late = max(levels), figures["late"]
    a_thousand = (levels[most] - levels[0]) / most * 1000
    rows: list[Row] = [
        *(_row(f"worker RSS, MiB, {count:,} live", mib) for count, mib in levels.items()),
        {"figure": "worker RSS, MiB, for each 1,000 live", "value": a_thousand},
        {"figure": "worker CPU, %", "value": figures["cpu_percent"]},
        {"figure": "describe calls a second", "value": figures["looks_per_second"]},
        {"figure": "describe calls, worst second", "value": figures["looks_worst_second"]},
        {"figure": "Redis commands a second", "value": figures["commands_per_second"]},
        {"figure": "renewals in one call", "value": figures["renewals_per_call"]},
        {"figure": "renewing calls a second", "value": figures["renew_calls_per_second"]},
        {"figure": "an end is noticed after, s, p50", "value": quantile(late, 0.5)},
        {"figure": "an end is noticed after, s, p95", "value": quantile(late, 0.95)},
        {"figure": f"of {figures['ended']} that ended, not noticed yet", "value": figures["unseen"]},
    ]
    return Report(
        title=f"live: up to {most:,} vendor tasks at once on one worker",
        load=f"renderings lognormal, median {median_seconds:g} s, sigma 0.5; watched for {watched:g} s; "
        f"describe calls {DESCRIBE_RATE}/s with a burst of 20, everything else out of the way",
        rows=rows,
        picture=Bars("worker RSS, MiB", {f"ours, {count:,} live": mib for count, mib in levels.items()}, MOST_MIB),
        verdicts=[
            Verdict(what=f"RSS with {most:,} live", value=levels[most], target=MOST_MIB, unit="MiB"),
            Verdict(what="describe calls a second", value=figures["looks_per_second"], target=DESCRIBE_RATE + 1),
            Verdict(what="renewals in one call", value=figures["renewals_per_call"], target=10, at_least=True),
        ],
        notes=[
            f"With {most:,} live tasks a round of looks takes {most / DESCRIBE_RATE:.0f} s at {DESCRIBE_RATE}/s.",
            "What was not noticed by the end counts as late by then: the true p95 may be higher.",
        ],
        raw={"levels": levels, **figures},
        server=server,
    )


if __name__ == "__main__":
    run(bench)
