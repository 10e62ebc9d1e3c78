"""What Redis may do to us: forget scripts, groups or everything, refuse, be slow, be away."""

from __future__ import annotations

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import ResponseError

from aigcq.config import Settings
from aigcq.errors import StoreUnavailable
from aigcq.model import Event
from aigcq.store import open_store
from aigcq.store.connection import translated
from tests.conftest import age, redis_server
from tests.integration.steps import A_LEASE, WORKER_A, claim, complete, enqueue, submitted, take

pytestmark = pytest.mark.asyncio


async def test_a_server_that_has_lost_its_scripts_is_given_them_again(store):
    forget = store.connection.client.script_flush
    await forget()
    (task_id,) = await enqueue(store)
    await forget()
    (delivery,) = await claim(store)
    await forget()
    await submitted(store, delivery)
    await forget()
    await complete(store, delivery)

    assert (await store.tasks.get(task_id)).outcome == {"url": "https://v/1.mp4"}


async def test_a_group_that_was_lost_is_unavailable_until_it_is_made_again(store):
    delivery = await submitted(store, await take(store))
    await enqueue(store)
    await store.connection.client.xgroup_destroy(store.connection.keys.stream, "workers")

    for step in (claim(store), complete(store, delivery), store.upkeep.repair()):
        with pytest.raises(StoreUnavailable):
            await step
    await store.control.beat(WORKER_A, {})

    await store.connection.prepare()
    assert len(await claim(store)) == 1
    await age(store, A_LEASE)
    assert len((await store.leases.reclaim(WORKER_A, 10))[0]) == 2


async def test_a_claim_without_a_group_moves_no_task(store):
    (task_id,) = await enqueue(store)
    await store.connection.client.xgroup_destroy(store.connection.keys.stream, "workers")
    with pytest.raises(StoreUnavailable):
        await claim(store)

    await store.connection.prepare()

    assert (await store.tasks.get(task_id)).position == 1
    assert (await store.control.overview()).live == 0


async def test_a_redis_that_lost_everything_starts_anew(settings):
    with redis_server() as url:
        async with open_store(settings, url) as store:
            await take(store)
            await store.connection.client.flushall()
            await store.control.beat(WORKER_A, {})
            assert await claim(store) == []
            await enqueue(store)
            with pytest.raises(StoreUnavailable):
                await claim(store)

            await store.connection.prepare()

            await complete(store, await submitted(store, (await claim(store))[0]))


async def test_a_redis_that_is_away_is_unavailable_in_every_verb(settings):
    with redis_server() as url:
        async with open_store(settings, url) as store:
            delivery = await take(store)
            await store.connection.client.shutdown(nosave=True)

            for step in (
                enqueue(store),
                store.tasks.get(delivery.task_id),
                claim(store),
                store.deliveries.settle(delivery, Event.FAIL, {}),
                store.control.overview(),
                store.control.events("0", 0.01),
                store.control.leave(WORKER_A),
                store.control.uptime_seconds(),
            ):
                with pytest.raises(StoreUnavailable):
                    await step


async def test_a_process_starts_while_redis_is_not_there_yet(tmp_path):
    async with open_store(Settings(queue="q"), f"unix://{tmp_path}/none.sock") as store:
        with pytest.raises(StoreUnavailable):
            await enqueue(store)


async def test_a_closed_store_leaves_no_connection_open(settings):
    with redis_server() as url:
        async with open_store(settings, url) as watcher:
            before = (await watcher.connection.client.info("clients"))["connected_clients"]
            async with open_store(settings, url) as store:
                await store.control.events("0", 0.001)
            after = (await watcher.connection.client.info("clients"))["connected_clients"]

    assert after == before


@pytest.mark.parametrize(
    "refusal",
    [
        "READONLY You can't write against a read only replica.",
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down",
        "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "NOREPLICAS Not enough good replicas to write.",
        "BUSY Redis is busy running a script.",
        "NOGROUP No such key or consumer group",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "NOAUTH Authentication required.",
    ],
)
async def test_a_refusal_that_passes_means_unavailable(refusal):
    with pytest.raises(StoreUnavailable), translated():
        raise BaseParser.parse_error(refusal)


@pytest.mark.parametrize(
    "refusal", ["ERR wrong number of arguments", "WRONGTYPE Operation against a key", "BUSYGROUP x"]
)
async def test_a_fault_of_ours_stays_what_it_is(refusal):
    with pytest.raises(ResponseError), translated():
        raise BaseParser.parse_error(refusal)
