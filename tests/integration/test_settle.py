"""Settle, release, retry, requeue: how a delivery ends, and what is left of it."""

from __future__ import annotations

import pytest

from aigcq.errors import TaskNotFound
from aigcq.limit import News
from aigcq.model import Event, Status
from tests.conftest import age
from tests.integration.steps import (
    A_LEASE,
    NOBODY_KNOWS,
    WORKER_A,
    claim,
    complete,
    enqueue,
    fail,
    live,
    positions,
    put_back,
    record,
    submitted,
    take,
    take_over,
    told,
)

pytestmark = pytest.mark.asyncio

WEEK = 7 * 86400


async def test_a_release_gives_the_permit_back_before_the_video_is_stored(store):
    delivery = await submitted(store, await take(store))

    await store.deliveries.release(delivery)

    assert await live(store) == 0
    view = await store.tasks.get(delivery.task_id)
    assert (view.task.status, view.task.phase, view.task.progress) == (Status.PROCESSING, "saving", 100)


@pytest.mark.parametrize(
    ("event", "status"),
    [(Event.SUCCEED, Status.COMPLETED), (Event.FAIL, Status.FAILED), (Event.ABORT, Status.CANCELLED)],
)
async def test_a_settled_task_is_what_its_event_leads_to_and_is_told_once(store, event, status):
    delivery = await submitted(store, await take(store))

    await store.deliveries.settle(delivery, event, {"said": "视频"}, error_code="why")

    view = await store.tasks.get(delivery.task_id)
    assert (view.task.status, view.task.error_code, view.outcome, view.position) == (status, "why", {"said": "视频"}, 0)
    assert view.task.ended_ms > 0
    assert [(told_of["task"], told_of["status"]) for told_of in await told(store, event)] == [(view.task.id, status)]


async def test_a_settled_task_leaves_every_place(store):
    await complete(store, await submitted(store, await take(store)))

    client, keys = store.connection.client, store.connection.keys
    assert await client.xlen(keys.stream) == 0
    assert (await client.xpending(keys.stream, "workers"))["pending"] == 0
    assert [await client.zcard(key) for key in (keys.leases, keys.permits, keys.ended)] == [0, 0, 1]


async def test_a_settled_task_is_forgotten_as_a_whole_after_its_time(store):
    delivery = await submitted(store, await take(store))
    await complete(store, delivery)

    await age(store, WEEK + 1)

    with pytest.raises(TaskNotFound):
        await store.tasks.get(delivery.task_id)
    await complete(store, await submitted(store, await take(store)))
    assert await store.connection.client.zcard(store.connection.keys.ended) == 1


async def test_a_video_that_needed_a_retry_has_no_error(store):
    await put_back(store, await take(store), error_code="vendor_throttled")
    (delivery,) = await claim(store)

    await complete(store, await submitted(store, delivery))

    assert (await store.tasks.get(delivery.task_id)).task.error_code == ""


async def test_an_outcome_may_hold_what_is_not_quite_unicode(store):
    delivery = await submitted(store, await take(store))

    await complete(store, delivery, "https://v/\ud800.mp4")

    assert (await store.tasks.get(delivery.task_id)).outcome == {"url": "https://v/\ud800.mp4"}


async def test_a_retry_goes_back_at_once_without_a_permit(store):
    delivery = await submitted(store, await take(store))

    assert await put_back(store, delivery, error_code="vendor_failed", next_attempt=True)

    view = await store.tasks.get(delivery.task_id)
    assert (view.task.status, view.position, view.task.error_code) == (Status.QUEUED, 1, "vendor_failed")
    assert await live(store) == 0


async def test_a_retry_with_a_delay_waits_and_is_not_in_the_order(store):
    delivery = await take(store)

    await put_back(store, delivery, delay_seconds=30, tried=True)

    view = await store.tasks.get(delivery.task_id)
    assert (view.task.status, view.position, view.task.tries) == (Status.QUEUED, None, 1)
    overview = await store.control.overview()
    assert (overview.queued, overview.waiting) == (0, 1)
    assert 29_000 < view.task.due_ms - overview.now_ms <= 30_000


