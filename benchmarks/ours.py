"""What benches do with our own queue without going over HTTP."""

from __future__ import annotations

import asyncio
from random import Random

from aigcq.store import Store
from aigcq.store.tasks import NewTask
from benchmarks import prompts


def new_task(rng: Random) -> NewTask:
    """Return a task as the route makes it."""
    task_id, request = prompts.identified(rng)
    return NewTask(
        id=task_id,
        request=request.to_json(),
        model=f"{request.model_name}-{request.model_version}",
        priority=request.tasks_priority,
    )


async def fill(store: Store, rng: Random, count: int, *, at_once: int = 50) -> list[str]:
    """Enqueue `count` tasks; return their ids in order."""
    ids: list[str] = []
    for first in range(0, count, at_once):
        batch = [new_task(rng) for _ in range(min(at_once, count - first))]
        async with asyncio.TaskGroup() as group:
            for each in batch:
                group.create_task(store.tasks.enqueue(each))
        ids += [each.id for each in batch]
    return ids
