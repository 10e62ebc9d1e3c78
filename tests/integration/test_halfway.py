"""A script that stops halfway, at every single write: `repair` and `reclaim` lead to one state or the other.

Redis never undoes what a script has written, and a slot migration of a cluster may kill one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from redis.exceptions import ResponseError

from aigcq.limit import News, ceiling
from aigcq.store import Store
from tests.conftest import MakeStore, age, broken
from tests.integration.learnt import learnt, limited
from tests.integration.steps import (
    A_LEASE,
    WORKER_B,
    alter,
    claim,
    complete,
    enqueue,
    fail,
    new,
    put_back,
    submitted,
    take,
)

pytestmark = pytest.mark.asyncio

CUT = """
local real, left = redis, {writes}
local READS = {{TIME = 1, GET = 1, EXISTS = 1, HGET = 1, HMGET = 1, HGETALL = 1, ZSCORE = 1, ZRANGE = 1, ZCARD = 1,
    ZRANGEBYSCORE = 1, XLEN = 1, XRANGE = 1, XREVRANGE = 1, XPENDING = 1, PTTL = 1,
    ZRANK = 1, ZCOUNT = 1, ZREVRANGEBYSCORE = 1, ZDIFF = 1, SMEMBERS = 1, HEXISTS = 1}}
local function counted(command, ...)
    if not READS[command] then
        if left == 0 then error('cut') end
        left = left - 1
    end
    return real.call(command, ...)
