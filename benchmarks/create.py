"""`POST /aigc/create` beside one bare EVALSHA behind the same route, and beside the peers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from random import Random

from benchmarks import load, prompts
from benchmarks.peers import PEERS, installed
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import Measure, Sample, interleaved, medians, ratio
from benchmarks.stage import Stage, stage

CEILINGS = ("fastapi", "starlette")
OURS = "ours"


async def bench(plan: Plan) -> Report:
    seconds, rounds = plan.pick(2.0, 1.0, 0.2), plan.pick(5, 1, 1)
    async with stage() as on:
        urls = await _doors(on, plan)
        body = prompts.body(Random(plan.seed))
        contestants: dict[str, Measure] = {
            name: partial(load.post, url, body, seconds, on.folder) for name, url in urls.items()
        }
        samples = await interleaved(contestants, rounds, plan.seed, warm_up=plan.size != "smoke")
        return _report(samples, seconds, on.server, plan.peers)


async def _doors(on: Stage, plan: Plan) -> dict[str, str]:
    """Start every server; return the address of each one's route."""
    pythons = {peer: await installed(peer) for peer in plan.peers}
    async with asyncio.TaskGroup() as group:
        started = {OURS: group.create_task(on.start_api())}
        for kind in plan.pick(CEILINGS, CEILINGS, CEILINGS[1:]):
            command = [sys.executable, "-m", "benchmarks.doors", kind]
            started[f"ceiling, {kind}"] = group.create_task(on.start_door(f"ceiling-{kind}", command))
            for peer, python in pythons.items():
                command = [python, "-m", "benchmarks.peers.door", peer, kind]
                started[f"{peer}, {kind}"] = group.create_task(on.start_door(f"{peer}-{kind}", command))
    return {name: task.result() + ("/aigc/create" if name == OURS else "/create") for name, task in started.items()}


def _report(samples: dict[str, list[Sample]], seconds: float, server: str, peers: Sequence[str]) -> Report:
    found = medians(samples)
    rows: list[Row] = [
        {
            "who": name,
            "requests/s": figures["per_second"],
            "p50 ms": figures["p50_ms"],
            "p99 ms": figures["p99_ms"],
            "ours / it": ratio(samples, OURS, name, "per_second"),
        }
        for name, figures in found.items()
    ]
    verdicts = [
        Verdict(what=f"ours / {name}", value=ratio(samples, OURS, name, "per_second"), target=0.80, at_least=True)
        for name in found
        if name.startswith("ceiling")
    ]
    for kind in CEILINGS if peers else ():
        rivals = [f"{peer}, {kind}" for peer in peers]
        nearest = min(rivals, key=lambda name: ratio(samples, OURS, name, "per_second"))
        value = ratio(samples, OURS, nearest, "per_second")
        verdicts.append(Verdict(what=f"ours / the best peer ({nearest})", value=value, target=1.5, at_least=True))
    return Report(
        title="create: POST with a 500-byte prompt, one server process each",
        load=f"{load.generator()}; {seconds:g} s a sample; medians of {len(samples[OURS])} interleaved rounds",
        rows=rows,
        picture=Bars("requests/s", {name: figures["per_second"] for name, figures in found.items()}),
        verdicts=verdicts,
        raw=samples,
        server=server,
    )


if __name__ == "__main__":
    run(bench, peers=PEERS)
