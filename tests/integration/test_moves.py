"""A queued task goes from one account to another: with all that belongs to it, once, whoever dies meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.exceptions import ResponseError

from aigcq.accounts import Accounts, Router, complete
from aigcq.errors import IdempotencyConflict, TaskMoving, TaskNotFound
from aigcq.limit import News
from aigcq.model import Cancelled, Status
from aigcq.store import Store
from tests.conftest import FakeClock, age, broken
from tests.integration.several import several, with_workers
from tests.integration.steps import alter, claim, enqueue, new, put_back, record, submitted, take, told
from tests.integration.test_halfway import CUT, mended

pytestmark = pytest.mark.asyncio
FAR_MS = 4_000_000_000_000


@pytest_asyncio.fixture
async def pair(make_store, settings, clock: FakeClock) -> AsyncIterator[Accounts]:
    """Two accounts, each with a worker."""
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    yield accounts


async def moved(pair: Accounts, task_id: str) -> bool:
    return await complete(pair, pair[0], task_id, pair[1].name)


def stores(pair: Accounts) -> tuple[Store, Store]:
    return pair[0].store, pair[1].store


async def test_a_task_that_moved_is_in_the_other_account_with_all_that_belongs_to_it(pair):
    a, b = stores(pair)
    terms = {"priority": 3, "tenant": "red", "model": "Kling-3.0", "end_by_ms": FAR_MS, "webhook": "start,end"}
    (task_id,) = await enqueue(a, request='{"prompt": "a hen", "client": {"user": "u"}}', **terms)
    await age(a, 100)
    before = await a.tasks.get(task_id)

    assert await moved(pair, task_id)

    after = await b.tasks.get(task_id)
    assert after.task == before.task
    assert (after.stored, after.position) == (before.stored, 1)
    assert await b.connection.client.zscore(b.connection.keys.deadlines, task_id) == before.task.end_by_ms
    with pytest.raises(TaskNotFound):
        await a.tasks.get(task_id)
    assert (await a.control.overview()).queued == 0


async def test_its_picture_goes_with_it(pair):
    a, b = stores(pair)
    order = new()
    await a.uploads.put(order.id, "cGljdHVyZQ==")
    await a.tasks.enqueue(order)

    await moved(pair, order.id)

    assert await b.uploads.get(order.id) == "cGljdHVyZQ=="
    assert await a.uploads.get(order.id) is None


async def test_tasks_keep_their_order(pair):
    a, b = stores(pair)
    task_ids = await enqueue(a, 3)

    for task_id in task_ids:
        await moved(pair, task_id)

    assert [delivery.task_id for delivery in await claim(b)] == task_ids


async def test_no_backlog_refuses_what_another_account_has_let_in(make_store, settings, clock):
    pair = await several(make_store, settings, clock, b={"backlog_limit": 1})
    await enqueue(pair[1].store)
    (task_id,) = await enqueue(pair[0].store)

    assert await moved(pair, task_id)


@pytest.mark.parametrize("how", ["sent", "refused", "attempted", "claimed", "cancelled", "waiting", "moved"])
async def test_what_a_vendor_may_know_and_what_does_not_wait_in_the_order_stays(pair, how):
    a, b = stores(pair)
    match how:
        case "waiting":
            (task_id,) = await enqueue(a, due_ms=FAR_MS)
        case "cancelled":
            (task_id,) = await enqueue(a)
            await a.tasks.cancel(task_id)
        case "moved":
            (task_id,) = await enqueue(b)
            await complete(pair, pair[1], task_id, pair[0].name)
        case _:
            delivery = await take(a)
            task_id = delivery.task_id
            if how == "sent":
                await a.deliveries.begin_submission(delivery)
                await a.deliveries.begin_submission(delivery)  # what became of the first is not known
                await put_back(a, delivery)
            if how == "refused":
                await a.deliveries.begin_submission(delivery)
                await put_back(a, delivery, news=News.REFUSED)
            if how == "attempted":
                await put_back(a, await submitted(a, delivery), next_attempt=True)

    assert await a.moves.movable(0, 10) == ((await a.control.overview()).queued, [])
    assert not await moved(pair, task_id)
    assert (await a.tasks.get(task_id)).task.id == task_id


async def test_what_was_claimed_and_handed_back_unsent_may_move(pair):
    a, b = stores(pair)
    delivery = await take(a)
    await a.deliveries.hand_back(delivery)

    assert await moved(pair, delivery.task_id)
    assert [each.task_id for each in await claim(b)] == [delivery.task_id]


async def test_what_is_lent_is_nobody_s_to_claim_or_to_cancel(pair):
    a, _ = stores(pair)
    (task_id,) = await enqueue(a)

    await a.moves.lend(task_id, pair[1].name)

    assert await claim(a) == []
    assert await a.upkeep.repair() == 0
    assert await claim(a) == []
    with pytest.raises(TaskMoving):
        await a.tasks.cancel(task_id)


async def test_whoever_goes_on_with_it_sends_it_to_the_same_account(make_store, settings, clock):
    a, b, c = await several(make_store, settings, clock, "abc")
    (task_id,) = await enqueue(a.store)
    await a.store.moves.lend(task_id, b.name)

    assert await complete(Accounts([a, b, c]), a, task_id, c.name)

    assert (await b.store.tasks.get(task_id)).task.status is Status.QUEUED
    with pytest.raises(TaskNotFound):
        await c.store.tasks.get(task_id)


async def test_two_who_move_it_at_once_move_it_once(pair):
    a, b = stores(pair)
    (task_id,) = await enqueue(a)
    first = await a.moves.lend(task_id, pair[1].name)
    second = await a.moves.lend(task_id)
    assert first and second

    for lent in (first, second):
        await b.tasks.arrive(lent.arriving(pair[0].name))
        await a.moves.left(task_id)

    assert len(await claim(b)) == 1
    await b.tasks.arrive(second.arriving(pair[0].name))  # one who was stalled for long
    assert await claim(b) == []


async def test_one_whose_deadline_has_passed_on_the_way_fails_in_its_own_account(pair):
    a, b = stores(pair)
    (task_id,) = await enqueue(a, end_by_ms=FAR_MS)
    await a.connection.client.hset(a.connection.keys.task(task_id), "end_by_ms", 1)

    assert not await moved(pair, task_id)
    await a.upkeep.expire()

    assert (await a.tasks.get(task_id)).task.error_code == "deadline_exceeded"
    with pytest.raises(TaskNotFound):
        await b.tasks.get(task_id)


async def test_what_another_release_has_cancelled_on_the_way_does_not_run_elsewhere(pair):
    a, b = stores(pair)
    (task_id,) = await enqueue(a)
    lent = await a.moves.lend(task_id, pair[1].name)
    assert lent
    await b.tasks.arrive(lent.arriving(pair[0].name))
    alter(a, "cancel", line="if redis.call('ZSCORE', leaving, task_id) then return 'moving' end", instead="")
    assert await a.tasks.cancel(task_id) is Cancelled.CANCELLED

    assert not await complete(pair, pair[0], task_id)

    assert await claim(b) == []


async def test_its_idempotency_key_is_answered_as_the_first_time(pair):
    a, _ = stores(pair)
    first = await a.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))
    await moved(pair, first.task.id)

    account, again = await Router(pair).routed(new(idempotency_key="k", fingerprint="f"))
    repeated = await account.store.tasks.enqueue(again)

    assert repeated.replayed
    assert (repeated.task.id, repeated.position) == (first.task.id, first.position)
    with pytest.raises(IdempotencyConflict):
        await account.store.tasks.enqueue(new(idempotency_key="k", fingerprint="g"))


async def test_its_key_is_known_for_as_long_as_it_is_kept(pair):
    a, _ = stores(pair)
    first = await a.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))
    await moved(pair, first.task.id)
    await age(a, a.connection.settings.result_ttl_seconds - 5)

    assert (await a.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))).task.id == first.task.id


async def test_a_move_is_told_once(pair):
    a, _ = stores(pair)
    (task_id,) = await enqueue(a)

    await moved(pair, task_id)
    await complete(pair, pair[0], task_id)

    (event,) = await told(a, "move")
    assert (event["task"], event["status"], event["account"]) == (task_id, "queued", pair[1].name)


@pytest.mark.parametrize("verb", ["lend", "left", "stay"])
async def test_wherever_a_script_of_a_move_stops_it_is_completed(make_store, settings, clock, verb):
    for writes in range(20):
        own = replace_queue(settings, f"{settings.queue}-{verb}-{writes}")
        pair = await several(make_store, own, clock)
        a, b = stores(pair)
        (task_id,) = await enqueue(a, end_by_ms=FAR_MS)
        if verb == "stay":
            await a.connection.client.hset(a.connection.keys.task(task_id), "end_by_ms", 1)
        alter(a, verb, CUT.format(writes=writes))
        try:
            await moved(pair, task_id)
        except ResponseError as error:
            assert "cut" in str(error)
        else:
            break
        alter(a, verb)
        await a.upkeep.repair()
        if verb == "stay":
            await a.connection.client.hset(a.connection.keys.task(task_id), "end_by_ms", FAR_MS)
            await a.connection.client.zadd(a.connection.keys.deadlines, {task_id: FAR_MS}, xx=True)
        for begun in await a.moves.lent(-1, 10):
            await complete(pair, pair[0], begun)
        assert await a.moves.lent(-1, 10) == []
        assert await broken(a) == [] and await broken(b) == []
        claimed = [*await claim(a), *await claim(b)]
        assert [each.task_id for each in claimed] == [task_id]
    assert writes > 2


def replace_queue(settings, queue):
    return settings.model_copy(update={"queue": queue})


async def test_a_record_says_where_it_came_from(pair):
    a, b = stores(pair)
    (task_id,) = await enqueue(a)

    await moved(pair, task_id)

    assert (await record(b, task_id))["moved_from"] == pair[0].name
    assert (await record(a, task_id))["moved_to"] == pair[1].name
    await mended(b)
