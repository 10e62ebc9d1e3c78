"""A socket in front of Redis that counts what passes, holds it back, or cuts it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from aigcq.errors import StoreUnavailable


class Wire:
    """What a process of ours says to Redis, connection by connection."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._writers: list[asyncio.StreamWriter] = []
        self._serving: list[asyncio.Task[None] | None] = []
        self.flows = asyncio.Event()
        self.flows.set()
        self.sent: list[bytes] = []
        """What came in one piece."""
        self.connections = 0
        """Made so far."""
        self.cuts = 0
        """How many answers more are cut off, with their connection."""
        self.passes = 0
        """How many bytes of such an answer come through before."""
        self.away = False
        """Whoever connects is turned away."""

    def batches(self, word: bytes) -> list[int]:
        """Return how often `word` is in each piece that has it."""
        return [piece.count(word) for piece in self.sent if word in piece]

    async def serve(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(to_near)
        self._serving.append(asyncio.current_task())
        if self.away:
            to_near.close()
            return
        far, to_far = await asyncio.open_unix_connection(self._target)
        self._writers.append(to_far)
        with suppress(OSError, ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ask(near, to_far))
                group.create_task(self._answer(far, to_near, to_far))

    async def _ask(self, near: asyncio.StreamReader, to_far: asyncio.StreamWriter) -> None:
        while piece := await near.read(1 << 20):
            self.sent.append(piece)
            to_far.write(piece)
        to_far.close()

    async def _answer(
        self, far: asyncio.StreamReader, near: asyncio.StreamWriter, to_far: asyncio.StreamWriter
    ) -> None:
        while piece := await far.read(1 << 20):
            await self.flows.wait()
            if self.cuts:
                self.cuts -= 1
                near.write(piece[: self.passes])
                break
            near.write(piece)
        near.close()
        to_far.close()

    async def close(self) -> None:
        self.flows.set()
        for writer in self._writers:
            writer.close()
        if serving := [task for task in self._serving if task and not task.done()]:
            await asyncio.wait(serving)


@asynccontextmanager
async def wire(redis_url: str, folder: Path) -> AsyncIterator[tuple[Wire, str]]:
    """Yield a wire to the Redis at `redis_url`, a socket, and its own address."""
    made = Wire(redis_url.removeprefix("unix://"))
    server = await asyncio.start_unix_server(made.serve, folder / "wire.sock")
    try:
        yield made, f"unix://{folder}/wire.sock"
    finally:
        server.close()
        await made.close()


async def outcome(call: Awaitable[Any]) -> Any:
    """Return the answer, or what is raised instead."""
    try:
        return await call
    except (StoreUnavailable, RedisError) as error:
        return error
