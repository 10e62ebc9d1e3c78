"""The operator's side: pause and resume, who is alive, what there is."""

from __future__ import annotations

import pytest

from aigcq.errors import SchemaTooNew
from tests.conftest import MakeStore, age
from tests.integration.steps import (
    A_LEASE,
    WORKER_A,
    WORKER_B,
    claim,
    complete,
    enqueue,
    put_back,
    submitted,
    take,
    take_over,
    together,
    told,
)

pytestmark = pytest.mark.asyncio


async def consumers(store) -> set[str]:
    rows = await store.connection.client.xinfo_consumers(store.connection.keys.stream, "workers")
    return {row["name"] for row in rows}


async def test_a_pause_is_visible_with_its_reason_and_told(store):
    assert await store.control.pause("maintenance")

    overview = await store.control.overview()
    assert (overview.paused, overview.paused_by) == ("maintenance", "operator")
    assert [event["cause"] for event in await told(store, "pause")] == ["maintenance"]


async def test_what_is_live_goes_on_while_the_queue_is_paused(store):
    delivery = await take(store)
    await store.control.pause("maintenance")

    await complete(store, await submitted(store, delivery))


async def test_the_machine_does_not_replace_a_person_s_pause(store):
    await store.control.pause("maintenance")

    assert not await store.control.pause("AuthFailure", by="vendor", probe_seconds=15)

    assert (await store.control.overview()).paused == "maintenance"


async def test_a_person_s_pause_replaces_the_machine_s(store):
    await store.control.pause("AuthFailure", by="vendor", probe_seconds=15)

    assert await store.control.pause("maintenance")

    overview = await store.control.overview()
    assert (overview.paused, overview.paused_by) == ("maintenance", "operator")
    assert (await store.control.beat(WORKER_A, {})).probe_at_ms == 0


async def test_the_machine_ends_only_its_own_pause(store):
    await store.control.pause("maintenance")
    assert not await store.control.resume(by="vendor")
    assert await store.control.resume()

    await store.control.pause("AuthFailure", by="vendor")
    assert await store.control.resume(by="vendor")

    assert (await store.control.overview()).paused == ""
    assert not await store.control.resume()


async def test_a_person_ends_any_pause(store):
    await store.control.pause("AuthFailure", by="vendor")

    assert await store.control.resume()
    assert len(await told(store, "resume")) == 1


async def test_a_beat_says_when_the_machine_s_pause_may_be_probed(store):
    await store.control.pause("AuthFailure", by="vendor", probe_seconds=15)

    beat = await store.control.beat(WORKER_A, {})

    assert 14_000 < beat.probe_at_ms - beat.now_ms <= 15_000
    await store.control.resume(by="vendor")
    assert (await store.control.beat(WORKER_A, {})).probe_at_ms == 0


async def test_a_beat_tells_who_is_alive_and_what_was_seen_of_the_vendor(store):
    beat = await store.control.beat(WORKER_A, {"ok_ms": 1_800_000_000_123, "error": "视频"})
    await store.control.beat(WORKER_A, {"error": ""})

    overview = await store.control.overview()
    assert overview.workers[WORKER_A] >= beat.now_ms
    assert {**overview.vendor, "flowing_ms": ""} == {"ok_ms": "1800000000123", "error": "", "flowing_ms": ""}


async def test_a_worker_that_left_or_was_silent_for_long_is_not_alive(store):
    for worker in (WORKER_A, WORKER_B, "worker-c"):
        await store.control.beat(worker, {})
    await store.control.leave(WORKER_A)
    await age(store, 601)

    await store.control.beat("worker-c", {})

    assert set((await store.control.overview()).workers) == {"worker-c"}


async def test_consumers_that_are_gone_leave_the_group(store):
    for worker in (WORKER_A, WORKER_B):
        await store.control.beat(worker, {})
        (delivery,) = [await take(store, worker)]
        await complete(store, delivery)
    assert await consumers(store) == {WORKER_A, WORKER_B}
    await store.control.leave(WORKER_A)

    await store.control.beat(WORKER_B, {})

    assert await consumers(store) == {WORKER_B}


async def test_a_consumer_that_still_holds_something_stays_until_it_was_taken_over(store):
    await submitted(store, await take(store, WORKER_A))
    await store.control.beat(WORKER_B, {})
    assert await consumers(store) == {WORKER_A}

    await age(store, A_LEASE)
    heir = await take_over(store, WORKER_B)
    await store.control.beat(WORKER_B, {})

    assert await consumers(store) == {WORKER_B}
    await complete(store, heir)


