"""A cluster: a queue lives in one slot, and whoever owns the slot is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from redis.crc import key_slot

from aigcq.errors import StoreUnavailable
from aigcq.store import open_store
from tests.integration.steps import claim, complete, enqueue, submitted
from tests.servers import Server, cluster, cluster_url

pytestmark = pytest.mark.asyncio


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[Server]]:
    """Three masters."""
    with TemporaryDirectory(prefix="aigcq-cluster-") as folder, cluster(Path(folder)) as found:
        yield found


@pytest.fixture(scope="module")
def redis_url(nodes: list[Server]) -> str:
    return cluster_url(nodes)


def owner(nodes: list[Server], slot: int) -> Server:
    """Return the node that answers for the slot, by its own word."""
    return next(
        node
        for node in nodes
        for first, last, master, *_ in node.call("CLUSTER", "SLOTS")
        if first <= slot <= last and master[1] == node.port
    )


def move(nodes: list[Server], slot: int, goal: Server) -> None:
    """Give the slot with all that is in it to another node."""
    source = owner(nodes, slot)
    goal.call("CLUSTER", "SETSLOT", slot, "IMPORTING", source.call("CLUSTER", "MYID"))
    source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", goal.call("CLUSTER", "MYID"))
    while keys := source.call("CLUSTER", "GETKEYSINSLOT", slot, 100):
        source.call("MIGRATE", "127.0.0.1", goal.port, "", 0, 5000, "KEYS", *keys)
    for node in (goal, source, *nodes):
        node.call("CLUSTER", "SETSLOT", slot, "NODE", goal.call("CLUSTER", "MYID"))


async def test_a_queue_whose_slot_has_moved_goes_on_where_it_is_now(store, nodes):
    slot = key_slot(store.connection.keys.meta.encode())
    (task_id,) = await enqueue(store)
    await store.control.events("0", 0.01)
    old = owner(nodes, slot)

    move(nodes, slot, next(node for node in nodes if node is not old))
    (another,) = await enqueue(store)

    assert owner(nodes, slot) is not old
    assert (await store.control.overview()).queued == 2
    assert len(await store.control.events("0", 0.01)) == 2
    for delivery in await claim(store):
        await complete(store, await submitted(store, delivery))
    assert [(await store.tasks.get(each)).task.status for each in (task_id, another)] == ["completed"] * 2


async def test_every_node_leads_to_the_owner_of_the_slot(settings, nodes):
    for node in nodes:
        async with open_store(settings, f"redis+cluster://127.0.0.1:{node.port}") as store:
            await enqueue(store)

    assert (await _queued(settings, nodes)) == 3


async def test_a_cluster_that_is_addressed_as_one_server_says_so(settings, nodes):
    slot = key_slot(f"aigcq:{{{settings.queue}}}:meta".encode())
    stranger = next(node for node in nodes if node is not owner(nodes, slot))

    async with open_store(settings, stranger.url) as store:
        with pytest.raises(StoreUnavailable, match=r"MOVED .*redis\+cluster"):
            await enqueue(store)


async def _queued(settings, nodes) -> int:
    async with open_store(settings, cluster_url(nodes)) as store:
        return (await store.control.overview()).queued
