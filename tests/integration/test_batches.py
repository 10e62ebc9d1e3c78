"""What is asked in one turn of the loop goes out together, and concerns nobody but who has asked it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.exceptions import ConnectionError, ResponseError

from aigcq.config import Settings
from aigcq.errors import StoreUnavailable
from aigcq.model import Status
from aigcq.store import Store, open_store
from aigcq.store import batches as batches_module
from aigcq.store.batches import MOST_AT_ONCE, MOST_CALLS
from tests.conftest import redis_server, until
from tests.integration.steps import WORKER_A, enqueue, together
from tests.integration.wire import Wire, wire

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def watched(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[Store, Wire]]:
    """A store that has one connection, and what passes over it and those to come."""
    with redis_server() as url:
        async with wire(url, tmp_path) as (made, address), open_store(settings, address) as store:
            await store.connection.batches.call("PING")
            yield store, made


async def outcome(call):
    """Return the answer, or what is raised instead."""
    try:
        return await call
    except (StoreUnavailable, ConnectionError, ResponseError) as error:
        return error


async def test_what_is_asked_in_one_turn_goes_out_as_one(watched):
    store, made = watched

    answers = await together(*(store.connection.batches.call("INCR", "n") for _ in range(50)))

    assert answers == list(range(1, 51))
    assert made.batches(b"INCR") == [50]
    assert made.connections == 1


async def test_verbs_share_their_way_too(watched):
    store, made = watched
    task_ids = await enqueue(store, 3)
    made.sent.clear()

    views = await together(*map(store.tasks.get, task_ids))

    assert [view.position for view in views] == [1, 2, 3]
    assert [piece for piece in made.batches(b"EVALSHA") if piece > 1] == [3]


async def test_an_error_concerns_only_who_caused_it(watched):
    batches = watched[0].connection.batches

    set_, wrong, right = await together(
        outcome(batches.call("SET", "text", "a")),
        outcome(batches.call("INCR", "text")),
        outcome(batches.call("INCR", "n")),
    )

    assert (set_, right) == ("OK", 1)
    assert isinstance(wrong, ResponseError)


async def test_what_cannot_be_sent_at_all_concerns_only_who_wanted_it(watched):
    batches = watched[0].connection.batches
    right = batches.call("INCR", "n")

    with pytest.raises(TypeError):
        await batches.call("SET", "n", None)

    assert await right == 1


async def test_half_a_surrogate_goes_as_its_escape(watched):
    batches = watched[0].connection.batches

    await batches.call("SET", "text", "\ud800")

    assert await batches.call("GET", "text") == "\\ud800"


async def test_who_gives_up_disturbs_neither_the_others_nor_the_connection(watched):
    store, made = watched
    batches = store.connection.batches
    made.flows.clear()
    first, given_up, last = (batches.call("INCR", "n") for _ in range(3))
    await until(lambda: made.batches(b"INCR"))

    given_up.cancel()
    made.flows.set()

    assert (await first, await last, await batches.call("INCR", "n")) == (1, 3, 4)
    assert made.connections == 1


async def test_what_was_given_up_before_it_left_is_not_sent(watched):
    batches = watched[0].connection.batches
    given_up, other = batches.call("INCR", "n"), batches.call("PING")

    given_up.cancel()
    await other

    assert await batches.call("INCR", "n") == 1


async def test_only_so_many_are_under_way_and_each_carries_only_so_much(watched):
    store, made = watched
    batches = store.connection.batches
    made.flows.clear()
    calls = [batches.call("INCR", "n") for _ in range(2000)]
    await until(lambda: len(made.batches(b"INCR")) == 1)  # the others wait for their connections' greeting

    assert len(batches._under_way) == MOST_AT_ONCE
    made.flows.set()
    answers = [await call for call in calls]

    assert sorted(answers) == list(range(1, 2001))
    assert made.connections == MOST_AT_ONCE
    assert max(made.batches(b"INCR")) <= MOST_CALLS


async def test_what_comes_while_one_is_under_way_waits_for_it_and_goes_out_together(watched, monkeypatch):
    monkeypatch.setattr(batches_module, "OVERTAKE_SECONDS", 600.0)
    store, made = watched
    batches = store.connection.batches
    made.flows.clear()
    first = batches.call("INCR", "n")
    await until(lambda: made.batches(b"INCR"))
    late = [batches.call("DECR", "n") for _ in range(3)]

    made.flows.set()

    assert (await first, [await call for call in late]) == (1, [0, -1, -2])
    assert made.batches(b"DECR") == [3]
    assert made.connections == 1


async def test_a_batch_that_does_not_come_back_is_overtaken(watched):
    store, made = watched
    batches = store.connection.batches
    made.flows.clear()
    held = batches.call("INCR", "n")
    await until(lambda: made.batches(b"INCR"))

    late = batches.call("INCR", "n")
    await until(lambda: made.connections == 2)

    made.flows.set()
    assert sorted([await held, await late]) == [1, 2]


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


async def test_ten_thousand_at_once_are_answered_over_a_few_connections(watched):
    store, made = watched
    (task_id,) = await enqueue(store)

    views = await together(*(store.tasks.get(task_id) for _ in range(10_000)))

    assert {view.position for view in views} == {1}
    assert made.connections == MOST_AT_ONCE


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