async def test_the_overview_counts_each_task_once(store):
    await enqueue(store, 5)
    _, waiting, saving = await claim(store, count=3)
    await put_back(store, waiting, delay_seconds=60)
    await store.deliveries.release(await submitted(store, saving))

    overview = await store.control.overview()

    assert (overview.queued, overview.waiting, overview.processing, overview.live) == (2, 1, 2, 1)


@pytest.mark.settings(default_threshold=4, min_threshold=2, max_threshold=8)
async def test_the_overview_knows_the_threshold_before_anything_ran(store):
    assert (await store.control.overview()).threshold == 4


async def test_a_token_is_spent_once_by_all(make_store: MakeStore):
    stores = [await make_store() for _ in range(3)]

    answers = await together(*(store.control.spend("describe", 10, 4) for store in stores for _ in range(3)))

    assert sum(taken for taken, _ in answers) == 4
    assert all(0 <= wait <= 0.1 for _, wait in answers)
    await age(stores[0], 0.1)
    assert await stores[0].control.spend("describe", 10, 4) == (1, 0)


async def test_of_the_tokens_that_are_wanted_those_are_taken_that_there_are(store):
    assert await store.control.spend("describe", 0.1, 4, wanted=3) == (3, 0)
    assert await store.control.spend("describe", 0.1, 4, wanted=3) == (1, pytest.approx(10, abs=1))
    assert await store.control.spend("describe", 0.1, 4, wanted=3) == (0, pytest.approx(10, abs=1))


async def test_a_blocking_read_returns_empty_when_nothing_happens(store):
    assert await store.control.events("$", 0.01) == []


@pytest.mark.settings(worker_block_time=20)
async def test_no_blocking_read_is_longer_than_the_block_time(store):
    assert await store.control.events("$", 3600) == []


async def test_a_blocking_read_outlasts_the_timeout_of_an_ordinary_command(store):
    ordinary = store.connection.client.connection_pool.connection_kwargs["socket_timeout"]
    blocking = store.connection.reader.connection_pool.connection_kwargs["socket_timeout"]

    assert ordinary == 5
    assert blocking > store.connection.settings.worker_block_time / 1000


async def test_the_events_are_capped(make_store: MakeStore):
    store = await make_store(events_cap=100)
    await enqueue(store, 400)

    assert await store.connection.client.xlen(store.connection.keys.events) < 300


async def test_this_release_reads_the_schema_after_its_own(store):
    await store.connection.client.hset(store.connection.keys.meta, "schema", 2)

    await store.connection.prepare()
    await store.control.beat(WORKER_A, {})


async def test_a_schema_that_is_too_new_stops_a_process_at_its_start_and_at_its_next_beat(make_store: MakeStore):
    store = await make_store()
    await store.connection.client.hset(store.connection.keys.meta, "schema", 3)

    with pytest.raises(SchemaTooNew, match="schema 3"):
        await make_store()
    with pytest.raises(SchemaTooNew):
        await store.control.beat(WORKER_A, {})


async def flowing_ms(store) -> int:
    return int((await store.control.overview()).vendor["flowing_ms"])


async def noted_flowing(store, **told) -> bool:
    """Return whether a beat, half a minute after the last, notes that nothing is stuck."""
    await age(store, 30)
    before = await flowing_ms(store)
    await store.control.beat(WORKER_A, {}, **told)
    return await flowing_ms(store) > before


async def test_a_beat_notes_when_there_last_was_no_reason_to_wonder_why_nothing_is_claimed(store):
    await store.control.beat(WORKER_A, {})
    assert await noted_flowing(store)  # nothing is queued

    await enqueue(store)

    assert not await noted_flowing(store)
    assert await noted_flowing(store, claimed=1)
    await store.control.pause("lunch")
    assert await noted_flowing(store)
    await store.control.resume()
    assert not await noted_flowing(store)


@pytest.mark.settings(max_threshold=1, default_threshold=1, min_threshold=1)
async def test_that_there_is_no_room_is_no_reason_to_wonder(store):
    await store.control.beat(WORKER_A, {})
    await take(store)
    await enqueue(store)

    assert await noted_flowing(store)


async def test_who_has_just_come_may_not_have_had_the_time_to_claim(store):
    await store.control.beat(WORKER_A, {})
    await enqueue(store)
    await age(store, 700)

    await store.control.beat(WORKER_B, {})

    assert (await store.control.overview()).now_ms - await flowing_ms(store) < 10_000
