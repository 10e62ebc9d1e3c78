"""A queue whose law `ceiling` has learnt something, and what the stories about it are made of."""

from __future__ import annotations

import json

from aigcq.model import Delivery
from aigcq.store import Store
from aigcq.store.deliveries import Claimed
from tests.integration.steps import WORKER_A, claim, complete, enqueue, submitted

CEILING = {"limit_policy": "ceiling", "default_threshold": 4, "max_threshold": 8}


async def learnt(store: Store, **fields: int) -> None:
    """Let the law remember this."""
    known = {"started_ms": 1, "known": 1, "threshold": 4, "base": 4, "proven": 4}
    await store.connection.client.hset(store.connection.keys.limit, mapping=known | fields)


async def limited(store: Store, model: str, **fields: int) -> None:
    """Let a model have this limit."""
    client, keys = store.connection.client, store.connection.keys
    models = json.loads(await client.hget(keys.limit, "models") or "[]")
    await client.hset(keys.limit, "models", json.dumps([*models, model]))
    await client.hset(keys.limit_of(model), mapping={"started_ms": 1, "known": 1} | fields)


async def limits(store: Store) -> dict[str, int]:
    """Return the thresholds of the models that have one."""
    return dict((await store.control.overview()).model_limits)


async def answered(store: Store, delivery: Delivery) -> Delivery:
    return await submitted(store, delivery, f"vod-{delivery.task_id}")


async def ends(store: Store, delivery: Delivery) -> None:
    await store.deliveries.release(delivery)
    await complete(store, delivery)


async def next_of(store: Store) -> Delivery:
    (delivery,) = await claim(store)
    return delivery


async def running(store: Store, count: int) -> list[Delivery]:
    """Let `count` tasks run that the vendor has accepted; others are queued."""
    await enqueue(store, count + 20)
    return [await answered(store, await next_of(store)) for _ in range(count)]


async def look(store: Store) -> Claimed:
    return await store.deliveries.claim(WORKER_A, 10)


async def history(store: Store) -> list[tuple[str, str, str]]:
    entries = await store.connection.client.xrange(store.connection.keys.history)
    return [(entry[1]["cause"], entry[1]["old"], entry[1]["new"]) for entry in entries]


async def one_of_many(store: Store) -> Delivery:
    await learnt(store)
    await enqueue(store, 5)
    return await next_of(store)
