"""A batch that meets trouble tells each who waits what became of it."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import ConnectionError

from aigcq.errors import StoreUnavailable
from aigcq.model import Status
from aigcq.store import batches as batches_module
from aigcq.store import open_store
from aigcq.store.batches import MOST_AT_ONCE, MOST_CALLS
from tests.conftest import redis_server, until
from tests.integration.steps import WORKER_A, enqueue, together
from tests.integration.wire import outcome

pytestmark = pytest.mark.asyncio


async def test_who_has_waited_for_too_long_is_refused_and_nothing_is_sent(watched, monkeypatch):
    store, made = watched
    batches = store.connection.batches
    made.flows.clear()
    held = [batches.call("INCR", "n") for _ in range(MOST_CALLS * MOST_AT_ONCE)]
    await until(lambda: len(batches._under_way) == MOST_AT_ONCE)
    late = batches.call("DECR", "n")
    monkeypatch.setattr(batches_module, "PATIENCE_SECONDS", 0.0)

    made.flows.set()

    with pytest.raises(StoreUnavailable):
        await late
    assert sorted([await call for call in held]) == list(range(1, len(held) + 1))
    assert made.batches(b"DECR") == []


async def test_what_is_too_much_is_refused_at_once(watched, monkeypatch):
    monkeypatch.setattr(batches_module, "MOST_WAITING", 2)
    batches = watched[0].connection.batches
    calls = [batches.call("INCR", "n") for _ in range(2)]

    with pytest.raises(StoreUnavailable):
        batches.call("INCR", "n")

    assert [await call for call in calls] == [1, 2]
    assert await batches.call("INCR", "n") == 3


async def test_a_closed_store_tells_everyone_who_waits(watched):
    store, made = watched
    batches = store.connection.batches
    made.flows.clear()
    calls = [batches.call("INCR", "n") for _ in range(MOST_AT_ONCE * MOST_CALLS + 1)]
    await until(lambda: made.batches(b"INCR"))

    await batches.close()

    answers = [await outcome(call) for call in calls]
    assert {type(answer) for answer in answers} == {StoreUnavailable}
    assert len({id(answer) for answer in answers}) == len(answers)  # each is given its own task later
    with pytest.raises(StoreUnavailable):
        await batches.call("PING")


async def test_a_store_that_is_closed_in_the_turn_of_a_call_tells_it(watched):
    batches = watched[0].connection.batches
    call = batches.call("PING")

    await batches.close()

    with pytest.raises(StoreUnavailable):
        await call


async def test_what_a_broken_connection_has_not_answered_is_sent_again(watched):
    store, made = watched
    made.cuts = 1

    answers = await together(*(store.connection.batches.call("SADD", "set", number) for number in range(5)))

    assert answers == [0] * 5  # it was done the first time
    assert made.batches(b"SADD") == [5, 5]


async def test_what_was_answered_before_the_connection_broke_is_not_sent_again(watched):
    store, made = watched
    made.cuts, made.passes = 1, len(b":1\r\n")

    answers = await together(*(store.connection.batches.call("INCR", "n") for _ in range(3)))

    assert answers == [1, 4, 5]  # the other two were done the first time too
    assert made.batches(b"INCR") == [3, 2]


async def test_what_was_given_up_is_not_sent_again(watched):
    store, made = watched
    batches = store.connection.batches
    made.flows.clear()
    made.cuts = 1
    given_up, other = batches.call("INCR", "n"), batches.call("INCR", "m")
    await until(lambda: made.batches(b"INCR"))

    given_up.cancel()
    made.flows.set()

    assert (await other, await batches.call("GET", "n")) == (2, "1")


async def test_a_connection_that_stays_broken_concerns_only_the_calls_that_went_over_it(watched):
    store, made = watched
    batches = store.connection.batches
    made.cuts = 100

    lost = await together(*(outcome(batches.call("INCR", "n")) for _ in range(5)))
    made.cuts = 0

    assert {type(answer) for answer in lost} == {ConnectionError}
    assert await batches.call("PING") in ("PONG", True)


async def test_a_lost_script_is_given_again_to_those_who_need_it(watched):
    store, made = watched
    (task_id,) = await enqueue(store)
    await store.connection.client.script_flush()
    made.sent.clear()

    view, overview, pong = await together(
        store.tasks.get(task_id), store.control.overview(), store.connection.batches.call("PING")
    )

    assert (view.task.status, overview.queued) == (Status.QUEUED, 1)
    assert made.batches(b"PING") == [1]
    assert made.batches(b"EVALSHA\r\n") == [2]
    assert made.batches(b"EVAL\r\n") == [2]


async def test_a_redis_that_was_away_is_found_again(watched):
    store, made = watched
    made.away = True
    made.cuts = 1

    (lost,) = await together(outcome(store.tasks.cancel("none")))
    made.away = False

    assert isinstance(lost, StoreUnavailable)
    assert (await enqueue(store)) != []


async def test_a_refusal_to_write_concerns_no_reader_beside_it(watched):
    store, _ = watched
    (task_id,) = await enqueue(store)
    await store.connection.client.config_set("min-replicas-to-write", 5)

    beat, view, overview = await together(
        outcome(store.control.beat(WORKER_A, {})), store.tasks.get(task_id), store.control.overview()
    )

    assert isinstance(beat, StoreUnavailable)
    assert (view.position, overview.queued) == (1, 1)


async def test_no_task_outlives_its_store(settings):
    with redis_server() as url:
        async with open_store(settings, url) as store:
            store.connection.batches.call("PING").cancel()
            store.connection.batches.call("PING").add_done_callback(lambda it: it.exception())
        assert asyncio.all_tasks() == {asyncio.current_task()}
