"""Which server takes writes may change at any time: whoever does not is left for the one that does."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from aigcq.clock import SystemClock
from aigcq.errors import NotReplicated, StoreUnavailable
from aigcq.store import open_store
from aigcq.store.address import Node, parse
from aigcq.store.locator import Locator
from aigcq.store.servers import Servers
from chaos.proxy import Proxy
from tests.conftest import forget, until
from tests.integration.steps import claim, enqueue
from tests.servers import SERVICE, Server, no_replica, replicated, server

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(min_replicas=1, replica_wait_seconds=20)]


@pytest.fixture(scope="module")
def redis_url(servers: list[Server]) -> str:
    return servers[0].url


async def test_a_server_that_wants_more_replicas_is_unavailable_until_it_has_them(store, servers):
    servers[0].call("CONFIG", "SET", "min-replicas-to-write", "2")
    try:
        with pytest.raises(StoreUnavailable, match="NOREPLICAS") as refused:
            await enqueue(store)
        with pytest.raises(StoreUnavailable, match="NOREPLICAS"):
            await claim(store)
    finally:
        servers[0].call("CONFIG", "SET", "min-replicas-to-write", "0")

    assert not isinstance(refused.value, NotReplicated)
    assert await enqueue(store)


async def test_a_server_that_took_over_counts_as_started_then(store):
    async def up_for_a_second():
        return await store.control.uptime_seconds() >= 1

    await until(up_for_a_second)
    await store.connection.client.hset(store.connection.keys.meta, "server", "the master before")

    assert await store.control.uptime_seconds() == 0
    assert await store.control.uptime_seconds() < 1


@pytest.mark.settings(min_replicas=0)
async def test_an_address_that_leads_to_a_new_master_is_connected_to_anew(settings, tmp_path):
    with replicated(tmp_path) as (old, new_one):
        proxy = Proxy("redis", ("127.0.0.1", old.port), SystemClock())
        await proxy.start()
        async with open_store(settings, f"redis://127.0.0.1:{proxy.port}/0") as store:
            await enqueue(store)
            new_one.call("REPLICAOF", "NO", "ONE")
            old.call("REPLICAOF", "127.0.0.1", new_one.port)
            proxy._target = ("127.0.0.1", new_one.port)

            await enqueue(store)

            assert (await store.control.overview()).queued == 2
        await proxy.stop()


async def test_a_master_that_became_a_replica_is_unavailable_and_not_read_as_an_answer(settings, tmp_path):
    with replicated(tmp_path) as (old, new_one):
        async with open_store(settings, old.url) as store:
            await enqueue(store)
            old.call("REPLICAOF", "127.0.0.1", new_one.port)

            with pytest.raises(StoreUnavailable, match="READONLY"):
                await enqueue(store)
            with pytest.raises(StoreUnavailable, match="READONLY"):
                await claim(store)


@pytest.fixture
def asked(servers, monkeypatch) -> list[Node]:
    """Whoever is asked for the master: A names the replica, as one does that is cut off; B knows."""
    names = {("a", 1): servers[1].port, ("b", 1): servers[0].port}
    nodes: list[Node] = []

    async def ask(_: object, node: Node) -> tuple[Node, list[Node]]:
        nodes.append(node)
        return ("127.0.0.1", names[node]), []

    monkeypatch.setattr("aigcq.store.servers.locator_of", lambda *_: Locator(tuple(names), ask))
    return nodes


async def test_a_replica_that_is_named_as_the_master_is_not_even_read(asked):
    client = Servers(parse("redis+sentinel://a:1,b:1/queue"), "key").client(retry=Retry(NoBackoff(), 1))

    role = (await client.info("replication"))["role"]
    await client.aclose()

    assert role == "master"
    assert asked == [("a", 1), ("b", 1)]


async def test_when_no_replica_confirms_it_is_asked_anew_who_the_master_is(settings, servers, asked):
    hasty = settings.model_copy(update={"replica_wait_seconds": 0.1})
    async with open_store(hasty, "redis+sentinel://a:1,b:1/queue") as store:
        with no_replica(servers), pytest.raises(NotReplicated):
            await enqueue(store)
        before = len(asked)
        await store.control.overview()

        assert len(asked) > before
        await forget(store)


@pytest.mark.settings(redis_sentinel_password=SecretStr("theirs"))
async def test_sentinels_have_a_password_of_their_own(settings, tmp_path):
    with server(tmp_path, "--requirepass", "ours", password="ours") as master:
        file = tmp_path / "sentinel.conf"
        file.write_text(
            f"requirepass theirs\nsentinel monitor {SERVICE} 127.0.0.1 {master.port} 1\n"
            f"sentinel auth-pass {SERVICE} ours\n"
        )
        with server(tmp_path, str(file), "--sentinel", password="theirs") as sentinel:
            url = f"redis+sentinel://:ours@127.0.0.1:{sentinel.port}/{SERVICE}/3"
            async with open_store(settings, url) as store:
                await enqueue(store)

        assert master.info("keyspace", "db3")