async def test_a_task_that_is_to_be_cancelled_is_not_put_back(store):
    delivery = await submitted(store, await take(store))
    await store.tasks.cancel(delivery.task_id)

    assert not await put_back(store, delivery, next_attempt=True)

    await store.deliveries.settle(delivery, Event.ABORT, {})
    assert (await store.tasks.get(delivery.task_id)).task.status is Status.CANCELLED


async def test_a_refusal_lowers_the_threshold_even_if_the_task_is_to_be_cancelled(store):
    delivery = await submitted(store, await take(store))
    await store.tasks.cancel(delivery.task_id)

    await put_back(store, delivery, news=News.REFUSED)

    assert (await store.control.overview()).threshold == 10


async def test_waiting_tasks_come_back_in_bounded_batches_in_their_old_order(store):
    now_ms = (await store.control.overview()).now_ms
    task_ids = await enqueue(store, 250, due_ms=now_ms + 60_000)
    await age(store, 61)

    assert [await store.upkeep.promote() for _ in range(4)] == [100, 100, 50, 0]

    assert await positions(store, [task_ids[0], task_ids[100], task_ids[249]]) == [1, 101, 250]


async def test_only_what_is_due_comes_back(store):
    await put_back(store, await take(store), delay_seconds=60)
    await age(store, 59)

    assert await store.upkeep.promote() == 0


async def test_a_failed_task_is_put_back_as_a_new_attempt_and_kept_for_good(store):
    delivery = await submitted(store, await take(store))
    await store.tasks.cancel(delivery.task_id)
    await fail(store, delivery)

    assert await store.tasks.requeue(delivery.task_id)

    view = await store.tasks.get(delivery.task_id)
    assert (view.task.status, view.task.attempt, view.outcome) == (Status.QUEUED, 2, None)
    assert (view.task.cancel_requested, view.task.error_code, view.task.vendor_task_id) == (False, "", "")
    await age(store, 2 * WEEK)
    (heir,) = await claim(store)
    assert (heir.task.attempt, heir.fence, heir.request) == (2, 2, delivery.request)


async def test_only_a_failed_task_is_requeued(store):
    queued = await take(store)
    assert not await store.tasks.requeue(queued.task_id)
    await complete(store, queued)
    assert not await store.tasks.requeue(queued.task_id)

    with pytest.raises(TaskNotFound):
        await store.tasks.requeue("no-such-task")


async def test_a_zombie_of_a_requeued_task_cannot_end_it(store):
    zombie = await take(store)
    await age(store, A_LEASE)
    await fail(store, await take_over(store))
    await store.tasks.requeue(zombie.task_id)

    (heir,) = await claim(store, WORKER_A)

    assert (heir.fence, zombie.fence, heir.consumer) == (3, 1, zombie.consumer)
    assert await store.leases.renew(WORKER_A, [zombie, heir]) == [0, 1]


async def test_requeueing_a_task_in_quarantine_leaves_it_one_permit_and_no_quarantine(store):
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    await fail(store, delivery, error_code=NOBODY_KNOWS, quarantine_seconds=600)

    await store.tasks.requeue(delivery.task_id)
    await submitted(store, (await claim(store))[0])
    await age(store, 601)
    await store.leases.reclaim("worker-b", 10)

    assert await live(store) == 1


async def test_a_record_stays_a_listpack_through_a_whole_life(store):
    task = (await enqueue(store, tenant="t" * 32, model="Hailuo-2.3-Fast"))[0]
    for _ in range(3):
        (delivery,) = await claim(store, "a-rather-long-host-name.example.internal-1234567-abcd")
        await submitted(store, delivery, "1320866336-AigcVideoTask-0123456789abcdef0123456789abcdeft")
        await put_back(store, delivery, next_attempt=True, tried=True, error_code="submission_unknown")

    assert await store.connection.client.object("encoding", store.connection.keys.task(task)) == "listpack"
    assert max(map(len, (await record(store, task)).values())) <= 64