end
local redis = {{call = counted, pcall = counted}}
"""

Step = Callable[[], Awaitable[object]]


async def _new(store: Store) -> Step:
    return lambda: store.tasks.enqueue(new(idempotency_key="k", priority=3, tenant="t"))


async def _new_for_later(store: Store) -> Step:
    return lambda: store.tasks.enqueue(new(due_ms=4_000_000_000_000))


async def _two_queued(store: Store) -> Step:
    await enqueue(store, 2)
    return lambda: claim(store)


async def _claimed(store: Store) -> Step:
    delivery = await take(store)
    return lambda: store.deliveries.begin_submission(delivery)


async def _sent(store: Store) -> Step:
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    return lambda: store.deliveries.begin_submission(delivery)


async def _outcome(store: Store) -> Step:
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    return lambda: store.deliveries.record_submission(delivery, "vod-1")


async def _generated(store: Store) -> Step:
    delivery = await submitted(store, await take(store))
    return lambda: store.deliveries.release(delivery, kind="a model")


async def _saved(store: Store) -> Step:
    delivery = await submitted(store, await take(store))
    return lambda: complete(store, delivery)


async def _given_up(store: Store) -> Step:
    delivery = await submitted(store, await take(store))
    return lambda: fail(store, delivery, quarantine_seconds=100, news=News.REFUSED)


async def _refused(store: Store) -> Step:
    delivery = await submitted(store, await take(store))
    return lambda: put_back(store, delivery, next_attempt=True, news=News.REFUSED)


async def _unreachable(store: Store) -> Step:
    delivery = await take(store)
    await store.deliveries.begin_submission(delivery)
    return lambda: put_back(store, delivery, delay_seconds=1, unreachable=True)


async def _unsent(store: Store) -> Step:
    delivery = await take(store)
    return lambda: store.deliveries.hand_back(delivery)


async def _generating(store: Store) -> Step:
    delivery = await submitted(store, await take(store))
    return lambda: store.deliveries.hand_back(delivery)


async def _queued(store: Store) -> Step:
    (task_id,) = await enqueue(store)
    return lambda: store.tasks.cancel(task_id)


async def _failed(store: Store) -> Step:
    delivery = await take(store)
    await fail(store, delivery, quarantine_seconds=100)
    return lambda: store.tasks.requeue(delivery.task_id)


async def _two_due(store: Store) -> Step:
    for delivery in [await take(store), await take(store)]:
        await put_back(store, delivery, delay_seconds=1)
    await age(store, 2)
    return store.upkeep.promote


async def _overdue(store: Store) -> Step:
    delivery = await submitted(store, await take(store))
    await age(store, 49 * 3600)
    return lambda: store.horizon.measure(delivery.consumer, [delivery])


async def _overdue_and_given_up(store: Store) -> Step:
    delivery = await submitted(store, await take(store))
    await age(store, 49 * 3600)
    await store.horizon.measure(delivery.consumer, [delivery])
    return lambda: fail(store, delivery)


async def _overdue_and_refused(store: Store) -> Step:
    delivery = await submitted(store, await take(store))
    await age(store, 49 * 3600)
    await store.horizon.measure(delivery.consumer, [delivery])
    return lambda: put_back(store, delivery, next_attempt=True)


async def _three_dead(store: Store) -> Step:
    await store.deliveries.begin_submission(await take(store))
    await submitted(store, await take(store))
    await fail(store, await take(store), quarantine_seconds=1)
    await age(store, A_LEASE)
    return lambda: store.leases.reclaim(WORKER_B, 10)


async def _one_passes(store: Store) -> Step:
    await _limited(store)
    await enqueue(store, model="A-1")
    await claim(store)
    await enqueue(store, 2, model="A-1")
    await enqueue(store, model="B-1")
    return lambda: claim(store)


async def _one_was_passed(store: Store) -> Step:
    await _limited(store)
    await enqueue(store, model="A-1")
    (first,) = await claim(store)
    await enqueue(store, 2, model="A-1")
    await enqueue(store, model="B-1")
    await claim(store)
    await complete(store, first)
    return lambda: claim(store)


async def _retried_among_the_passed(store: Store) -> Step:
    await _limited(store)
    await enqueue(store, model="A-1")
    await claim(store)
    await enqueue(store, model="A-1")
    await enqueue(store, model="B-1")
    (passing,) = await claim(store)
    await enqueue(store, model="A-1")
    await claim(store)
    return lambda: put_back(store, passing)


async def _refused_of_a_model(store: Store) -> Step:
    await learnt(store, threshold=32, base=32, proven=32)
    await enqueue(store, model="B-1")
    await enqueue(store, model="A-1")
    *_, refused = await claim(store)
    return lambda: put_back(store, refused, news=News.REFUSED)


async def _risen_to_the_account(store: Store) -> Step:
    await learnt(store, threshold=2, base=2, proven=2)
    await limited(store, "A", threshold=1, base=1, proven=1, ended=ceiling.ENOUGH_ENDED)
    await enqueue(store, 2, model="A-1")
    (first,) = await claim(store)
    await submitted(store, first)
    (probe,) = await claim(store)
    await store.deliveries.begin_submission(probe)
    return lambda: store.deliveries.record_submission(probe, "vod-2")


async def _limited(store: Store) -> None:
    await learnt(store, threshold=32, base=32, proven=32)
    await limited(store, "A", threshold=1, base=1, proven=1)


STORIES_OF_MODELS: list[tuple[str, Callable[[Store], Awaitable[Step]]]] = [
    ("claim", _one_passes),
    ("claim", _one_was_passed),
    ("retry", _retried_among_the_passed),
    ("retry", _refused_of_a_model),
    ("record_submission", _risen_to_the_account),
]
STORIES: list[tuple[str, Callable[[Store], Awaitable[Step]]]] = [
    ("enqueue", _new),
    ("enqueue", _new_for_later),
    ("claim", _two_queued),
    ("begin_submission", _claimed),
    ("begin_submission", _sent),
    ("record_submission", _outcome),
    ("release", _generated),
    ("settle", _saved),
    ("settle", _given_up),
    ("retry", _refused),
    ("settle", _overdue_and_given_up),
    ("retry", _unreachable),
    ("retry", _overdue_and_refused),
    ("measure", _overdue),
    ("hand_back", _unsent),
    ("hand_back", _generating),
    ("cancel", _queued),
    ("requeue", _failed),
    ("promote", _two_due),
    ("reclaim", _three_dead),
]


@pytest.mark.parametrize(("verb", "begin"), STORIES, ids=[verb + begin.__name__ for verb, begin in STORIES])
async def test_wherever_a_script_stops_the_queue_mends_itself_and_every_task_ends(
    make_store: MakeStore, settings, verb, begin
):
    for writes in range(60):
        store = await make_store(queue=f"{settings.queue}-{writes}")
        step = await begin(store)
        alter(store, verb, CUT.format(writes=writes))
        try:
            await step()
        except ResponseError as error:
            assert "cut" in str(error)
        else:
            break
        alter(store, verb)
        await mended(store)
    else:
        raise AssertionError("the script never came to its end")
    assert writes > 1


@pytest.mark.settings(limit_policy="ceiling", max_threshold=32)
@pytest.mark.parametrize(("verb", "begin"), STORIES_OF_MODELS, ids=[each.__name__ for _, each in STORIES_OF_MODELS])
async def test_wherever_a_script_stops_limits_of_models_and_lanes_mend_themselves(
    make_store: MakeStore, settings, verb, begin
):
    await test_wherever_a_script_stops_the_queue_mends_itself_and_every_task_ends(make_store, settings, verb, begin)


async def mended(store: Store) -> None:
    """Do what workers do in any case; then nothing is broken, and everything comes to an end."""
    await store.upkeep.repair()
    await age(store, A_LEASE)
    await store.upkeep.promote()
    while deliveries := (await store.leases.reclaim(WORKER_B, 100))[0]:  # suspects come alone
        await store.upkeep.repair()
        assert await broken(store) == []
        for delivery in deliveries:
            await complete(store, delivery)
    await store.upkeep.repair()
    assert await broken(store) == []
    for _ in range(10):
        for delivery in await claim(store):
            await complete(store, delivery)
        assert await broken(store) == []
        await age(store, A_LEASE)
    overview = await store.control.overview()
    assert overview.processing == overview.queued == 0
