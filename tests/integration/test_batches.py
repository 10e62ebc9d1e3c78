"""What is asked in one turn of the loop goes out together, and concerns nobody but who has asked it."""

from __future__ import annotations

import pytest
from redis.exceptions import ResponseError

from aigcq.store import batches as batches_module
from aigcq.store.batches import MOST_AT_ONCE, MOST_CALLS
from tests.conftest import until
from tests.integration.steps import enqueue, together
from tests.integration.wire import outcome

pytestmark = pytest.mark.asyncio


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


async def test_ten_thousand_at_once_are_answered_over_a_few_connections(watched):
    store, made = watched
    (task_id,) = await enqueue(store)

    views = await together(*(store.tasks.get(task_id) for _ in range(10_000)))

    assert {view.position for view in views} == {1}
    assert made.connections == MOST_AT_ONCE
