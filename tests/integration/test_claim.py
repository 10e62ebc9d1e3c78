"""Claim: as many as may run, each for one worker, and no wake-up lost."""

from __future__ import annotations

import pytest

from aigcq.limit import News
from aigcq.model import Event, Phase, Status
from aigcq.store import Store
from tests.conftest import MakeStore, age
from tests.integration.steps import (
    WORKER_A,
    WORKER_B,
    claim,
    complete,
    enqueue,
    live,
    positions,
    put_back,
    submitted,
    take,
    threshold,
    together,
    told,
)

pytestmark = pytest.mark.asyncio


async def look(store: Store, count: int = 100) -> tuple[int, float | None, float | None]:
    """Return how many were given, and the two waits."""
    claimed = await store.deliveries.claim(WORKER_A, count)
    return len(claimed.deliveries), claimed.wait_seconds, claimed.due_seconds


async def test_a_delivery_carries_all_that_a_worker_needs(store):
    delivery = await take(store)

    task = delivery.task
    assert delivery.request == '{"prompt": "a fox"}'
    assert (task.status, task.phase, task.fence, task.consumer) == (Status.PROCESSING, Phase.CLAIMED, 1, WORKER_A)
    assert 0 < task.created_ms <= task.started_ms


@pytest.mark.settings(default_threshold=3, max_threshold=3)
async def test_no_permit_is_given_beyond_the_threshold(store):
    await enqueue(store, 5)

    first = await claim(store)

    assert len(first) == 3
    assert await look(store) == (0, None, None)
    await complete(store, first[0])
    assert await look(store) == (1, None, None)


@pytest.mark.settings(default_threshold=4, max_threshold=4)
async def test_what_is_live_goes_on_when_the_threshold_is_lowered(make_store: MakeStore):
    store = await make_store()
    await enqueue(store, 6)
    running = await claim(store)
    lower = await make_store(max_threshold=2, default_threshold=2)

    for delivery in running[:2]:
        assert await claim(lower) == []
        await complete(lower, delivery)
    await complete(lower, running[2])

    assert len(await claim(lower)) == 1
    assert await live(lower) == 2


@pytest.mark.settings(create_rate=10, create_burst=2)
async def test_submissions_beyond_the_burst_wait_for_a_token(store):
    await enqueue(store, 5)

    given, wait, _ = await look(store)

    assert given == 2
    assert 0 < wait <= 0.1
    await age(store, 0.1)
    assert (await look(store))[0] == 1


@pytest.mark.settings(create_rate=10, create_burst=2)
async def test_the_bucket_never_holds_more_than_the_burst(store):
    await enqueue(store, 5)
    await claim(store, count=1)
    await age(store, 3600)

    assert (await look(store))[0] == 2


@pytest.mark.settings(create_rate=10, create_burst=1)
async def test_a_clock_that_was_set_back_stops_no_claims(store):
    await enqueue(store, 3)
    await claim(store)

    await age(store, -3600)

    assert (await look(store))[1] <= 0.1
    await age(store, 0.1)
    assert (await look(store))[0] == 1


async def test_all_workers_share_one_budget(make_store: MakeStore):
    stores = [await make_store(create_rate=1, create_burst=3) for _ in range(3)]
    await enqueue(stores[0], 9)

    given = await together(*(claim(store, f"worker-{number}") for number, store in enumerate(stores)))

    assert sum(map(len, given)) == 3


@pytest.mark.settings(hold_seconds=2)
async def test_after_a_refusal_nothing_is_given_for_the_hold(store):
    await enqueue(store, 2)
    refused, _ = await claim(store)
    await put_back(store, refused, news=News.REFUSED)

    given, wait, _ = await look(store)

    assert given == 0
    assert 1.9 < wait <= 2
    await age(store, 2)
    assert (await look(store))[0] == 1


async def test_a_paused_queue_gives_nothing_and_keeps_the_order(store):
    task_ids = await enqueue(store, 2)
    await store.control.pause("maintenance")

    assert await look(store) == (0, None, None)
    assert await positions(store, task_ids) == [1, 2]
    await store.control.resume()
    assert (await look(store))[0] == 2


async def test_the_answer_says_when_the_next_waiting_task_is_due(store):
    await put_back(store, await take(store), delay_seconds=60)
    await put_back(store, await take(store), delay_seconds=30)

    _, wait, due = await look(store)

    assert (wait, 29 < due <= 30) == (None, True)
    await age(store, 31)
    assert (await look(store))[2] == 0


@pytest.mark.settings(default_threshold=1, max_threshold=2, min_threshold=1, recovery_interval=60)
async def test_the_answer_says_when_the_threshold_rises(store):
    await enqueue(store, 2)
    await claim(store)

    given, wait, _ = await look(store)

    assert given == 0
    assert 59 < wait <= 60
    await age(store, 60)
    assert (await look(store))[0] == 1


@pytest.mark.settings(default_threshold=2, max_threshold=2, min_threshold=1, recovery_interval=60)
async def test_quiet_time_at_the_maximum_counts_nothing_towards_a_higher_one(make_store: MakeStore):
    store = await make_store()
    await claim(store)
    await age(store, 3600)
    await claim(store)

    higher = await make_store(max_threshold=12)

    assert await threshold(higher) == 2


async def test_an_event_between_the_answer_and_the_reading_is_not_lost(store):
    claimed = await store.deliveries.claim(WORKER_A, 1)
    assert claimed.deliveries == []

    (task_id,) = await enqueue(store)

    (event,) = await store.control.events(claimed.last_event, 5)
    assert (event[1]["event"], event[1]["task"]) == (Event.CREATE, task_id)


async def test_the_reading_after_a_claim_does_not_wake_by_the_claim_itself(store):
    await enqueue(store)
    claimed = await store.deliveries.claim(WORKER_A, 5)

    assert await store.control.events(claimed.last_event, 0.001) == []


@pytest.mark.settings(default_threshold=10, max_threshold=10)
async def test_workers_that_race_share_no_task_and_stay_under_the_threshold(make_store: MakeStore):
    stores = [await make_store() for _ in range(4)]
    await enqueue(stores[0], 30)

    given = await together(*(claim(store, f"worker-{n}", 1) for n, store in enumerate(stores) for _ in range(8)))

    task_ids = [delivery.task_id for deliveries in given for delivery in deliveries]
    assert len(task_ids) == len(set(task_ids)) == 10


async def test_a_task_that_has_ended_never_runs_even_if_it_stands_in_the_order(store):
    delivery = await take(store)
    await complete(store, delivery)
    await store.connection.client.zadd(store.connection.keys.queued, {delivery.task_id: 1})

    assert await claim(store) == []


async def test_a_task_that_runs_is_not_given_again_even_if_it_stands_in_the_order(store):
    delivery = await submitted(store, await take(store))
    await store.connection.client.zadd(store.connection.keys.queued, {delivery.task_id: 1})

    assert await claim(store, WORKER_B) == []
    assert await store.leases.renew(WORKER_A, [delivery]) == [1]


async def test_a_task_whose_entry_was_lost_gets_another_and_runs(store):
    (task_id,) = await enqueue(store)
    await store.connection.client.xtrim(store.connection.keys.stream, maxlen=0)

    (delivery,) = await claim(store)

    await complete(store, await submitted(store, delivery))
    assert (await store.tasks.get(task_id)).task.status is Status.COMPLETED


async def test_a_claim_is_told_once_with_its_consumer(store):
    delivery = await take(store)

    assert [(event["task"], event["consumer"]) for event in await told(store, Event.CLAIM)] == [
        (delivery.task_id, WORKER_A)
    ]
