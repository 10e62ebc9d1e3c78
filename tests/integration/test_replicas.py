"""With AIGCQ_MIN_REPLICAS nothing counts before replicas have it: no create, and no leave to call the vendor."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from aigcq.errors import IdempotencyConflict, LeaseLost, NotReplicated, QueueFull, StoreUnavailable
from aigcq.store import Store
from aigcq.store.deliveries import CancelledBeforeSending, SessionExpired
from tests.conftest import MakeStore, age, until
from tests.integration.steps import A_LEASE, WORKER_A, claim, enqueue, new, record, submitted, take, take_over
from tests.servers import Server, no_replica

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(min_replicas=1, replica_wait_seconds=20)]


@pytest.fixture(scope="module")
def redis_url(servers: list[Server]) -> str:
    return servers[0].url


@pytest_asyncio.fixture
async def hasty(make_store: MakeStore) -> Store:
    """The same queue, for those who do not wait long for replicas that cannot answer."""
    return await make_store(replica_wait_seconds=0.1)


async def begun(store):
    """Return a delivery whose submission has begun, but is on no replica for certain."""
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    return delivery


async def ambiguous(store, delivery) -> bool:
    return (await store.tasks.get(delivery.task_id)).task.ambiguous


async def test_a_create_is_answered_when_a_replica_has_it_and_not_before(store, servers):
    async with asyncio.TaskGroup() as group:
        with no_replica(servers):
            creating = group.create_task(enqueue(store))
            await until(lambda: servers[0].info("clients", "blocked_clients") == "1")
            assert not creating.done()
        (task_id,) = await creating

    assert servers[1].call("HGET", store.connection.keys.task(task_id), "status") == "queued"


async def test_a_create_that_no_replica_has_is_refused_with_its_task_and_its_key_finds_that(store, hasty, servers):
    with no_replica(servers):
        with pytest.raises(NotReplicated) as first:
            await enqueue(hasty, idempotency_key="k")
        with pytest.raises(NotReplicated) as second:
            await enqueue(hasty, idempotency_key="k")

    view = await store.tasks.enqueue(new(idempotency_key="k"))
    assert view.replayed
    assert first.value.task_id == second.value.task_id == view.task.id
    assert (await store.control.overview()).queued == 1


async def test_a_repetition_over_a_new_connection_is_not_acknowledged_for_writing_nothing(store, hasty, servers):
    with no_replica(servers):
        with pytest.raises(NotReplicated) as first:
            await enqueue(hasty, idempotency_key="k")
        await hasty.connection.durable.connection_pool.disconnect()
        with pytest.raises(NotReplicated) as second:
            await enqueue(hasty, idempotency_key="k")

    assert first.value.task_id == second.value.task_id


async def test_a_refusal_needs_no_replica(make_store, servers):
    store = await make_store(backlog_limit=1, replica_wait_seconds=0.1)
    first = await make_store(backlog_limit=1)
    await enqueue(first, idempotency_key="k", fingerprint="f")

    with no_replica(servers):
        with pytest.raises(QueueFull):
            await enqueue(store)
        with pytest.raises(IdempotencyConflict):
            await enqueue(store, idempotency_key="k", fingerprint="g")


async def test_one_replica_is_not_two(make_store):
    store = await make_store(min_replicas=2, replica_wait_seconds=0.1)

    with pytest.raises(NotReplicated):
        await enqueue(store)


async def test_a_server_that_has_lost_its_scripts_is_given_them_again(store):
    await store.connection.client.script_flush()
    await enqueue(store)
    delivery = (await claim(store))[0]
    await store.deliveries.begin_submission(delivery)
    await store.connection.client.script_flush()

    assert await store.replicas.confirm_submission(delivery)


async def test_a_full_redis_still_lets_a_submission_be_confirmed(store, servers):
    delivery = await begun(store)
    servers[0].call("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable, match="full"):
            await enqueue(store)
        confirmed = await store.replicas.confirm_submission(delivery)
    finally:
        servers[0].call("CONFIG", "SET", "maxmemory", "0")

    assert confirmed


async def test_without_replicas_that_count_nothing_waits_for_them(make_store, servers):
    store = await make_store(min_replicas=0)

    with no_replica(servers):
        await enqueue(store)

    assert "barrier" not in await store.connection.client.hgetall(store.connection.keys.meta)
    assert store.connection.durable.connection_pool.can_get_connection()
    assert not store.connection.durable.connection_pool._available_connections


async def test_a_submission_that_a_replica_has_on_record_may_go(store, servers):
    delivery = await begun(store)

    signed_ms = await store.replicas.confirm_submission(delivery)

    assert signed_ms >= int((await record(store, delivery.task_id))["sent_ms"])
    assert servers[1].call("HGET", store.connection.keys.task(delivery.task_id), "phase") == "submitting"


async def test_however_often_a_confirmation_fails_nothing_becomes_ambiguous(store, hasty, servers):
    delivery = await begun(store)

    with no_replica(servers):
        for _ in range(3):
            with pytest.raises(NotReplicated):
                await hasty.replicas.confirm_submission(delivery)

    assert await store.replicas.confirm_submission(delivery)
    assert not await ambiguous(store, delivery)


async def test_a_confirmation_over_a_new_connection_is_not_given_for_writing_nothing(store, hasty, servers):
    delivery = await begun(store)

    with no_replica(servers):
        with pytest.raises(NotReplicated):
            await hasty.replicas.confirm_submission(delivery)
        await hasty.connection.durable.connection_pool.disconnect()
        with pytest.raises(NotReplicated):
            await hasty.replicas.confirm_submission(delivery)


async def test_a_submission_whose_record_was_lost_is_begun_anew_and_is_not_ambiguous(store):
    delivery = await begun(store)
    await store.connection.client.hset(store.connection.keys.task(delivery.task_id), "phase", "claimed")

    assert await store.replicas.confirm_submission(delivery) is None

    assert not (await store.deliveries.begin_submission(delivery)).ambiguous
    assert await store.replicas.confirm_submission(delivery)


async def test_who_has_lost_the_delivery_is_confirmed_nothing(store):
    delivery = await begun(store)
    await age(store, A_LEASE)
    heir = await take_over(store)
    await store.deliveries.begin_submission(heir)

    with pytest.raises(LeaseLost):
        await store.replicas.confirm_submission(delivery)

    assert await store.replicas.confirm_submission(heir)


async def test_a_confirmation_starts_the_lease_anew(store):
    delivery = await begun(store)
    await age(store, A_LEASE - 2)

    await store.replicas.confirm_submission(delivery)

    await age(store, 2)
    assert (await store.leases.reclaim("worker-b", 10))[0] == []


async def test_a_session_id_that_became_too_old_while_replicas_were_away_is_not_sent_again(store):
    delivery = await begun(store)
    await store.deliveries.begin_submission(delivery)
    await age(store, 61 * 3600)
    await store.leases.renew(WORKER_A, [delivery])

    assert await store.replicas.confirm_submission(delivery) is None

    with pytest.raises(SessionExpired):
        await store.deliveries.begin_submission(delivery)


async def test_a_task_that_was_taken_back_while_replicas_were_away_is_not_sent(store):
    delivery = await begun(store)
    await store.tasks.cancel(delivery.task_id)

    with pytest.raises(CancelledBeforeSending):
        await store.replicas.confirm_submission(delivery)


async def test_a_task_that_may_have_been_sent_before_is_not_ended_by_a_cancel(store):
    delivery = await begun(store)
    await store.deliveries.begin_submission(delivery)
    await store.tasks.cancel(delivery.task_id)

    assert await store.replicas.confirm_submission(delivery)
    await submitted(store, delivery)
