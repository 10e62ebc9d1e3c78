"""How evenly tenants share the account: slot-seconds, what a light one waits beside a heavy one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from aigcq.store import open_store
from aigcq.tenant import Tenant
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import quantile
from benchmarks.shop import KINDS, OBSERVED, SIGMA, SLOTS, Shop, Work, backlog, by_turns, in_turn, work
from benchmarks.stage import Stage, stage

SHORT, LONG = KINDS
LEAST_JAIN: Final = 0.99
MOST_DEVIATION: Final = 2.0
SPARE: Final = 1.3
"""Whoever gets more than its share must not run out early."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What tenants who all had more to do have used."""

    name: str
    weights: Mapping[str, int]
    tasks: int
    used: Mapping[str, float]
    used_by_turns: Mapping[str, float]

    @property
    def jain(self) -> float:
        return jain(self._shares(self.used))

    @property
    def deviation(self) -> float:
        """How far the worst is from its share, percent."""
        shares = self._shares(self.used)
        mean = sum(self.used.values()) / sum(self.weights.values())
        return max(abs(share / mean - 1) for share in shares) * 100

    @property
    def jain_by_turns(self) -> float:
        return jain(self._shares(self.used_by_turns))

    def _shares(self, used: Mapping[str, float]) -> list[float]:
        return [used[tenant] / weight for tenant, weight in self.weights.items()]


