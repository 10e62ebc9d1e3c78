"""Tasks of a model that has no room let others pass, and keep their places."""

from __future__ import annotations

import pytest

from aigcq.model import Delivery
from aigcq.store import Store
from tests.integration.learnt import CEILING, answered, ends, learnt, limited, look, next_of
from tests.integration.steps import (
    alter,
    claim,
    enqueue,
    fail,
    new,
    positions,
    put_back,
    together,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(**CEILING)]

ROOMY = CEILING | {"max_threshold": 32}
FULL = {"threshold": 1, "base": 1, "proven": 1}


async def full(store: Store, *, room: int = 8) -> Delivery:
    """Let model A have room for one, which runs; return it."""
    await learnt(store, threshold=room, base=room, proven=room)
    await limited(store, "A", **FULL)
    await enqueue(store, model="A-1")
    return await answered(store, await next_of(store))


async def given(store: Store, count: int = 10) -> list[str]:
    """Return the ids of what is given, one after the other and accepted, until nothing is."""
    found: list[str] = []
    while len(found) < count and (deliveries := await claim(store)):
        found += [(await answered(store, delivery)).task_id for delivery in deliveries]
    return found


async def cursor(store: Store) -> str | None:
    found: str | None = await store.connection.client.hget(store.connection.keys.meta, "lanes_to")
    return found


async def lane(store: Store, model: str = "A") -> list[str]:
    members: list[str] = await store.connection.client.zrange(store.connection.keys.lane(model), 0, -1)
    return members


async def test_tasks_of_other_models_pass_those_of_a_full_one_in_their_order(store):
    await full(store)
    first_a = await enqueue(store, 2, model="A-1")
    first_b = await enqueue(store, 2, model="B-1")
    await enqueue(store, 1, model="A-2")
    (last_b,) = await enqueue(store, model="C-1")

    assert await given(store) == [*first_b, last_b]
    assert (await lane(store))[:2] == first_a


async def test_who_was_passed_keeps_the_position(store):
    await full(store)
    of_a = await enqueue(store, 2, model="A-1")
    of_b = await enqueue(store, 1, model="B-1")
    assert await positions(store, [*of_a, *of_b]) == [1, 2, 3]

    await given(store)

    assert await positions(store, [*of_a, *of_b]) == [1, 2, 0]


async def test_who_was_passed_goes_first_once_there_is_room(store):
    running = await full(store)
    of_a = await enqueue(store, 2, model="A-1")
    await enqueue(store, 1, model="B-1")
    await given(store)
    await enqueue(store, 2, model="B-1")

    await ends(store, running)

    assert (await given(store))[0] == of_a[0]


async def test_what_was_passed_waits_for_the_vendor_as_the_overview_tells(store):
    running = await full(store)
    await enqueue(store, 1, model="A-1")
    assert not (await store.control.overview()).passed

    await given(store)

    assert (await store.control.overview()).passed
    await ends(store, running)
    await given(store)
    assert not (await store.control.overview()).passed


async def test_nobody_is_passed_while_the_account_is_full(store):
    await full(store, room=1)
    await enqueue(store, 2, model="A-1")
    await enqueue(store, 1, model="B-1")

    assert await claim(store) == []
    assert await cursor(store) is None


async def test_a_retry_at_a_place_that_was_passed_is_found(store):
    running = await full(store)
    of_a = await enqueue(store, 2, model="A-1")
    (of_b,) = await enqueue(store, model="B-1")
    (of_c,) = await enqueue(store, model="C-1")
    (b, c) = [await answered(store, (await claim(store))[0]) for _ in "bc"]
    await enqueue(store, 1, model="A-1")
    await enqueue(store, 1, model="C-1")
    await given(store)

    await put_back(store, b)
    await put_back(store, c)

    assert await positions(store, [*of_a, of_b, of_c]) == [1, 2, 3, 4]
    assert await given(store) == [of_b, of_c]
    await ends(store, running)
    assert (await given(store))[0] == of_a[0]


@pytest.mark.settings(**CEILING | {"priority_boost": 100})
async def test_a_new_task_of_high_priority_before_the_cursor_is_found(store):
    await full(store)
    await enqueue(store, 2, model="A-1")
    await enqueue(store, model="B-1")
    await given(store)

    (urgent,) = await enqueue(store, model="B-1", priority=5)

    assert await positions(store, [urgent]) == [1]
    assert await given(store) == [urgent]


