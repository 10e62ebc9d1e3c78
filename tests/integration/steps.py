"""What the stories of the integration tests are made of."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from redis.crc import key_slot

from aigcq.model import Delivery, Event, Phase
from aigcq.store import Store
from aigcq.store.deliveries import Submission
from aigcq.store.keys import Keys
from aigcq.store.scripts import Scripts, composed
from aigcq.store.tasks import NewTask
from tests.conftest import OTHER_REDIS

WORKER_A, WORKER_B = "worker-a", "worker-b"
A_LEASE = 16.0
"""Seconds after which a lease that nobody renews has ended."""
NOBODY_KNOWS = "submission_unknown"


def new(**fields: Any) -> NewTask:
    """Return a task to enqueue."""
    return NewTask(**({"id": str(uuid4()), "request": json.dumps({"prompt": "a fox"})} | fields))


async def enqueue(store: Store, count: int = 1, **fields: Any) -> list[str]:
    """Enqueue `count` tasks, one after the other; return their ids."""
    return [(await store.tasks.enqueue(new(**fields))).task.id for _ in range(count)]


async def claim(store: Store, consumer: str = WORKER_A, count: int = 100) -> Sequence[Delivery]:
    return (await store.deliveries.claim(consumer, count)).deliveries


async def take(store: Store, consumer: str = WORKER_A) -> Delivery:
    """Enqueue one task and claim it."""
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store, consumer)
    assert delivery.task_id == task_id
    return delivery


async def submitted(store: Store, delivery: Delivery, vendor_task_id: str = "vod-1") -> Delivery:
    """Bring the delivery to where its vendor task id is on record."""
    assert type(await store.deliveries.begin_submission(delivery)) is Submission
    await store.deliveries.record_submission(delivery, vendor_task_id)
    return delivery


async def take_over(store: Store, consumer: str = WORKER_B) -> Delivery:
    """Reclaim the one delivery whose lease has ended."""
    (delivery,), _ = await store.leases.reclaim(consumer, 100)
    return delivery


async def complete(store: Store, delivery: Delivery, url: str = "https://v/1.mp4") -> None:
    await store.deliveries.settle(delivery, Event.SUCCEED, {"url": url})


async def fail(store: Store, delivery: Delivery, **how: Any) -> None:
    how = {"error_code": "vendor_rejected"} | how
    await store.deliveries.settle(delivery, Event.FAIL, {"code": how["error_code"]}, **how)


async def put_back(store: Store, delivery: Delivery, **how: Any) -> bool:
    return await store.deliveries.retry(delivery, **({"error_code": "vendor_throttled"} | how))


async def positions(store: Store, task_ids: Sequence[str]) -> list[int | None]:
    return [(await store.tasks.get(task_id)).position for task_id in task_ids]


async def record(store: Store, task_id: str) -> dict[str, str]:
    """Return the bare record."""
    return dict(await store.connection.client.hgetall(store.connection.keys.task(task_id)))


async def phase(store: Store, task_id: str) -> Phase:
    return Phase((await store.tasks.get(task_id)).task.phase)


async def live(store: Store) -> int:
    return (await store.control.overview()).live


async def threshold(store: Store) -> int:
    return (await store.control.overview()).threshold


async def told(store: Store, event: str) -> list[dict[str, str]]:
    """Return the events of one kind."""
    return [dict(fields) for _, fields in await store.control.events("0", 0.001) if fields["event"] == event]


async def together(*calls: Awaitable[Any]) -> list[Any]:
    """Await all of them at once; return what each gave."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run(call)) for call in calls]
    return [task.result() for task in tasks]


async def _run(call: Awaitable[Any]) -> Any:
    return await call


def beside(store: Store, queue: str, **overrides: Any) -> Store:
    """Return another queue over the same connections, with scripts of its own; the caller forgets it."""
    it = store.connection
    queue = _in_the_slot_of(it.keys, queue) if OTHER_REDIS.startswith("redis+cluster") else queue
    settings = it.settings.model_copy(update={"queue": queue} | overrides)
    scripts = Scripts(it.client, it.batches, settings.limit_policy)
    return Store.over(replace(it, scripts=scripts, keys=Keys(queue), settings=settings))


def _in_the_slot_of(keys: Keys, queue: str) -> str:
    """Return a name that begins like `queue`: in a cluster the connections of a queue lead to the owner of its slot."""
    slot = key_slot(keys.meta.encode())
    names = (f"{queue}-{number}" for number in itertools.count())
    return next(name for name in names if key_slot(Keys(name).meta.encode()) == slot)


def alter(store: Store, verb: str, lua: str = "", line: str = "", instead: str = "") -> None:
    """Let one verb of this store run with `lua` in front of it, and `instead` in the place of `line`."""
    shebang, body = composed(verb, store.connection.settings.limit_policy).split("\n", 1)
    assert not line or body.count(line) == 1, f"{verb} has {body.count(line)} times: {line}"
    text = f"{shebang}\n{lua}\n{body.replace(line, instead) if line else body}"
    store.connection.scripts._scripts[verb] = store.connection.client.register_script(text)
