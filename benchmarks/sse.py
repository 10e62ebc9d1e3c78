"""Thousands of clients who listen to events on one API process: memory, CPU, Redis commands, how late all know."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from aigcq.store import open_store
from aigcq.store.tasks import NewTask
from benchmarks.monitor import heard
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Row, Verdict
from benchmarks.rounds import quantile
from benchmarks.stage import Stage, port_of, stage

REQUEST: Final = b"GET /aigc/events HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n"
NAMED: Final = b'"task_id":"'
ID_CHARS: Final = 36
AT_ONCE: Final = 100
"""Connections that are made together."""
MOST_KIB: Final = 64.0
MOST_COMMANDS: Final = 10.0
STOP_SECONDS: Final = 10.0


@dataclass(slots=True)
class Audience:
    """Who listens, and when each was told of which task."""

    told: dict[bytes, list[float]] = field(default_factory=lambda: defaultdict(list))
    opened: int = 0
    closed: int = 0
    transports: list[asyncio.BaseTransport] = field(default_factory=list)

    async def grow(self, on: Stage, url: str, count: int) -> None:
        """Let there be `count` listeners."""
        loop, port = asyncio.get_running_loop(), int(port_of(url))
        while (missing := count - len(self.transports)) > 0:
            async with asyncio.TaskGroup() as group:
                made = [
                    group.create_task(loop.create_connection(lambda: Listener(self), "127.0.0.1", port))
                    for _ in range(min(missing, AT_ONCE))
                ]
            self.transports += [each.result()[0] for each in made]

        async def all_open() -> bool:
            return self.opened >= count

        await on.until(all_open)


class Listener(asyncio.Protocol):
    """One client: as cheap as it can be, for all of them share this process."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._new = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(REQUEST)  # type: ignore[attr-defined]  # what is connected to a server can write

    def data_received(self, data: bytes) -> None:
        if self._new and b"\r\n\r\n" in data:
            self._new = False
            self._audience.opened += 1
        start = data.find(NAMED)
        while start >= 0:
            start += len(NAMED)
            self._audience.told[data[start : start + ID_CHARS]].append(monotonic())
            start = data.find(NAMED, start)

    def connection_lost(self, exc: Exception | None) -> None:
        self._audience.closed += 1


async def bench(plan: Plan) -> Report:
    levels = plan.pick((10, 500, 2000), (10, 500, 2000), (5, 20))
    events = plan.pick(8, 6, 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    async with stage() as on:
        url, audience, rows = await on.start_api(), Audience(), []
        raw: dict[str, Any] = {}
        before = on.rss_mib("api")
        for count in levels:
            await audience.grow(on, url, count)
            row, latencies = await _level(on, audience, count, events)
            rows.append(row)
            raw[str(count)] = latencies
        begun = monotonic()
        await on.end("api")
        stopped, server = monotonic() - begun, on.server
    each_kib = (float(rows[-1]["RSS MiB"]) - before) * 1024 / levels[-1]
    return Report(
        title="sse: clients of one API process who listen to all events",
        load=f"{events} tasks, one a second, with so many listeners; clients, API and Redis share the machine",
        rows=rows,
        picture=Bars("p99 ms until a client knows", {str(row["clients"]): float(row["p99 ms"]) for row in rows}, 1000),
        verdicts=[
            Verdict(what="memory for a client", value=each_kib, target=MOST_KIB, unit="KiB"),
            Verdict(what="Redis commands/s", value=float(rows[-1]["Redis commands/s"]), target=MOST_COMMANDS),
            Verdict(what="stop with all of them", value=stopped, target=STOP_SECONDS, unit="s"),
            Verdict(what="of its events told", value=float(rows[-1]["told %"]), target=100, unit="%", at_least=True),
        ],
        notes=[f"Before the first client the API took {before:.0f} MiB. Creating the tasks is not counted."],
        raw=raw,
        server=server,
    )


async def _level(on: Stage, audience: Audience, count: int, events: int) -> tuple[Row, list[float]]:
    cpu, begun = on.cpu_seconds("api"), monotonic()
    async with asyncio.TaskGroup() as group:
        commands = group.create_task(heard(on.redis_url, float(events)))
        made = await _make(on, events)
    took = monotonic() - begun
    busy = (on.cpu_seconds("api") - cpu) / took * 100
    counted = Counter(words[0].upper() for words in commands.result())
    read = (counted.total() - counted["EVALSHA"] - counted["EVAL"]) / took
    latencies = [at - sent for task_id, sent in made.items() for at in audience.told.pop(task_id.encode(), ())]
    row: Row = {
        "clients": count,
        "RSS MiB": on.rss_mib("api"),
        "CPU %": busy,
        "Redis commands/s": read,
        "p50 ms": quantile(latencies, 0.5) * 1000,
        "p99 ms": quantile(latencies, 0.99) * 1000,
        "told %": 100 * len(latencies) / (count * events),
    }
    return row, sorted(latencies)[:: max(1, len(latencies) // 100)]


async def _make(on: Stage, events: int) -> dict[str, float]:
    """Create a task a second; return when each was asked for."""
    made = {}
    async with open_store(on.settings(), on.redis_url) as store:
        for _ in range(events):
            task_id = str(uuid4())
            made[task_id] = monotonic()
            await store.tasks.enqueue(NewTask(id=task_id, request="{}"))
            await on.clock.sleep(1)
    return made


if __name__ == "__main__":
    run(bench)