def jain(shares: Sequence[float]) -> float:
    """Return Jain's index: 1 if all are alike, 1/n if one has everything."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


async def bench(plan: Plan) -> Report:
    seconds = plan.pick({2: 60_000, 10: 20_000, 100: 6_000}, {2: 20_000, 10: 6_000, 100: 2_000}, {2: 3_000, 4: 2_000})
    async with stage() as on:
        found = [await _equals(on, plan, count, each) for count, each in seconds.items()]
        found.append(await _weighted(on, plan, plan.pick(240_000, 30_000, 2_000)))
        next_up = await _one_beside(on, plan, plan.pick(10_000, 2_000, 100))
        waits = await _beside_a_flood(on, plan, plan.pick(900, 200, 40))
        return _report(found, next_up, waits, on.server)


@asynccontextmanager
async def _shop(on: Stage, plan: Plan, queue: str) -> AsyncIterator[Shop]:
    settings = on.settings(queue=queue, default_threshold=SLOTS, max_threshold=SLOTS)
    async with open_store(settings, on.redis_url) as store:
        shop = Shop(store, Random(plan.seed))
        await shop.observe()
        yield shop


async def _equals(on: Stage, plan: Plan, count: int, seconds: float) -> Shared:
    """Let tenants of equal weight work: one has short videos, the next long ones, the next both."""
    kinds = ([SHORT], [LONG], [SHORT, LONG])
    tenants = {f"t{number}": kinds[number % 3] for number in range(count)}
    return await _shared(on, plan, f"{count} tenants alike", dict.fromkeys(tenants, 1), tenants, seconds)


async def _weighted(on: Stage, plan: Plan, seconds: float) -> Shared:
    weights = {f"w{weight}": weight for weight in (1, 2, 3, 4)}
    return await _shared(on, plan, "weights 1 to 4", weights, dict.fromkeys(weights, [SHORT, LONG]), seconds)


async def _shared(
    on: Stage, plan: Plan, name: str, weights: Mapping[str, int], kinds: Mapping[str, Sequence[str]], seconds: float
) -> Shared:
    rng = Random(plan.seed)
    works = [
        each
        for tenant, weight in weights.items()
        for each in backlog(rng, tenant, kinds[tenant], seconds * weight * SPARE)
    ]
    rng.shuffle(works)
    async with _shop(on, plan, name.replace(" ", "-")) as shop:
        for tenant, weight in weights.items():
            await shop.store.tenants.put(Tenant(name=tenant, weight=weight))
        await shop.put(works)
        used = await shop.until_one_runs_out(weights)
        return Shared(name, weights, len(shop.started), used, by_turns(works, weights))


async def _one_beside(on: Stage, plan: Plan, queued: int) -> Row:
    """Return where one task of a tenant stands beside so many of another, and how many slots it sees go to others."""
    async with _shop(on, plan, "beside") as shop:
        await shop.put([work(shop.rng, "heavy", LONG) for _ in range(queued + SLOTS)])
        await shop.fill()
        (view,) = await shop.put([work(shop.rng, "light", SHORT)])
        freed = 0
        while view.task.id not in shop.started:
            await shop.end_one()
            await shop.fill()
            freed += 1
        return {"position": float(view.position or 0), "freed": float(freed), "queued": float(queued)}


async def _beside_a_flood(on: Stage, plan: Plan, flood: int) -> Row:
    """Return how long short videos wait, one now and then, beside a flood of long ones; here, and first come first."""
    rng = Random(plan.seed)
    heavy = [work(rng, "heavy", LONG) for _ in range(flood)]
    light: list[tuple[float, Work]] = []
    at, end = 0.0, flood * KINDS[LONG] / SLOTS * 0.8  # there must be a flood still
    while (at := at + rng.expovariate(1 / 300)) < end:
        light.append((at, work(rng, "light", SHORT)))
    async with _shop(on, plan, "flood") as shop:
        await shop.put(heavy)
        await shop.fill()
        came: dict[str, float] = {}
        for moment, it in light:
            while shop.next_end < moment:
                await shop.end_one()
                await shop.fill()
            shop.now = moment
            (view,) = await shop.put([it])
            came[view.task.id] = moment
            await shop.fill()
        while any(task_id not in shop.started for task_id in came):
            await shop.end_one()
            await shop.fill()
        waits = [shop.started[task_id] - moment for task_id, moment in came.items()]
    first_come = in_turn([*((0.0, it) for it in heavy), *light])[flood:]
    return {
        "flood": float(flood),
        "arrivals": float(len(waits)),
        "p50": quantile(waits, 0.5),
        "p95": quantile(waits, 0.95),
        "p95, first come": quantile(first_come, 0.95),
    }


def _report(found: Sequence[Shared], next_up: Row, waits: Row, server: str) -> Report:
    rows: list[Row] = [
        {
            "who": each.name,
            "videos made": float(each.tasks),
            "Jain index": f"{each.jain:.4f}",
            "worst deviation, %": each.deviation,
            "Jain index, by turns": f"{each.jain_by_turns:.4f}",
        }
        for each in found
    ]
    weighted = found[-1]
    queued, flood = float(next_up["queued"]), float(waits["flood"])
    verdicts = [
        Verdict(what=f"Jain index, {each.name}", value=each.jain, target=LEAST_JAIN, at_least=True)
        for each in found[:-1]
    ]
    verdicts += [
        Verdict(what=f"worst deviation, {weighted.name}", value=weighted.deviation, target=MOST_DEVIATION, unit="%"),
        Verdict(what=f"position beside {queued:,.0f} queued", value=float(next_up["position"]), target=1),
        Verdict(what="slots that are freed until it runs", value=float(next_up["freed"]), target=1),
        Verdict(
            what=f"p95 wait beside a flood of {flood:,.0f} long ones",
            value=float(waits["p95"]),
            target=KINDS[LONG],
            unit="s",
        ),
    ]
    return Report(
        title="fairness: slot-seconds of tenants who all have more to do",
        load=(
            f"{SLOTS} slots; videos of {KINDS[SHORT]:.0f} s and {KINDS[LONG]:.0f} s, lognormal with sigma {SIGMA}, "
            f"{OBSERVED} of each observed before; store and scripts as they are, the vendor in virtual time"
        ),
        rows=rows,
        picture=Bars(
            "Jain index of slot-seconds, divided by weights; 1: all alike. By turns: round robin, task by task",
            {
                f"{who}, {each.name}": value
                for each in found
                for who, value in (("ours", each.jain), ("by turns", each.jain_by_turns))
            },
            target=LEAST_JAIN,
        ),
        verdicts=verdicts,
        notes=[
            "Alike: one tenant has short videos, the next long ones, the next both; in the last row all have both.",
            f"Beside it came {waits['arrivals']:.0f} short videos, one in 300 s; they waited {waits['p50']:.0f} s "
            f"(p50) and {waits['p95']:.0f} s (p95); first come, first served: {waits['p95, first come']:,.0f} s (p95).",
            "Short videos and long ones are as far apart as what was observed of them is inexact.",
        ],
        raw={
            "shares": {each.name: {"used": each.used, "by turns": each.used_by_turns} for each in found},
            "beside": next_up,
            "flood": waits,
        },
        server=server,
    )


if __name__ == "__main__":
    run(bench)
