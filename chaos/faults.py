"""What is broken, when: a schedule that the seed decides."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from aigcq.clock import Clock
from chaos.processes import Processes
from chaos.proxy import Mode, Proxy

PAUSE_SECONDS = 1.2
"""Mean time between two faults."""
MIXES: tuple[dict[str, float], ...] = (
    {},
    {"reply_lost": 0.15, "request_lost": 0.1},
    {"bad_gateway": 0.3, "bad_gateway_after": 0.1},
    {"internal_error": 0.2, "internal_error_after": 0.1, "describe_internal_error": 0.2},
    {"bad_json_after": 0.1, "slow": 0.2},
    {"throttle_storm": 0.5},
    {"async_fail:InternalError": 0.1, "async_fail:RequestLimitExceeded": 0.1},
    {"describe_bad_gateway": 0.4, "describe_reply_lost": 0.2},
)


@dataclass
class Faults:
    """Breaks one thing after the other until it is told to stop, then mends everything."""

    processes: Processes
    proxies: list[Proxy]
    redis: Redis
    session: aiohttp.ClientSession
    rng: Random
    clock: Clock
    add_worker: Callable[[], str]
    lease_seconds: float
    counts: Counter[str] = field(default_factory=Counter)
    history: list[dict[str, Any]] = field(default_factory=list)
    deserters: list[str] = field(default_factory=list)
    """Parts that ended by themselves; they were started again, as a supervisor would."""
    stopping: bool = False

    async def run(self) -> None:
        """Break things by the schedule."""
        faults: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (30, self._kill_worker),
            (10, self._stall_worker),
            (8, self._replace_worker),
            (8, self._kill_api),
            (4, self._stall_api),
            (3, self._restart_redis),
            (3, self._kill_redis),
            (20, self._break_link),
            (4, self._flush_scripts),
            (3, self._fill_memory),
            (12, self._upset_vendor),
        ]
        weights, verbs = [weight for weight, _ in faults], [verb for _, verb in faults]
        began = self.clock.monotonic()
        while not self.stopping:
            await self.clock.sleep(self.rng.expovariate(1 / PAUSE_SECONDS))
            (verb,) = self.rng.choices(verbs, weights)
            self.counts[verb.__name__.removeprefix("_")] += 1
            self.history.append({"at": round(self.clock.monotonic() - began, 2), "fault": verb.__name__[1:]})
            self._replace_deserters()
            await verb()

    def _replace_deserters(self) -> None:
        for name in self.processes.ended_by_themselves():
            self.deserters.append(name)
            self.processes.restart(name)

    async def mend(self) -> None:
        """Make everything whole again, so that what is left can drain."""
        for proxy in self.proxies:
            proxy.mode = Mode.PASS
        await self._simulator({"faults": {}})
        await self._on_redis(("CONFIG", "SET", "maxmemory", "0"))
        for name, part in self.processes.parts.items():
            if self.processes.alive(name):
                self.processes.signal(name, signal.SIGCONT)
            elif not part.told_to_end:
                self.processes.restart(name)

    async def _kill_worker(self) -> None:
        self.processes.kill(self.rng.choice(self.processes.named("worker")))
        self.add_worker()

    async def _replace_worker(self) -> None:
        name = self.rng.choice(self.processes.named("worker"))
        self.processes.signal(name, signal.SIGTERM)
        self.add_worker()

    async def _stall_worker(self) -> None:
        await self._stall(self.rng.choice(self.processes.named("worker")))

    async def _stall_api(self) -> None:
        await self._stall(self.rng.choice(self.processes.named("api")))

    async def _stall(self, name: str) -> None:
        self.processes.signal(name, signal.SIGSTOP)
        await self.clock.sleep(self.rng.uniform(0.2, 2.5) * self.lease_seconds)
        self.processes.signal(name, signal.SIGCONT)

    async def _kill_api(self) -> None:
        name = self.rng.choice(self.processes.named("api"))
        self.processes.kill(name)
        self.processes.restart(name)

    async def _restart_redis(self) -> None:
        self.processes.terminate("redis")
        await self.clock.sleep(self.rng.uniform(0, 2))
        self.processes.restart("redis")

    async def _kill_redis(self) -> None:
        self.processes.kill("redis")
        await self.clock.sleep(self.rng.uniform(0, 2))
        self.processes.restart("redis")

    async def _break_link(self) -> None:
        proxy = self.rng.choice(self.proxies)
        proxy.mode = self.rng.choice(list(Mode))
        proxy.delay_seconds = self.rng.uniform(0.05, 1.0)
        if proxy.mode in (Mode.PASS, Mode.REFUSE):
            proxy.cut()
        await self.clock.sleep(self.rng.uniform(0.5, 4))
        proxy.mode = Mode.PASS
        proxy.cut()  # what hung stays broken: a half-open connection never heals

    async def _flush_scripts(self) -> None:
        await self._on_redis(("SCRIPT", "FLUSH"))

    async def _fill_memory(self) -> None:
        """Leave Redis no room for new work for a while; what runs must still end."""
        await self._on_redis(("CONFIG", "SET", "maxmemory", "1mb"))
        await self.clock.sleep(self.rng.uniform(1, 3))
        await self._on_redis(("CONFIG", "SET", "maxmemory", "0"))

    async def _upset_vendor(self) -> None:
        mix = self.rng.choice(MIXES)
        await self._simulator({"faults": mix})

    async def _simulator(self, settings: dict[str, Any]) -> None:
        url = f"http://127.0.0.1:{self.processes.vendor_port}/_simulator/settings"
        async with self.session.patch(url, json=settings) as answer:
            answer.raise_for_status()

    async def _on_redis(self, command: tuple[str, ...]) -> None:
        for _ in range(50):
            try:
                await self.redis.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's
            except (RedisError, OSError):
                await self.clock.sleep(0.1)
            else:
                return
