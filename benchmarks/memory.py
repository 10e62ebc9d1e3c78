"""Bytes in Redis for each queued task, and whether many tasks that have come and gone leave anything behind."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from random import Random
from time import monotonic
from typing import Any, Final

from aigcq.model import Event
from aigcq.store import Store, open_store
from aigcq.store.keys import Keys
from benchmarks import ours
from benchmarks.plan import Plan, run
from benchmarks.plot import Lines
from benchmarks.report import Report, Row, Verdict
from benchmarks.stage import Stage, stage

MOST_BYTES: Final = 1300
ROUNDS: Final = 10
KEPT_SECONDS: Final = 1.0
"""How long the record of an ended task is kept here, so that a round's are gone when the next is measured."""
VIDEO: Final = {"video_url": "http://127.0.0.1/" + "0" * 60 + ".mp4", "width": 640, "height": 360, "duration": 6.04}


async def bench(plan: Plan) -> Report:
    queued = plan.pick(20_000, 2_000, 200)
    each = plan.pick(20_000, 300, 20)
    async with stage() as on:
        sizes = await _queued(on, queued, plan)
        levels = await _come_and_gone(on, each, plan)
        return _report(sizes, levels, queued, each, on.server)


async def _queued(on: Stage, count: int, plan: Plan) -> dict[str, float]:
    """Return bytes in Redis for each queued task: as it is, and with its request compressed."""
    settings = on.settings(queue="bytes")
    async with open_store(settings, on.redis_url) as store:
        empty = await _used(on)
        ids = await ours.fill(store, Random(plan.seed), count)
        full = await _used(on)
    keys = Keys("bytes")
    raw = deflated = 0
    for first in range(0, count, 500):
        names = [keys.request(task_id) for task_id in ids[first : first + 500]]
        requests = [str(text).encode() for text in await on.redis.mget(names)]
        compressed = [zlib.compress(request, 6) for request in requests]
        raw, deflated = raw + sum(map(len, requests)), deflated + sum(map(len, compressed))
        await on.redis.mset(dict(zip(names, compressed, strict=True)))
    small = await _used(on)
    await on.redis.flushall()  # a server of our own
    return {
        "bytes": (full - empty) / count,
        "request": raw / count,
        "bytes, compressed": (small - empty) / count,
        "request, compressed": deflated / count,
    }


async def _come_and_gone(on: Stage, each: int, plan: Plan) -> list[dict[str, float]]:
    """Let rounds of `each` tasks go all the way; return what is left once their records have expired."""
    rng, levels = Random(plan.seed), []
    events = plan.pick(10_000, 100, 100)  # the cap of the events must be reached in the first round
    settings = on.settings(queue="flat", result_ttl_seconds=KEPT_SECONDS, events_cap=events)
    async with open_store(settings, on.redis_url) as store:
        for number in range(plan.pick(ROUNDS, 4, 2)):
            begun = monotonic()
            await _round(store, rng, each)
            took = monotonic() - begun
            await on.clock.sleep(2 * KEPT_SECONDS)
            await on.until(lambda: _forgotten(on), pause=0.2)
            level = {"tasks": (number + 1) * each, "seconds": took, "used_bytes": await _used(on)}
            levels.append(level | {"redis_rss_mib": on.rss_mib("redis"), "keys": float(await on.redis.dbsize())})
    return levels


async def _round(store: Store, rng: Random, count: int) -> None:
    await ours.fill(store, rng, count)
    done = 0
    while done < count:
        claimed = await store.deliveries.claim("bench", 50)
        async with asyncio.TaskGroup() as group:
            for delivery in claimed.deliveries:
                group.create_task(store.deliveries.settle(delivery, Event.SUCCEED, VIDEO))
        done += len(claimed.deliveries)


async def _forgotten(on: Stage) -> bool:
    """Whether no key is left that has a TTL: the records of tasks that have ended."""
    space: Mapping[str, Any] = (await on.redis.info("keyspace")).get("db0", {})
    return not space.get("expires", 0)


async def _used(on: Stage) -> float:
    return float((await on.redis.info("memory"))["used_memory"])


def _report(
    sizes: Mapping[str, float], levels: Sequence[Mapping[str, float]], queued: int, each: int, server: str
) -> Report:
    second, last = levels[min(1, len(levels) - 1)], levels[-1]
    growth = (last["used_bytes"] - second["used_bytes"]) / max(1.0, last["tasks"] - second["tasks"])
    rows: list[Row] = [
        {"figure": f"bytes in Redis a queued task ({queued:,} of them)", "value": sizes["bytes"]},
        {"figure": "of that the request, JSON with every default", "value": sizes["request"]},
        {"figure": "bytes a queued task if the request were deflated", "value": sizes["bytes, compressed"]},
        {"figure": "the request, deflated", "value": sizes["request, compressed"]},
        {"figure": f"bytes left behind a task, after round 2 of {len(levels)} x {each:,}", "value": growth},
        {"figure": "keys left after the last round", "value": last["keys"]},
    ]
    base = levels[0]["used_bytes"]
    return Report(
        title="memory: bytes in Redis, a prompt of 500 bytes",
        load=f"{queued:,} tasks enqueued; then {len(levels)} rounds of {each:,} tasks: enqueue, claim, settle, expire",
        rows=rows,
        picture=Lines(
            "tasks that have come and gone",
            "used memory, relative to round 1",
            [level["tasks"] for level in levels],
            {"Redis": [level["used_bytes"] / base for level in levels]},
        ),
        verdicts=[
            Verdict(what="bytes a queued task", value=sizes["bytes"], target=MOST_BYTES, unit="B"),
            Verdict(what="bytes left behind a task", value=growth, target=1.0, unit="B"),
        ],
        raw={"sizes": sizes, "levels": levels},
        server=server,
    )


if __name__ == "__main__":
    run(bench)
