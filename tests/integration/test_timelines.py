"""The timeline of a task: whole at every instant, however much of it was folded, and gone with its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from aigcq.caller import DEFAULT_SCOPES, Caller
from aigcq.errors import TaskNotFound
from aigcq.model import Event
from aigcq.store import Store
from aigcq.timeline import MOST_AT_ONCE, MOST_FOLDS, life_of
from tests.conftest import age
from tests.integration.steps import claim, complete, enqueue, fail, put_back, submitted, take
from tests.integration.test_history import OFTEN, lived, now_ms

pytestmark = pytest.mark.asyncio
MOST_LOOKED_AT = 2000
"""Events, as the script has it."""


async def outline(store: Store, task_id: str) -> tuple[list[str], bool]:
    line = await store.history.line(task_id)
    return [step.told.event for step in life_of(task_id, line.events).steps], line.whole


@pytest.mark.parametrize("folds", [(), (3,), (1, 2, 3, 4, 5)], ids=["nothing", "half", "all"])
async def test_a_timeline_is_whole_at_once_however_much_of_it_was_folded(store, folds):
    """Retried after a late failure, failed, requeued: every attempt with its names and its cause."""
    steps = iter(range(1, 6))

    async def folded() -> None:
        if next(steps) in folds:
            await store.history.fold(OFTEN)

    delivery = await submitted(store, await take(store), "vod-1")
    await folded()
    await put_back(store, delivery, next_attempt=True)
    await folded()
    (delivery,) = await claim(store)
    await fail(store, await submitted(store, delivery, "vod-2"))
    await folded()
    await store.tasks.requeue(delivery.task_id)
    await folded()
    await complete(store, await submitted(store, (await claim(store))[0], "vod-3"))
    await folded()

    events, whole = await outline(store, delivery.task_id)
    assert " ".join(events) == "create claim submit retry claim submit fail requeue claim submit succeed"
    assert whole
    found = life_of(delivery.task_id, (await store.history.line(delivery.task_id)).events)
    assert [(each.attempt, each.vendor_task_id, each.outcome, each.code) for each in found.attempts] == [
        (1, "vod-1", "failed", "vendor_throttled"),
        (2, "vod-2", "failed", "vendor_rejected"),
        (3, "vod-3", "completed", ""),
    ]


async def test_no_more_than_so_many_events_are_looked_through_and_that_is_told(store):
    delivery = await submitted(store, await take(store), "vod-1")
    for step in range(1, MOST_LOOKED_AT):
        await store.deliveries.record_progress(delivery, step % 100)
    await complete(store, delivery)

    events, whole = await outline(store, delivery.task_id)

    assert (events[0], "succeed" in events, whole) == ("create", False, False)


async def test_the_timeline_goes_with_the_record_and_is_erased_with_the_task(store):
    keys, client = store.connection.keys, store.connection.client
    task_id = await lived(store)
    await store.history.fold(OFTEN)
    line, record = keys.timeline(task_id), keys.task(task_id)
    assert abs(await client.pttl(line) - await client.pttl(record)) < 1000

    await store.tasks.erase(task_id)
    assert not await client.exists(line)

    await store.history.fold(OFTEN)  # the erasure is an event too
    assert not await client.exists(line)
    with pytest.raises(TaskNotFound):
        await store.history.line(task_id)


async def test_another_s_timeline_cannot_be_read(store):
    (task_id,) = await enqueue(store, tenant="red")

    with pytest.raises(TaskNotFound):
        await store.seen_by(Caller(tenant="blue", scopes=DEFAULT_SCOPES)).history.line(task_id)
    assert (await store.seen_by(Caller(tenant="red", scopes=DEFAULT_SCOPES)).history.line(task_id)).whole


async def test_what_a_worker_of_the_release_before_has_sent_its_record_tells(store):
    delivery = await submitted(store, await take(store), "vod-1")
    keys, client = store.connection.keys, store.connection.client
    old = [dict(fields) for _, fields in await client.xrange(keys.events)]
    await client.delete(keys.events)
    for fields in old:
        kept: Mapping[Any, Any] = {k: v for k, v in fields.items() if k not in ("attempt", "vendor_task", "waited_ms")}
        await client.xadd(keys.events, dict(kept))
    await store.history.fold(OFTEN)

    (attempt,) = life_of(delivery.task_id, (await store.history.line(delivery.task_id)).events).attempts

    assert (attempt.attempt, attempt.vendor_task_id) == (1, "vod-1")


async def test_a_timeline_is_bounded_and_says_that_it_has_no_beginning(store):
    delivery = await take(store)
    for _ in range(MOST_AT_ONCE):
        await store.tasks.cancel(delivery.task_id)  # each is a request, and told
    line, client = store.connection.keys.timeline(delivery.task_id), store.connection.client
    await client.rpush(line, *["cancel_request\t1-0"] * MOST_FOLDS)
    await store.history.fold(OFTEN)

    events, whole = await outline(store, delivery.task_id)

    assert (len(events), whole) == (MOST_FOLDS - 1 + MOST_AT_ONCE, False)


async def test_of_percentages_one_after_the_other_the_last_is_kept(store):
    delivery = await submitted(store, await take(store))
    for percent in range(0, 100, 10):
        await store.history.fold(OFTEN)
        await store.deliveries.record_progress(delivery, percent)
    await store.history.fold(OFTEN)

    kept = await store.connection.client.lrange(store.connection.keys.timeline(delivery.task_id), 0, -1)

    assert [text.split("\t")[0] for fold in kept for text in fold.split("\n")] == [
        "create",
        "claim",
        "submit",
        "progress",
    ]
    assert kept[-1].endswith("progress\t90")


async def test_what_was_not_to_run_before_waits_from_then_on(store):
    (task_id,) = await enqueue(store, due_ms=await now_ms(store) + 3_600_000)
    await age(store, 3600)
    await store.upkeep.promote()
    await age(store, 7)
    await submitted(store, (await claim(store))[0])

    events = [told for told in (await store.history.line(task_id)).events if told.event == Event.SUBMIT]

    assert 7000 <= int(events[0].fields["waited_ms"]) < 60_000
