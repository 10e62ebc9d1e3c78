"""Breaking things: every fault of the plan, on real processes and real connections."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from aigcq.clock import Clock
from chaos.inside import clock_file
from chaos.plan import Step
from chaos.polls import Polls
from chaos.processes import Processes
from chaos.proxy import Mode, Proxy

T = TypeVar("T")

HOUR: Final = 3600.0
MIXES: Final[tuple[dict[str, float], ...]] = (
    {"reply_lost": 0.15, "request_lost": 0.1},
    {"bad_gateway": 0.3, "bad_gateway_after": 0.1},
    {"internal_error": 0.2, "internal_error_after": 0.1, "describe_internal_error": 0.2},
    {"bad_json": 0.1, "bad_json_after": 0.1, "describe_bad_json": 0.2, "slow": 0.2},
    {"hang": 0.1, "hang_after": 0.1, "describe_hang": 0.1},
    {"throttle_storm": 0.5},
    {"async_fail:InternalError": 0.1, "async_fail:RequestLimitExceeded": 0.1},
    {"describe_bad_gateway": 0.4, "describe_reply_lost": 0.2},
    {"auth_failure": 0.5},
)


@dataclass
class Faults:
    """Follows the plan until it is over, then mends everything."""

    plan: Sequence[Step]
    processes: Processes
    proxies: list[Proxy]
    redis: Redis
    session: aiohttp.ClientSession
    clock: Clock
    polls: Polls
    add_worker: Callable[[], str]
    counts: Counter[str] = field(default_factory=Counter)
    struck: list[dict[str, Any]] = field(default_factory=list)
    """What really happened: when, what, to whom."""
    deserters: list[str] = field(default_factory=list)
    """Parts that ended by themselves; they were started again, as a supervisor would."""
    deaths: int = 0
    """How often a toxic task has killed its worker."""
    under_way: int = 0
    held: bool = False
    """Nothing more is broken until this ends; the plan waits, too."""
    _redis_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _vendor_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, still: Callable[[], bool]) -> None:
        """Strike by the plan, as long as it is `still` wanted."""
        waited, began = 0.0, self.clock.monotonic()
        async with asyncio.TaskGroup() as strikes:
            for step in self.plan:
                while still() and (self.held or self.clock.monotonic() - began - waited < step.at):
                    waited += 0.1 if self.held else 0.0
                    await self.clock.sleep(0.1)
                    self.replace_deserters()
                if not still():
                    return
                strikes.create_task(self._strike(step))

    async def _strike(self, step: Step) -> None:
        ms = round(self.clock.now() * 1000)
        self.under_way += 1
        self.counts[step.fault] += 1
        verb: Callable[[Step], Awaitable[str]] = getattr(self, f"_{step.fault}")
        try:
            victim = await verb(step)
        finally:
            self.under_way -= 1
        self.struck.append({"ms": ms, "fault": step.fault, "victim": victim, "seconds": step.seconds})

    def replace_deserters(self) -> None:
        """Start again what has ended by itself, as a supervisor would; a toxic task kills with SIGKILL."""
        for name, code in self.processes.ended_by_themselves().items():
            if name.startswith("worker") and code == -signal.SIGKILL:
                self.deaths += 1
            else:
                self.deserters.append(f"{name} ended with {code}")
            self.processes.restart(name)

    async def mend(self) -> None:
        """Make everything whole again, once all that strikes now is over."""
        while self.under_way:
            await self.clock.sleep(0.05)
        for proxy in self.proxies:
            proxy.mode = Mode.PASS
        await self._set_simulator({})
        await self._on_redis(("CONFIG", "SET", "maxmemory", "0"))
        for name, part in self.processes.parts.items():
            if self.processes.alive(name):
                self.processes.signal(name, signal.SIGCONT)
            elif not part.told_to_end:
                self.processes.restart(name)

    async def _kill_worker(self, step: Step) -> str:
        name = _pick(self.processes.named("worker"), step)
        await self.processes.end(name, signal.SIGKILL)
        self.add_worker()
        await self.polls.await_those_of(name)
        return name

    async def _replace_worker(self, step: Step) -> str:
        name = _pick(self.processes.named("worker"), step)
        self.processes.signal(name, signal.SIGTERM)
        self.add_worker()
        return name

    async def _stall_worker(self, step: Step) -> str:
        return await self._stall(_pick(self.processes.named("worker"), step), step)

    async def _stall_api(self, step: Step) -> str:
        return await self._stall(_pick(self.processes.named("api"), step), step)

    async def _stall(self, name: str, step: Step) -> str:
        self.processes.signal(name, signal.SIGSTOP)
        await self.clock.sleep(step.seconds)
        self.processes.signal(name, signal.SIGCONT)
        return name

    async def _step_clock(self, step: Step) -> str:
        """Put the wall clock of one worker an hour forward or back for a while."""
        name = _pick(self.processes.named("worker"), step)
        file = clock_file(self.processes.folder, name)
        hour = HOUR if step.amount < 0.5 else -HOUR
        file.write_text(str(hour))
        await self.clock.sleep(step.seconds)
        file.unlink(missing_ok=True)
        return f"{name} {hour:+g} s"

    async def _kill_api(self, step: Step) -> str:
        name = _pick(self.processes.named("api"), step)
        await self.processes.end(name, signal.SIGKILL)
        self.processes.restart(name)
        return name

    async def _restart_redis(self, step: Step) -> str:
        return await self._end_redis(step, signal.SIGTERM)

    async def _kill_redis(self, step: Step) -> str:
        return await self._end_redis(step, signal.SIGKILL)

    async def _end_redis(self, step: Step, number: signal.Signals) -> str:
        async with self._redis_lock:
            await self.processes.end("redis", number)
            await self.clock.sleep(step.seconds)
            self.processes.restart("redis")
            await self._on_redis(("PING",))
        return "redis"

    async def _break_link(self, step: Step) -> str:
        """Cut, delay, swallow or mute one link; half of what was open stays broken for good."""
        proxy = _pick(self.proxies, step)
        modes = list(Mode)
        proxy.mode = modes[int(step.amount * len(modes))]
        proxy.delay_seconds = step.amount
        broken = f"{proxy.name} {proxy.mode}"
        if proxy.mode in (Mode.PASS, Mode.REFUSE):
            proxy.cut()
        await self.clock.sleep(step.seconds)
        proxy.mode = Mode.PASS
        proxy.cut()  # what hung stays broken: a half-open connection never heals
        return broken

    async def _flush_scripts(self, step: Step) -> str:
        await self._on_redis(("SCRIPT", "FLUSH"))
        return "redis"

    async def _fill_memory(self, step: Step) -> str:
        """Leave Redis no room for new work for a while; what runs must still end."""
        async with self._redis_lock:
            await self._on_redis(("CONFIG", "SET", "maxmemory", "1mb"))
            await self.clock.sleep(step.seconds)
            await self._on_redis(("CONFIG", "SET", "maxmemory", "0"))
        return "redis"

    async def _upset_vendor(self, step: Step) -> str:
        mix = MIXES[int(step.amount * len(MIXES))]
        async with self._vendor_lock:
            await self._set_simulator(mix)
            await self.clock.sleep(step.seconds)
            await self._set_simulator({})
        return ", ".join(mix)

    async def _set_simulator(self, mix: Mapping[str, float]) -> None:
        url = f"http://127.0.0.1:{self.processes.vendor_port}/_simulator/settings"
        async with self.session.patch(url, json={"faults": dict(mix), "hang_seconds": 8}) as answer:
            answer.raise_for_status()

    async def _on_redis(self, command: tuple[str, ...]) -> None:
        for _ in range(100):
            with suppress(RedisError, OSError):
                await self.redis.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's
                return
            await self.clock.sleep(0.1)


def _pick(candidates: Sequence[T], step: Step) -> T:
    return candidates[int(step.which * len(candidates))]
