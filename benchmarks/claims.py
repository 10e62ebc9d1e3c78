"""What a claim costs inside of Redis with one tenant, with a thousand, and with a hundred of those at their cap."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from aigcq.model import Delivery, Event
from aigcq.store import Store, open_store
from aigcq.tenant import Tenant
from benchmarks.growth import VIDEO, inside
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import Measure, Sample, interleaved, medians, ratio
from benchmarks.shop import KINDS, Shop, work
from benchmarks.stage import Stage, stage

KIND: Final = next(iter(KINDS))
MOST_RATIO: Final = 1.5
ONE: Final = "one tenant"


@dataclass(slots=True)
class Crowd:
    """A queue, and what runs of it."""

    store: Store
    capped: frozenset[str]
    tenant_of: dict[str, str] = field(default_factory=dict)
    held: list[Delivery] = field(default_factory=list)
    """Of tenants at their cap."""


async def bench(plan: Plan) -> Report:
    many, queued = plan.pick(1000, 200, 20), 5
    rounds, calls = plan.pick(9, 5, 1), plan.pick(200, 50, 10)
    capped = many // 10
    names = [ONE, f"{many:,} tenants", f"{many:,}, {capped} at their cap"]
    async with stage() as on, AsyncExitStack() as stores:
        rng, contestants = Random(plan.seed), dict[str, Measure]()
        for number, name in enumerate(names):
            store = await stores.enter_async_context(open_store(on.settings(queue=f"c{number}"), on.redis_url))
            tenants = [f"t{each}" for each in range(many if number else 1)]
            crowd = Crowd(store, frozenset(tenants[:capped] if number == 2 else ()))
            await _gather(crowd, rng, [each for _ in range(many * queued // len(tenants)) for each in tenants])
            contestants[name] = partial(_claims, on, crowd, calls, rng)
        samples = await interleaved(contestants, rounds, plan.seed, warm_up=plan.size != "smoke")
        return _report(samples, names, f"{calls} claims a sample; medians of {rounds}", many * queued, on.server)


async def _gather(crowd: Crowd, rng: Random, tenants: list[str]) -> None:
    """Queue one of each, and bring those that have a cap to it."""
    for tenant in sorted(crowd.capped):
        await crowd.store.tenants.put(Tenant(name=tenant, max_live=1))
    await _queue(crowd, rng, tenants)
    while crowd.capped - {crowd.tenant_of[each.task_id] for each in crowd.held}:
        await _give_back(crowd, rng, await _take(crowd, 50))


async def _queue(crowd: Crowd, rng: Random, tenants: list[str]) -> None:
    views = await Shop(crowd.store, rng).put([work(rng, tenant, KIND) for tenant in tenants])
    crowd.tenant_of |= {view.task.id: tenant for view, tenant in zip(views, tenants, strict=True)}


async def _take(crowd: Crowd, count: int) -> list[Delivery]:
    return [each for _ in range(count) for each in (await crowd.store.deliveries.claim("bench", 1)).deliveries]


async def _give_back(crowd: Crowd, rng: Random, taken: list[Delivery]) -> None:
    """End what was taken and queue as much anew: the queue is as long afterwards. Who is at its cap stays there."""
    done = [each for each in taken if crowd.tenant_of[each.task_id] not in crowd.capped]
    crowd.held += [each for each in taken if crowd.tenant_of[each.task_id] in crowd.capped]
    for each in done:
        await crowd.store.deliveries.settle(each, Event.SUCCEED, VIDEO)
    await _queue(crowd, rng, [crowd.tenant_of[each.task_id] for each in done])


async def _claims(on: Stage, crowd: Crowd, calls: int, rng: Random) -> Sample:
    """Return the microseconds of a claim; a tenth of those at their cap have room for one more before."""
    freed, crowd.held = crowd.held[: len(crowd.capped) // 10], crowd.held[len(crowd.capped) // 10 :]
    for each in freed:
        await crowd.store.deliveries.settle(each, Event.SUCCEED, VIDEO)
    await _queue(crowd, rng, [crowd.tenant_of[each.task_id] for each in freed])
    await on.redis.config_resetstat()
    taken = await _take(crowd, calls)
    sample = {"claim": await inside(on) / calls, "live": float(len(taken) + len(crowd.held))}
    await _give_back(crowd, rng, taken)
    return sample


def _report(samples: dict[str, list[Sample]], names: list[str], load: str, queued: int, server: str) -> Report:
    found = medians(samples)
    rows: list[Row] = [
        {
            "who": name,
            "us of a claim, in Redis": found[name]["claim"],
            "it / one tenant": ratio(samples, name, ONE, "claim"),
            "permits after the sample": found[name]["live"],
        }
        for name in names
    ]
    return Report(
        title="claims: microseconds of a claim inside of Redis, by who has something queued",
        load=f"{queued:,} tasks queued in each; {load} interleaved rounds",
        rows=rows,
        picture=Bars("us of a claim, in Redis", {name: found[name]["claim"] for name in names}),
        verdicts=[
            Verdict(what=f"{name} / {ONE}", value=ratio(samples, name, ONE, "claim"), target=MOST_RATIO)
            for name in names[1:]
        ],
        notes=["Before each sample a tenth of those at their cap get room for one more, and reach it again."],
        raw=samples,
        server=server,
    )


if __name__ == "__main__":
    run(bench)
