"""What create, claim, position and settle cost with 10^3, 10^4, 10^5 and 10^6 tasks in the queue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from time import monotonic
from typing import Any, Final

from aigcq.model import Delivery, Event, Status
from aigcq.store import Store, open_store
from aigcq.store.keys import Keys
from aigcq.store.scripts import composed
from aigcq.store.tasks import NewTask
from benchmarks import ours, prompts
from benchmarks.plan import Plan, run
from benchmarks.plot import Lines
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import Measure, Sample, interleaved, medians, ratio
from benchmarks.stage import Stage, stage

VERBS: Final = ("create", "position", "claim", "settle")
CHUNK: Final = 500
MOST_GROWTH: Final = 1.5
VIDEO: Final = {"video_url": "http://127.0.0.1/video.mp4"}


async def bench(plan: Plan) -> Report:
    sizes = plan.pick((10**3, 10**4, 10**5, 10**6), (10**3, 10**4), (100, 1000))
    rounds, calls = plan.pick(9, 5, 1), plan.pick(100, 50, 10)
    async with stage() as on, AsyncExitStack() as stores:
        rng, contestants = Random(plan.seed), dict[str, Measure]()
        for size in sizes:
            store = await stores.enter_async_context(open_store(on.settings(queue=f"q{size}"), on.redis_url))
            await _fill(on, f"q{size}", size, rng)
            contestants[f"{size:,}"] = partial(_verbs, on, store, calls, rng)
        samples = await interleaved(contestants, rounds, plan.seed, warm_up=plan.size != "smoke")
        return _report(samples, sizes, rounds, calls, on.server)


async def _fill(on: Stage, queue: str, count: int, rng: Random) -> None:
    """Enqueue `count` tasks by the product's own script, many in one call: a million by themselves take minutes."""
    source = composed("enqueue").partition("\n")[2]
    many = (
        "#!lua\nlocal K, A = KEYS, ARGV\n"
        f"local function enqueue(KEYS, ARGV)\n{source}\nend\n"
        "local prefix = A[1]\n"
        "for i = 4, #A do\n"
        "  local id = A[i]\n"
        "  enqueue({prefix .. id, prefix .. id .. ':request', K[1], K[2], K[3], K[4], K[5], K[6], K[7], K[8],\n"
        "    K[9], K[10], K[11]},\n"
        "    {prefix, id, A[2], '{\"attempt\":1}', A[3], 0, 100, 0, 1e12, '', 0, 0, 0, 0, 1, 10000, '', '', 60})\n"
        "end\nreturn 1"
    )
    sha = await on.redis.script_load(many)
    keys, request = Keys(queue), prompts.resolved(rng).to_json()
    idem = keys.idempotency("", "create", "")
    names = [
        keys.stream, keys.queued, keys.waiting, keys.meta, keys.events, idem, keys.lanes, keys.deadlines, keys.ended,
        keys.spend_prefix, keys.tenant(""),
    ]  # fmt: skip
    for first in range(0, count, CHUNK):
        ids = [f"{rng.getrandbits(128):032x}" for _ in range(min(CHUNK, count - first))]
        await on.redis.evalsha(sha, len(names), *names, keys.task_prefix, request, Status.QUEUED, *ids)


async def _verbs(on: Stage, store: Store, calls: int, rng: Random) -> Sample:
    """Return the microseconds of one call of each verb: here, and inside of Redis. The queue is as long afterwards."""
    new = [ours.new_task(rng) for _ in range(calls)]
    taken: list[Delivery] = []

    async def claim(_: NewTask) -> None:
        taken.extend((await store.deliveries.claim("bench", 1)).deliveries)

    async def settle(_: NewTask) -> None:
        await store.deliveries.settle(taken.pop(), Event.SUCCEED, VIDEO)

    steps: dict[str, Callable[[NewTask], Awaitable[Any]]] = {
        "create": store.tasks.enqueue,
        "position": lambda each: store.tasks.get(each.id),
        "claim": claim,
        "settle": settle,
    }
    sample: dict[str, float] = {}
    for verb in VERBS:
        await on.redis.config_resetstat()
        begun = monotonic()
        for each in new:
            await steps[verb](each)
        sample[verb] = (monotonic() - begun) / calls * 1e6
        sample[f"{verb}, in Redis"] = await inside(on) / calls
    return sample


async def inside(on: Stage) -> float:
    """Return the microseconds of scripts and transactions since the statistics began; what is in them included."""
    found = await on.redis.info("commandstats")
    return sum(float(found[f"cmdstat_{name}"]["usec"]) for name in ("evalsha", "exec") if f"cmdstat_{name}" in found)


def _report(samples: dict[str, list[Sample]], sizes: tuple[int, ...], rounds: int, calls: int, server: str) -> Report:
    found = medians(samples)
    names = [f"{size:,}" for size in sizes]
    smallest, largest = names[0], names[-1]
    rows: list[Row] = [
        {
            "verb": verb,
            "where": "in Redis" if inside else "here",
            **{f"{name} queued, us": found[name][verb + inside] for name in names},
            f"{largest} / {smallest}": ratio(samples, largest, smallest, verb + inside),
        }
        for verb in VERBS
        for inside in (", in Redis", "")
    ]
    return Report(
        title="growth: microseconds of one call, one at a time, by the length of the queue",
        load=f"{calls} calls of each verb a sample; medians of {rounds} interleaved rounds; all queues in one server",
        rows=rows,
        picture=Lines(
            "tasks in the queue",
            "us in Redis",
            sizes,
            {verb: [found[name][f"{verb}, in Redis"] for name in names] for verb in VERBS},
        ),
        verdicts=[
            Verdict(
                what=f"{verb} in Redis, {largest} / {smallest}",
                value=ratio(samples, largest, smallest, f"{verb}, in Redis"),
                target=MOST_GROWTH,
            )
            for verb in VERBS
        ],
        raw=samples,
        server=server,
    )


if __name__ == "__main__":
    run(bench)
