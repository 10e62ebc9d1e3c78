"""Our adapter as a worker uses it, and a hold on the simulator behind it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from aigcq.catalogue import load
from aigcq.clock import SystemClock
from aigcq.request import VideoRequest
from aigcq.simulator import SimulatorSettings, server
from aigcq.vendors.tencent_vod import TencentVod

APP = 1_500_000_001
TASK = "0123456789abcdef0123456789abcdef"
SETTINGS = SimulatorSettings(
    latency=(60, 60), concurrency=50, create_rate=1000, describe_rate=1000, hang_seconds=5, slow_seconds=1
)
"""A minute of rendering, which tests skip by moving the simulator's clock."""


class Clock(SystemClock):
    """The machine's clock, set wrong by `off_seconds`."""

    off_seconds = 0.0

    def now(self) -> float:
        return super().now() + self.off_seconds


@contextlib.contextmanager
def simulated(settings: SimulatorSettings = SETTINGS) -> Iterator[str]:
    """Run a simulator in this process; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:  # so that the first call waits for the server by itself
        host, port = listening.getsockname()
        simulator = server(settings, host, port)
        thread = threading.Thread(target=simulator.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://{host}:{port}"
        finally:
            simulator.should_exit = True
            thread.join()


@dataclass(frozen=True)
class Bench:
    """The adapter as a worker uses it, and the simulator's own account of what happened."""

    url: str
    clock: Clock
    http: aiohttp.ClientSession
    open: contextlib.AsyncExitStack

    async def adapter(self, **changes: Any) -> TencentVod:
        """Return an adapter with a valid account; `changes` to its arguments."""
        account = {"secret_id": SETTINGS.secret_id, "secret_key": SETTINGS.secret_key, "sub_app_id": APP}
        arguments: dict[str, Any] = account | {"endpoint": self.url, "clock": self.clock, "timeout_seconds": 10}
        return await self.open.enter_async_context(TencentVod(**arguments | changes))

    async def submit(self, vendor: TencentVod, session_id: str = f"{TASK}:1", late: float = 0, **fields: Any) -> str:
        """Submit a fox; `late` is how many seconds after Redis had allowed it, if negative before."""
        request = load().resolve(VideoRequest(**{"prompt": "一只狐狸", **fields}))
        signed_at = self.clock.now() - late
        return await vendor.submit(request, task_id=TASK, session_id=session_id, signed_at=signed_at)

    async def find(self, vendor: TencentVod, session_id: str = f"{TASK}:1") -> str | None:
        now = self.clock.now()
        return await vendor.find(session_id, after=now - 900, before=now + 900)

    async def set(self, **settings: Any) -> None:
        await self._control("PATCH", "settings", settings)

    async def strike(self, *faults: str) -> None:
        """Let each of these faults strike every request from now on; no others."""
        await self.set(faults=dict.fromkeys(faults, 1))

    async def pass_seconds(self, seconds: float) -> None:
        await self._control("POST", "clock", {"advance_seconds": seconds})

    async def requests(self, action: str) -> dict[str, int]:
        """Return how often `action` was answered, by code."""
        return dict((await self._control("GET", "counters"))["requests"].get(action, {}))

    async def tasks(self) -> list[dict[str, Any]]:
        return list((await self._control("GET", "ledger"))["tasks"])

    async def reset(self) -> None:
        await self._control("POST", "reset")

    async def _control(self, method: str, path: str, body: object = None) -> Any:
        async with self.http.request(method, f"{self.url}/_simulator/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()
