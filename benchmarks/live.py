"""Thousands of live tasks on one worker: memory, calls, renewals, how late ends are noticed with the vendor's list
and without."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many vendor tasks are live in turn, how long they take, and how long the worker is watched then."""

    steps: tuple[int, ...]
    median_seconds: float
    watched_seconds: float


async def bench(plan: Plan) -> Report:
    load = Load(
        steps=plan.pick((1000, 5000), (200, 500), (20, 40)),
        median_seconds=plan.pick(90.0, 10.0, 1.0),
        watched_seconds=plan.pick(110.0, 8.0, 2.0),
    )
    listed = await _figures(load, plan.seed, vendor_listing=True)
    single = await _figures(load, plan.seed, vendor_listing=False)
    return _report(load, listed, single)


async def _figures(load: Load, seed: int, **settings: Any) -> dict[str, Any]:
    async with stage() as on:
        await on.start_vendor(median=load.median_seconds, sigma=0.5, seed=seed)
        await on.start_worker(**BUDGETED, **settings)
        levels = {0: on.rss_mib("worker")}
        for step in load.steps:
            await _grow(on, step, Random(seed + step))
            levels[step] = on.rss_mib("worker")
        figures = await _watched(on, load.watched_seconds)
        levels[load.steps[-1]] = max(levels[load.steps[-1]], figures["rss_mib"])
        return figures | {"levels": levels, "server": on.server}


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
    begun, cpu, pages = monotonic(), on.cpu_seconds("worker"), (await on.count())["pages"]
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
        "pages_per_second": ((await on.count())["pages"] - pages) / (end - begun),
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


def _rows(figures: dict[str, Any]) -> dict[str, float]:
    levels, late = figures["levels"], figures["late"]
    return {
        **{f"worker RSS, MiB, {count:,} live": mib for count, mib in levels.items()},
        "worker RSS, MiB, for each 1,000 live": (levels[max(levels)] - levels[0]) / max(levels) * 1000,
        "worker CPU, %": figures["cpu_percent"],
        "looks at one vendor task a second": figures["looks_per_second"],
        "the same, worst second": figures["looks_worst_second"],
        "pages of the vendor's list a second": figures["pages_per_second"],
        "Redis commands a second": figures["commands_per_second"],
        "renewals in one call": figures["renewals_per_call"],
        "renewing calls a second": figures["renew_calls_per_second"],
        "ends": figures["ended"],
        "an end is noticed after, s, p50": quantile(late, 0.5),
        "an end is noticed after, s, p95": quantile(late, 0.95),
        "not noticed yet when it was measured": figures["unseen"],
    }


def _report(load: Load, listed: dict[str, Any], single: dict[str, Any]) -> Report:
    most, both = max(load.steps), (listed, single)
    columns = _rows(listed), _rows(single)
    rows: list[Row] = [
        {"figure": name, "with the list": value, "without": columns[1][name]} for name, value in columns[0].items()
    ]
    calls = [each["looks_per_second"] + each["pages_per_second"] for each in both]
    late = "an end is noticed after, s, "
    return Report(
        title=f"live: up to {most:,} vendor tasks at once on one worker",
        load=f"renderings lognormal, median {load.median_seconds:g} s, sigma 0.5; watched for "
        f"{load.watched_seconds:g} s; describe calls {DESCRIBE_RATE}/s with a burst of 20, the rest out of the way",
        rows=rows,
        picture=Bars(
            "seconds until an end is noticed",
            {
                f"ours, {kind}, {share}": column[late + share]
                for kind, column in zip(("with the list", "without"), columns, strict=True)
                for share in ("p50", "p95")
            },
        ),
        verdicts=[
            Verdict(
                what=f"RSS with {most:,} live", value=max(each["levels"][most] for each in both), target=MOST_MIB,
                unit="MiB",
            ),
            Verdict(what="calls a second, looks and pages", value=max(calls), target=DESCRIBE_RATE + 1),
            Verdict(
                what="renewals in one call", value=min(each["renewals_per_call"] for each in both), target=10,
                at_least=True,
            ),
        ],
        notes=[
            f"With {most:,} live tasks a round of looks takes {most / DESCRIBE_RATE:.0f} s at {DESCRIBE_RATE}/s.",
            "What was not noticed by the end counts as late by then: the true p95 may be higher.",
        ],
        raw={"with": listed, "without": single},
        server=listed["server"],
    )  # fmt: skip


if __name__ == "__main__":
    run(bench)
