"""The law `ceiling` where it works: what a claim gives after what the vendor has said."""

from __future__ import annotations

import pytest

from aigcq.limit import News
from aigcq.store import Store
from tests.conftest import MakeStore, age
from tests.integration.learnt import CEILING, answered, ends, history, learnt, look, next_of, running
from tests.integration.steps import claim, enqueue, live, put_back, record, threshold

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(**CEILING)]


@pytest.mark.settings(**CEILING | {"default_threshold": 8})
async def test_in_the_beginning_one_task_runs_then_twice_as_many_every_three_seconds(store):
    await enqueue(store, 20)

    given = []
    for _ in range(4):
        while deliveries := await claim(store):
            for delivery in deliveries:
                await answered(store, delivery)
        given.append(await live(store))
        await age(store, 3)

    assert given == [1, 2, 4, 8]


@pytest.mark.settings(**CEILING | {"default_threshold": 8})
async def test_videos_that_take_no_three_seconds_do_not_begin_it_anew(store):
    await enqueue(store, 30)
    for _ in range(3):
        await ends(store, await answered(store, await next_of(store)))
        await age(store, 3)

    for _ in range(4):
        await answered(store, await next_of(store))


@pytest.mark.settings(**CEILING | {"default_threshold": 8})
async def test_after_an_idle_while_it_begins_anew_but_for_what_held(store):
    for _ in range(2):
        await age(store, 3600)
        first, *_ = await running(store, 1)
        assert await claim(store) == []
        await ends(store, first)


async def test_a_claim_says_when_one_more_may_be_tried_in_the_beginning(store):
    await running(store, 1)

    claimed = await look(store)

    assert claimed.deliveries == []
    assert 2.5 < claimed.wait_seconds <= 3


async def test_an_account_that_allows_one_costs_one_refusal(store):
    await running(store, 1)
    await age(store, 3)

    await put_back(store, await next_of(store), news=News.REFUSED)

    assert await threshold(store) == 1
    for _ in range(20):
        await age(store, 5)
        assert await claim(store) == []


async def test_an_account_that_allows_one_and_fails_what_it_has_accepted_costs_one_failure(store):
    await running(store, 1)
    await age(store, 3)
    second = await answered(store, await next_of(store))

    await put_back(store, second, news=News.FAILED, next_attempt=True)

    assert await threshold(store) == 1
    assert await history(store) == [("started", "", "4"), ("failed", "4", "1")]


async def test_what_was_learnt_is_kept_over_restarts(store: Store, make_store: MakeStore) -> None:
    await test_an_account_that_allows_one_costs_one_refusal(store)

    restarted = await make_store()

    assert await threshold(restarted) == 1
    assert await claim(restarted) == []


async def test_a_probe_that_the_vendor_accepts_raises_the_threshold_and_the_next_follows(store):
    await learnt(store)
    await running(store, 4)
    assert await claim(store) == []
    await learnt(store, ended=18)

    probe = await next_of(store)
    assert (await record(store, probe.task_id)).get("permit") == "p:0:5"
    assert await threshold(store) == 4
    await answered(store, probe)

    assert await threshold(store) == 5
    assert await claim(store) == []
    await age(store, 0.5)
    assert await claim(store) != []
    assert await history(store) == [("accepted", "4", "5")]


async def test_where_refusals_come_at_once_the_next_probe_does_too(store):
    seconds, _ = await store.connection.client.time()
    await learnt(store, ended=18, refused_ms=1000 * seconds - 1000)
    await running(store, 5)

    assert await threshold(store) == 5
    assert len(await claim(store)) == 1


async def test_a_probe_that_told_nothing_is_repeated_in_half_a_minute(store):
    await learnt(store, ended=18)
    late, *_ = await running(store, 4)
    await age(store, 20)
    await answered(store, await next_of(store))
    assert await threshold(store) == 5

    await store.deliveries.release(late, ended_seconds=5)

    assert await threshold(store) == 4
    assert await claim(store) == []
    await age(store, 30)
    assert len(await claim(store)) == 1


