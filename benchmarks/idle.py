"""Redis commands per second and CPU of an API and a worker that have nothing to do."""

from __future__ import annotations

from collections import Counter
from time import monotonic
from typing import Final

from benchmarks.monitor import heard
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.stage import DEFAULTS, Stage, stage

MOST_COMMANDS: Final = 3.0
MOST_CPU_PERCENT: Final = 1.0


async def bench(plan: Plan) -> Report:
    seconds, settling = plan.pick(30.0, 10.0, 1.0), plan.pick(6.0, 3.0, 0.5)
    async with stage() as on:
        await on.start_vendor()
        await on.start_api(**DEFAULTS)
        await on.clock.sleep(settling)
        api = await _watched(on, "api", seconds / 2)
        await on.start_worker(**DEFAULTS)
        await on.clock.sleep(settling)
        both = await _watched(on, "worker", seconds)
        server = on.server
    rows: list[Row] = [
        {"process": name, "Redis commands/s": each[0], "CPU %": each[1], "RSS MiB": each[2], "commands": each[3]}
        for name, each in {"ours: API": api, "ours: worker (commands of both)": both}.items()
    ]
    worst = max(api[0], both[0] - api[0]), max(api[1], both[1])
    return Report(
        title="idle: nothing is queued, nothing runs, every setting at its default",
        load=f"API alone for {seconds / 2:g} s, then with one worker for {seconds:g} s; commands as MONITOR shows them",
        rows=rows,
        picture=Bars(
            "Redis commands per second", {"ours: API": api[0], "ours: worker": both[0] - api[0]}, MOST_COMMANDS
        ),
        verdicts=[
            Verdict(what="Redis commands/s, a process", value=worst[0], target=MOST_COMMANDS),
            Verdict(what="CPU, a process", value=worst[1], target=MOST_CPU_PERCENT, unit="%"),
        ],
        notes=["What scripts call inside of Redis is not counted: it costs no round trip."],
        raw={"api": api, "api and worker": both},
        server=server,
    )


async def _watched(on: Stage, name: str, seconds: float) -> tuple[float, float, float, str]:
    """Return commands per second, CPU in percent and MiB of one process, and what was sent."""
    cpu, begun = on.cpu_seconds(name), monotonic()
    commands = Counter(words[0].upper() for words in await heard(on.redis_url, seconds))
    took = monotonic() - begun
    sent = ", ".join(f"{word} {count / took:.2f}" for word, count in commands.most_common(6))
    return commands.total() / took, (on.cpu_seconds(name) - cpu) / took * 100, on.rss_mib(name), sent or "none"


if __name__ == "__main__":
    run(bench)