@pytest.mark.settings(**ROOMY)
async def test_what_waited_for_its_retry_and_what_failed_come_back_to_places_that_were_passed(store):
    await full(store, room=32)
    (of_b, of_c) = [(await enqueue(store, model=f"{model}-1"))[0] for model in "BC"]
    (b, c) = [await answered(store, delivery) for delivery in await claim(store)]
    await enqueue(store, 2, model="A-1")
    (of_f,) = await enqueue(store, model="F-1")
    f = await next_of(store)
    await enqueue(store, 1, model="A-1")
    assert await claim(store) == []
    await store.deliveries.hand_back(f)
    assert await given(store) == [of_f]

    await put_back(store, b, delay_seconds=0.001)
    await fail(store, c)
    await store.tasks.requeue(of_c)
    while not await store.upkeep.promote():
        pass

    assert await given(store) == [of_b, of_c]


async def test_a_task_that_is_cancelled_after_others_passed_it_is_no_obstacle(store):
    running = await full(store)
    of_a = await enqueue(store, 3, model="A-1")
    await enqueue(store, 1, model="B-1")
    await given(store)

    await together(*(store.tasks.cancel(task_id) for task_id in of_a[:2]))

    assert await positions(store, of_a) == [0, 0, 1]
    await ends(store, running)
    assert await given(store) == [of_a[2]]


async def test_once_nobody_is_passed_there_are_no_lanes(store):
    running = await full(store)
    (of_a,) = await enqueue(store, model="A-1")
    await enqueue(store, 1, model="B-1")
    await given(store)
    assert await cursor(store) is not None

    await ends(store, running)
    assert await given(store) == [of_a]

    assert await cursor(store) is None
    keys = store.connection.keys
    assert await store.connection.client.exists(keys.lanes, keys.lane("A")) == 0


async def test_if_all_that_was_passed_is_cancelled_there_are_no_lanes(store):
    await full(store)
    of_a = await enqueue(store, 2, model="A-1")
    await given(store)

    for task_id in of_a:
        await store.tasks.cancel(task_id)
    await claim(store)

    assert await cursor(store) is None
    assert await lane(store) == []


async def test_a_long_backlog_is_passed_a_thousand_at_a_time(store):
    await full(store)
    await together(*(store.tasks.enqueue(new(model="A-1")) for _ in range(3000)))
    (of_b,) = await enqueue(store, model="B-1")

    waits = []
    while not (claimed := await look(store)).deliveries:
        waits.append(claimed.wait_seconds)

    assert waits == [0, 0, 0]
    assert [delivery.task_id for delivery in claimed.deliveries] == [of_b]
    assert (await look(store)).wait_seconds != 0


async def test_if_all_are_full_the_answer_says_when_the_first_has_room(store):
    await full(store)
    await limited(store, "B", **FULL)
    await enqueue(store, 2, model="A-1")
    await enqueue(store, 2, model="B-1")
    await given(store)
    client, keys = store.connection.client, store.connection.keys
    seconds, micros = await client.time()
    await client.hset(keys.limit_of("B"), "hold_until_ms", seconds * 1000 + micros // 1000 + 5000)

    assert 4 < ((await look(store)).wait_seconds or 0) <= 5


@pytest.mark.settings(**ROOMY)
async def test_an_unanswered_submission_of_the_only_model_that_has_room_is_waited_for(store):
    await learnt(store, threshold=32, base=32, proven=32)
    await limited(store, "A", threshold=2, base=2, proven=1)
    await enqueue(store, 3, model="A-1")
    (first,) = await claim(store)
    await answered(store, first)
    assert len(await claim(store)) == 1

    assert (await look(store)).unanswered


async def test_what_a_release_without_lanes_put_before_the_cursor_is_found_by_the_repair(store):
    await full(store)
    await enqueue(store, 2, model="A-1")
    (of_b,) = await enqueue(store, model="B-1")
    b = await answered(store, await next_of(store))
    await enqueue(store, 1, model="A-1")
    await claim(store)
    alter(store, "retry", "", "if cursor and score <= cursor then", "if false then")

    await put_back(store, b)
    assert of_b not in await given(store)
    assert await store.upkeep.repair() == 1

    assert await given(store) == [of_b]