async def test_where_refusals_come_late_a_ramp_is_fast_after_three_steps_below_a_level_that_held(store):
    seconds, _ = await store.connection.client.time()
    now_ms = 1000 * seconds
    await learnt(store, top=8, top_ms=now_ms, late_ms=now_ms)
    await running(store, 4)

    for _ in range(3):
        await answered(store, await next_of(store))
        assert await claim(store) == []
        await age(store, 15)

    await answered(store, await next_of(store))
    assert await threshold(store) == 8


async def test_a_probe_that_the_vendor_refuses_changes_nothing(store):
    await learnt(store, ended=18)
    await running(store, 5)  # the first four and an accepted probe
    await learnt(store, threshold=5, base=5, ended=18, probe_at_ms=0)

    await put_back(store, await next_of(store), news=News.REFUSED)

    assert await threshold(store) == 5
    assert await claim(store) == []


async def test_two_refusals_of_normal_permits_in_a_row_lower_the_threshold_to_what_is_live(store):
    await learnt(store)
    await running(store, 2)

    await put_back(store, await next_of(store), news=News.REFUSED)
    assert await threshold(store) == 4
    assert 1.5 < (await look(store)).wait_seconds <= 2
    await age(store, 2)
    await put_back(store, await next_of(store), news=News.REFUSED)

    assert await threshold(store) == 2
    assert await history(store) == [("refused", "4", "2")]


async def test_too_many_calls_in_one_second_hold_claims_and_lower_nothing(store):
    await learnt(store)
    await enqueue(store, 5)

    await put_back(store, await next_of(store), news=News.RATE_LIMITED)

    assert 0.5 < (await look(store)).wait_seconds <= 1
    assert await threshold(store) == 4
    await age(store, 1)
    assert len(await claim(store)) == 1


async def test_a_vendor_that_queues_what_is_too_much_is_asked_for_no_more_than_it_runs(store):
    await learnt(store)
    *_, third, fourth = await running(store, 4)

    await store.deliveries.record_waiting(fourth)
    assert await threshold(store) == 3
    await store.deliveries.record_waiting(third)
    assert await threshold(store) == 2
    await store.deliveries.record_waiting(fourth)

    assert await threshold(store) == 2
    assert await live(store) == 4
    assert await history(store) == [("waiting", "4", "3"), ("waiting", "3", "2")]


async def test_a_vendor_task_that_had_ended_before_the_refusal_held_no_slot_then(store):
    await learnt(store)
    late, *_ = await running(store, 4)
    await learnt(store, ended=18, probe_at_ms=0)
    await put_back(store, await next_of(store), news=News.REFUSED)
    assert await threshold(store) == 4
    await age(store, 20)

    await store.deliveries.release(late, ended_seconds=30)

    assert await threshold(store) == 4 - 1
    assert await history(store) == [("ended", "4", "3")]


async def test_a_refusal_of_what_was_granted_before_the_last_cut_is_no_news(store):
    await learnt(store, proven=0)
    await running(store, 1)
    first = await next_of(store)
    await age(store, 31)
    second = await next_of(store)
    await learnt(store, epoch=1, threshold=3)

    for old in (first, second):
        await put_back(store, old, news=News.REFUSED)

    assert await threshold(store) == 3
    assert len(await claim(store)) == 1


async def test_a_permit_that_another_release_has_granted_is_of_no_epoch(store):
    await learnt(store)
    await enqueue(store, 5)
    old = await next_of(store)
    await store.connection.client.hdel(store.connection.keys.task(old.task_id), "permit")

    await put_back(store, old, news=News.REFUSED)

    assert await threshold(store) == 4
    assert len(await claim(store)) == 1


async def test_the_policy_may_be_changed_there_and_back(store: Store, make_store: MakeStore) -> None:
    await learnt(store, threshold=3)

    step = await make_store(limit_policy="step")
    assert await threshold(step) == 3
    await enqueue(step, 5)
    assert len(await claim(step)) == 3

    assert await threshold(await make_store()) == 3
