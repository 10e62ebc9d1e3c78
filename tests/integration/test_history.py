"""The history: each event is counted once, what was missed is told, a task's timeline is whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from aigcq.accounts import Historian
from aigcq.caller import DEFAULT_SCOPES, Caller
from aigcq.errors import StoreUnavailable, TaskNotFound
from aigcq.history import HOUR_MS, MINUTE_MS, Row, bucket_of
from aigcq.model import Event
from aigcq.store import Store
from aigcq.store.folding import Folding
from aigcq.store.history import Past
from aigcq.timeline import MOST_AT_ONCE, MOST_FOLDS, life_of
from tests.conftest import age
from tests.integration.steps import claim, complete, enqueue, fail, put_back, submitted, take, together

pytestmark = pytest.mark.asyncio
OFTEN = 0.0
"""Seconds since the last look after which another one is worth it: at once."""


async def now_ms(store: Store) -> int:
    return (await store.control.overview()).now_ms


async def past(store: Store, step_ms: int = MINUTE_MS) -> Past:
    """Return the last hour, or the last day."""
    now = await now_ms(store)
    return await store.history.past(step_ms, now - 60 * step_ms, now + step_ms)


async def total(store: Store, step_ms: int = MINUTE_MS) -> Row:
    found = Row()
    for row in (await past(store, step_ms)).rows.values():
        found.add(row)
    return found


async def lived(store: Store, **fields: Any) -> str:
    """Let a task complete."""
    delivery = await submitted(store, (await claim(store))[0] if fields.pop("claimed", 0) else await take(store))
    await store.deliveries.record_progress(delivery, 40)
    await store.deliveries.release(delivery, took_seconds=70.0)
    await complete(store, delivery)
    return delivery.task_id


async def test_a_minute_and_an_hour_have_what_happened_in_them(store):
    await enqueue(store, model="Hailuo-2.3")
    await lived(store, claimed=1)
    await fail(store, (await enqueue(store, model="Kling-3.0"), *await claim(store))[-1], error_code="vendor_rejected")
    await enqueue(store, 2)

    assert await store.history.fold(OFTEN) > 0

    for step_ms in (MINUTE_MS, HOUR_MS):
        found = await total(store, step_ms)
        assert dict(zip(("created", "completed", "failed"), found.counts, strict=False)) == {
            "created": 4, "completed": 1, "failed": 1,
        }  # fmt: skip
        assert found.models["Hailuo-2.3"] == [1, 1, 0]
        assert found.models["Kling-3.0"] == [1, 0, 1]
        assert found.codes == {"vendor_rejected": 1}
        assert sum(found.waits.values()) == sum(found.generations.values()) == 1
        assert (found.samples, found.tops, found.thresholds) == (1, [2, 0, 0], (12, 12))


async def test_however_many_fold_at_once_each_event_counts_once(store):
    ids = await enqueue(store, 700)

    for _ in range(2):
        await together(*[Folding(store.connection, page=100).fold(OFTEN) for _ in range(4)])

    assert (await total(store)).count("created") == 700
    for task_id in ids[::99]:
        assert await store.connection.client.llen(store.connection.keys.timeline(task_id)) == 1


async def test_who_dies_between_reading_and_writing_has_counted_nothing(store):
    await enqueue(store, 3)
    dying = Folding(store.connection)
    dying._write = _die  # type: ignore[method-assign]

    with pytest.raises(StoreUnavailable):
        await dying.fold(OFTEN)

    assert not (await past(store)).rows
    await store.history.fold(OFTEN)
    assert (await total(store)).count("created") == 3


async def _die(*_: Any) -> bool:
    raise StoreUnavailable("killed")


async def test_who_has_read_what_another_one_has_written_meanwhile_writes_nothing(store):
    await enqueue(store, 3)
    slow = Folding(store.connection)
    write = slow._write

    async def late(*read: Any) -> bool:
        await store.history.fold(OFTEN)
        return await write(*read)

    slow._write = late  # type: ignore[method-assign]

    assert await slow.fold(OFTEN) == 0
    assert (await total(store)).count("created") == 3


async def test_what_was_folded_just_now_nobody_folds_again(store):
    await enqueue(store)
    await store.history.fold(OFTEN)
    await enqueue(store)

    assert await store.history.fold(30.0) == 0
    assert await Historian([store], stale_seconds=OFTEN).turn() == 1


async def test_an_idle_queue_is_looked_at_now_and_then_and_not_more(store):
    await store.history.fold(OFTEN)
    await store.history.fold(OFTEN)
    assert (await total(store)).samples == 1

    await age(store, 11)
    await store.history.fold(OFTEN)

    assert (await total(store)).samples == 2


@pytest.mark.settings(events_cap=100)
async def test_what_was_dropped_before_it_was_read_is_told_and_not_invented(store):
    (first,) = await enqueue(store)
    await store.history.fold(OFTEN)
    await enqueue(store, 600)
    kept = await store.connection.client.xlen(store.connection.keys.events)

    await store.history.fold(OFTEN)

    found = await past(store)
    (gap,) = found.gaps
    now = await now_ms(store)
    assert gap.lost == 600 - kept
    assert sum(row.count("created") for row in found.rows.values()) == 1 + kept
    assert found.knows(gap.from_ms, now) is False
    assert found.knows(gap.to_ms + 1, now) is True
    assert found.knows(0, found.watched.since_ms) is None
    assert (await store.history.line(first)).whole is False


async def test_what_is_kept_goes_by_itself(store):
    await lived(store)
    await store.history.fold(OFTEN)
    keys, client, now = store.connection.keys, store.connection.client, await now_ms(store)

    minutes = await client.pttl(keys.minutes_of(now // HOUR_MS))
    hours = await client.pttl(keys.hours_of(now // (24 * HOUR_MS)))

    assert 7 <= minutes / 86_400_000 <= 7.1
    assert 90 <= hours / 86_400_000 <= 91


# Timelines


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


async def test_a_task_that_is_sent_again_has_waited_once(store):
    delivery = await submitted(store, await take(store))
    await put_back(store, delivery, next_attempt=True)
    await submitted(store, (await claim(store))[0])
    await store.history.fold(OFTEN)

    assert sum((await total(store)).waits.values()) == 1


async def test_a_video_that_is_released_again_was_made_once(store):
    delivery = await submitted(store, await take(store))
    for _ in range(2):
        await store.deliveries.release(delivery, took_seconds=70.0)
    await store.history.fold(OFTEN)

    assert (await total(store)).generations == {bucket_of(70): 1}


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
