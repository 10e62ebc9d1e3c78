"""Submission: before each call it is on record that a vendor task may exist, and an unknown outcome stays unknown."""

from __future__ import annotations

import pytest

from aigcq.model import Event, Phase
from aigcq.store.deliveries import CancelledBeforeSending, NotYet, SessionExpired, Submission
from tests.conftest import age
from tests.integration.steps import (
    A_LEASE,
    WORKER_A,
    claim,
    enqueue,
    live,
    phase,
    put_back,
    submitted,
    take,
    take_over,
)

pytestmark = pytest.mark.asyncio


async def again(store):
    """Put the one claimed delivery back after a refusal, and claim it anew."""
    (delivery,) = await claim(store)
    return delivery


async def test_the_first_send_is_on_record_before_the_call_and_is_not_ambiguous(store):
    delivery = await take(store)

    leave = await store.deliveries.begin_submission(delivery)

    assert type(leave) is Submission
    assert (leave.ambiguous, leave.signed_ms) == (False, leave.first_sent_ms)
    assert await phase(store, delivery.task_id) is Phase.SUBMITTING


async def test_a_second_send_is_ambiguous_and_remembers_when_the_first_was(store):
    delivery = await take(store)
    first = await store.deliveries.begin_submission(delivery)
    await age(store, 10)
    await store.leases.renew(WORKER_A, [delivery])

    second = await store.deliveries.begin_submission(delivery)

    assert second.ambiguous
    assert second.first_sent_ms == first.first_sent_ms - 10_000
    assert (await store.tasks.get(delivery.task_id)).task.ambiguous


async def test_a_vendor_task_id_ends_the_ambiguity(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await store.deliveries.begin_submission(delivery)

    recorded_ms = await store.deliveries.record_submission(delivery, "vod-1")

    task = (await store.tasks.get(delivery.task_id)).task
    assert (task.ambiguous, task.vendor_task_id, task.phase) == (False, "vod-1", Phase.GENERATING)
    assert task.submitted_ms == recorded_ms


async def test_an_unknown_outcome_stays_unknown_over_a_reclaim_and_a_hand_back(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await store.deliveries.begin_submission(delivery)
    await age(store, A_LEASE)
    heir = await take_over(store)
    await store.deliveries.hand_back(heir)

    assert (await take_over(store)).task.ambiguous


async def test_a_refusal_of_a_later_send_does_not_end_the_ambiguity(store):
    delivery = await take(store)
    first = await store.deliveries.begin_submission(delivery)
    await store.deliveries.begin_submission(delivery)

    await put_back(store, delivery)

    heir = await again(store)
    assert (heir.task.ambiguous, heir.task.refused, heir.task.sent_ms) == (True, False, first.first_sent_ms)
    assert (await store.deliveries.begin_submission(heir)).ambiguous


async def test_a_known_refusal_keeps_the_attempt_and_its_session_id(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await put_back(store, delivery)

    heir = await again(store)

    assert (heir.task.attempt, heir.task.session_id) == (1, delivery.task.session_id)
    assert (heir.task.refused, heir.task.ambiguous, heir.task.tries) == (True, False, 0)
    assert not (await store.deliveries.begin_submission(heir)).ambiguous


async def test_a_failed_attempt_is_followed_by_the_next_one_which_nothing_is_known_of(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await put_back(store, delivery)
    await submitted(store, await again(store))
    assert (await store.tasks.get(delivery.task_id)).task.refused
    await age(store, A_LEASE)

    await put_back(store, await take_over(store), next_attempt=True, tried=True)

    task = (await again(store)).task
    assert (task.attempt, task.tries) == (2, 1)
    assert task.session_id.endswith(":2")
    assert (task.refused, task.ambiguous, task.vendor_task_id, task.sent_ms) == (False, False, "", 0)


@pytest.mark.settings(session_seconds=3600)
async def test_a_session_id_that_is_too_old_is_never_sent_again(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await age(store, 3601)
    heir = await take_over(store)

    with pytest.raises(SessionExpired):
        await store.deliveries.begin_submission(heir)


@pytest.mark.settings(session_seconds=3600)
async def test_a_session_id_that_was_refused_long_ago_may_be_sent(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await put_back(store, delivery, delay_seconds=1)
    await age(store, 3601)
    await store.upkeep.promote()

    assert type(await store.deliveries.begin_submission(await again(store))) is Submission


@pytest.mark.settings(create_rate=10, create_burst=2)
async def test_a_first_send_was_paid_for_by_its_claim_and_a_re_send_takes_a_token(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await store.deliveries.begin_submission(delivery)

    wait = await store.deliveries.begin_submission(delivery)

    assert type(wait) is NotYet
    assert 0 < wait.seconds <= 0.1
    await age(store, 0.1)
    assert type(await store.deliveries.begin_submission(delivery)) is Submission


async def test_several_unknown_outcomes_in_a_row_stop_the_claims_for_a_while(store):
    delivery = await take(store)
    for _ in range(3):
        await store.deliveries.begin_submission(delivery)
    await enqueue(store)
    assert len(await claim(store)) == 1

    await store.deliveries.begin_submission(delivery)
    await enqueue(store)

    claimed = await store.deliveries.claim(WORKER_A, 1)
    assert claimed.deliveries == []
    assert 14 < claimed.wait_seconds <= 15
    await age(store, 15)
    assert len(await claim(store)) == 1


async def test_a_submission_that_succeeds_lets_the_claims_go_on(store):
    delivery = await take(store)
    for _ in range(4):
        await store.deliveries.begin_submission(delivery)
    await enqueue(store)

    await store.deliveries.record_submission(delivery, "vod-1")

    assert len(await claim(store)) == 1


async def test_a_vendor_that_cannot_be_reached_stops_the_claims_for_longer_and_longer(store):
    waits = []
    for _ in range(7):
        (delivery,) = await claim(store) or [await take(store)]
        await store.deliveries.begin_submission(delivery)
        await put_back(store, delivery, unreachable=True)
        waits.append(round((await store.deliveries.claim(WORKER_A, 1)).wait_seconds))
        await age(store, 16)

    assert waits == [1, 2, 4, 8, 15, 15, 15]


async def test_a_task_that_was_taken_back_before_the_first_send_is_never_sent(store):
    delivery = await take(store)
    await store.tasks.cancel(delivery.task_id)

    with pytest.raises(CancelledBeforeSending):
        await store.deliveries.begin_submission(delivery)

    await store.deliveries.settle(delivery, Event.ABORT, {})


async def test_a_task_that_may_have_been_sent_is_looked_for_even_if_it_was_taken_back(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await store.tasks.cancel(delivery.task_id)

    assert (await store.deliveries.begin_submission(delivery)).ambiguous
    assert await live(store) == 1
