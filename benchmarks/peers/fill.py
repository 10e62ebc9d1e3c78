"""Enqueue tasks with a peer: `python -m benchmarks.peers.fill PEER COUNT SEED`; prints nothing."""

from __future__ import annotations

import asyncio
import sys
from random import Random

import uvloop

from benchmarks import prompts
from benchmarks.peers.kinds import Enqueue, enqueuer_of

AT_ONCE = 50


async def fill(peer: str, count: int, rng: Random) -> None:
    async with enqueuer_of(peer)() as enqueue:
        for first in range(0, count, AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, count - first)):
                    task_id, request = prompts.identified(rng)
                    group.create_task(_one(enqueue, task_id, request.to_json()))


async def _one(enqueue: Enqueue, task_id: str, request: str) -> None:
    await enqueue(task_id, request)


if __name__ == "__main__":
    _, peer, count, seed = sys.argv
    uvloop.run(fill(peer, int(count), Random(int(seed))))
