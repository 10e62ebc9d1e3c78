"""How long after its worker was killed a vendor task is polled again."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from aigcq.clock import Clock
from aigcq.model import Phase
from aigcq.store.keys import GROUP, Keys

ASKED = re.compile(rb'"TaskId": ?"([^"]+)"')


@dataclass
class Polls:
    """What leaves for the vendor, seen on the wire."""

    redis: Redis
    keys: Keys
    clock: Clock
    seconds: list[float] = field(default_factory=list)
    """From a kill to the next poll, for each vendor task that the killed worker held."""
    awaited: dict[str, float] = field(default_factory=dict)
    """Vendor task id -> when its worker was killed; still unpolled."""

    def see(self, chunk: bytes) -> None:
        """Take note of what a worker asks the vendor."""
        for found in ASKED.findall(chunk):
            if (killed := self.awaited.pop(found.decode(), None)) is not None:
                self.seconds.append(self.clock.monotonic() - killed)

    async def await_those_of(self, worker: str) -> None:
        """Watch for the vendor tasks that `worker`, which was killed just now, had been polling."""
        killed = self.clock.monotonic()
        with suppress(RedisError, OSError):
            for consumer in await self.redis.xinfo_consumers(self.keys.stream, GROUP):
                if consumer["name"].startswith(f"{worker}-"):
                    await self._await_those_of(consumer["name"], killed)

    async def _await_those_of(self, consumer: str, killed: float) -> None:
        pending = await self.redis.xpending_range(self.keys.stream, GROUP, "-", "+", 1000, consumer)
        for entry_id in (entry["message_id"] for entry in pending):
            entries: Any = await self.redis.xrange(self.keys.stream, entry_id, entry_id)
            for _, fields in entries:
                record: Any = await self.redis.hmget(self.keys.task(fields["task"]), "vendor_task_id", "phase")
                if record[0] and record[1] == Phase.GENERATING:
                    self.awaited.setdefault(record[0], killed)
