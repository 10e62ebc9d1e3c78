"""The history: each event is counted once, what was missed is told, a task's timeline is whole."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.accounts import Historian
from aigcq.accounts.historian import IDLE_SECONDS, LOOK_SECONDS
from aigcq.errors import StoreUnavailable
from aigcq.history import HOUR_MS, MINUTE_MS, Row, bucket_of
from aigcq.store import Store
from aigcq.store.folding import Folding
from aigcq.store.history import Past
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
    historian = Historian([store], stale_seconds=OFTEN)
    seen = [(await historian.turn(), historian.pause_seconds) for _ in range(2)]
    assert seen == [(1, LOOK_SECONDS), (0, IDLE_SECONDS)]


async def test_an_idle_queue_is_looked_at_now_and_then_and_not_more(store):
    await store.history.fold(OFTEN)
    await store.history.fold(OFTEN)
    assert (await total(store)).samples == 1

    await age(store, 16)
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
