"""`GET /aigc/status/{id}` beside a route that makes one bare HGETALL."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from random import Random

from aigcq.store import open_store
from benchmarks import load, ours
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import Measure, interleaved, medians, ratio
from benchmarks.stage import stage

OURS = "ours"


async def bench(plan: Plan) -> Report:
    seconds, rounds, queued = plan.pick(2.0, 1.0, 0.2), plan.pick(5, 3, 1), plan.pick(1000, 500, 50)
    async with stage() as on:
        async with open_store(on.settings(), on.redis_url) as store:
            ids = await ours.fill(store, Random(plan.seed), queued)
        async with asyncio.TaskGroup() as group:
            started = {OURS: group.create_task(on.start_api())}
            for kind in plan.pick(("fastapi", "starlette"), ("fastapi", "starlette"), ("starlette",)):
                command = [sys.executable, "-m", "benchmarks.doors", kind]
                started[f"ceiling, {kind}"] = group.create_task(on.start_door(f"ceiling-{kind}", command))
        contestants: dict[str, Measure] = {}
        for name, task in started.items():
            paths = [("/aigc/status/" if name == OURS else "/status/") + task_id for task_id in ids]
            contestants[name] = partial(load.get, task.result(), paths, seconds, on.folder)
        samples = await interleaved(contestants, rounds, plan.seed, warm_up=plan.size != "smoke")
        found, server = medians(samples), on.server
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
    return Report(
        title=f"status: GET of {queued} queued tasks in turn, one server process each",
        load=f"{load.generator()}; {seconds:g} s a sample; medians of {rounds} interleaved rounds",
        rows=rows,
        picture=Bars("requests/s", {name: figures["per_second"] for name, figures in found.items()}),
        verdicts=[
            Verdict(what=f"ours / {name}", value=ratio(samples, OURS, name, "per_second"), target=0.85, at_least=True)
            for name in found
            if name != OURS
        ],
        notes=["Ours answers with the record, the request, the position and the result; the ceiling with the record."],
        raw=samples,
        server=server,
    )


if __name__ == "__main__":
    run(bench)
