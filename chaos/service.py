"""What a client of ours can do, and the owner of the simulator; a call without an answer is repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from aigcq.clock import Clock

TRIES = 60
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Service:
    """The API of ours at one port, and the simulator's outside of its API at another."""

    session: aiohttp.ClientSession
    clock: Clock
    api_port: int
    vendor_port: int

    async def create(self, prompt: str) -> str:
        body, headers = {"prompt": prompt, "duration": 6}, {"Idempotency-Key": prompt}
        created = await self._call("POST", self.api_port, "/aigc/create", json=body, headers=headers)
        return str(created["task_id"])

    async def status(self, task_id: str) -> dict[str, Any]:
        return await self._call("GET", self.api_port, f"/aigc/status/{task_id}")

    async def info(self) -> dict[str, Any]:
        return await self._call("GET", self.api_port, "/aigc/queue/info")

    async def health(self) -> str:
        return str((await self._call("GET", self.api_port, "/health"))["status"])

    async def ledger(self) -> dict[str, Any]:
        return await self._call("GET", self.vendor_port, "/_simulator/ledger")

    async def change_vendor(self, faults: Mapping[str, float]) -> None:
        await self._call("PATCH", self.vendor_port, "/_simulator/settings", json={"faults": dict(faults)})

    async def until(self, happened: Callable[[dict[str, Any]], bool], seconds: float = 60) -> None:
        """Return once the queue is as wanted; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while not happened(await self.info()):
                await self.clock.sleep(PAUSE_SECONDS / 10)

    async def until_answering(self) -> None:
        """Return once the API, a worker and the simulator are there; TimeoutError after two minutes."""
        async with asyncio.timeout(120):
            while await self.health() == "unavailable":
                await self.clock.sleep(PAUSE_SECONDS / 10)
            await self.ledger()

    async def _call(self, method: str, port: int, path: str, **how: Any) -> dict[str, Any]:
        """Return the answer, whatever its status; the last of many errors if there is none."""
        for tries in range(TRIES):
            try:
                async with self.session.request(method, f"http://127.0.0.1:{port}{path}", **how) as answer:
                    return dict(await answer.json())
            except (aiohttp.ClientError, TimeoutError):
                if tries == TRIES - 1:
                    raise
            await self.clock.sleep(PAUSE_SECONDS)
        raise AssertionError(path)
