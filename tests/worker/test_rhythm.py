"""When a worker looks again at what the vendor makes."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from aigcq.clock import SystemClock
from aigcq.store import Store
from aigcq.worker.held import Held
from aigcq.worker.rhythm import AT_ONCE, PART, REPLAN_SECONDS, Rhythm
from aigcq.worker.stop import Stop, Stopping
from tests.conftest import FakeClock, until
from tests.integration.steps import WORKER_A, WORKER_B, claim, enqueue, submitted, take
from tests.worker.scripted import RUNNING, SUCCEEDED, Gate, Scripted
from tests.worker.steps import spy, working

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.settings(worker_poll_interval=2, default_threshold=100, max_threshold=100, describe_rate=80),
]

KIND = "Kling-2.5"


async def _held(store: Store, count: int, consumer: str = WORKER_A) -> dict[str, Held]:
    await enqueue(store, count, model=KIND)
    mine = {each.task_id: Held.since(each, 0, 60) for each in await claim(store, consumer)}
    for held in mine.values():
        held.watched("vod-1", KIND, 0)
    return mine


def _rhythm(store: Store, mine: dict[str, Held], clock: FakeClock | SystemClock) -> Rhythm:
    return Rhythm(store, store.connection.settings, clock, Random(1), Stop(), mine)


async def _taught(store: Store, seconds: float) -> None:
    """Let ten videos be made in so long."""
    for _ in range(10):
        await store.deliveries.release(await submitted(store, await take(store)), kind=KIND, took_seconds=seconds)


async def test_what_was_observed_decides_how_soon_it_is_looked_at_again(store: Store, clock: FakeClock) -> None:
    await _taught(store, 100)
    mine = await _held(store, 1)
    (held,), rhythm = mine.values(), _rhythm(store, mine, clock)
    await clock.advance(30)
    before = rhythm._pause(held, rhythm.rng.uniform(-1, 1))

    await rhythm.measure()
    far_from_its_end = rhythm._pause(held, rhythm.rng.uniform(-1, 1))
    await clock.advance(70)
    near_it = rhythm._pause(held, rhythm.rng.uniform(-1, 1))

    assert before == pytest.approx(2, rel=0.11)
    assert far_from_its_end == pytest.approx(12, rel=0.11)
    assert near_it == pytest.approx(2, rel=0.11)


async def test_a_worker_s_share_of_the_calls_is_its_part_of_all_that_runs(store: Store, clock: FakeClock) -> None:
    await _held(store, 30, WORKER_B)
    rhythm = _rhythm(store, await _held(store, 10), clock)

    await rhythm.measure()

    assert rhythm.share == pytest.approx(80 * PART / 4)


@pytest.mark.settings(worker_poll_interval=2, default_threshold=100, max_threshold=100, describe_rate=5)
async def test_where_calls_do_not_suffice_all_pauses_are_stretched_alike_and_the_budget_is_kept(
    store: Store, clock: FakeClock
) -> None:
    mine = await _held(store, 50)
    rhythm = _rhythm(store, mine, clock)
    for held in mine.values():
        rhythm._pause(held, rhythm.rng.uniform(-1, 1))

    pauses = [rhythm._pause(held, rhythm.rng.uniform(-1, 1)) for held in mine.values()]

    assert len(pauses) / (sum(pauses) / len(pauses)) == pytest.approx(5 * PART, rel=0.15)
    assert max(pauses) <= min(pauses) * 3


@pytest.mark.settings(worker_poll_interval=2, default_threshold=100, max_threshold=100, describe_rate=5)
async def test_where_calls_do_not_suffice_looks_are_spread_over_the_whole_time(store: Store, clock: FakeClock) -> None:
    mine = await _held(store, 50)
    rhythm = _rhythm(store, mine, clock)
    for held in mine.values():
        rhythm._pause(held, rhythm.rng.uniform(-1, 1))

    pauses = [rhythm._pause(held, rhythm.rng.uniform(-1, 1)) for held in mine.values()]

    assert max(pauses) - min(pauses) > 0.7 * sum(pauses) / len(pauses)


async def test_what_is_not_held_any_more_wants_no_looks(store: Store, clock: FakeClock) -> None:
    mine = await _held(store, 50)
    rhythm = _rhythm(store, mine, clock)
    for held in mine.values():
        rhythm._pause(held, rhythm.rng.uniform(-1, 1))
    busy = rhythm.pressure
    for task_id in list(mine)[1:]:
        del mine[task_id]

    await rhythm.measure()

    assert rhythm._wanted == pytest.approx(0.5)
    assert busy > 0


async def test_a_long_rest_ends_soon_after_the_pressure_is_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigcq.worker.rhythm.REPLAN_SECONDS", 0.02)
    mine = await _held(store, 1)
    (held,), rhythm = mine.values(), _rhythm(store, mine, SystemClock())
    rhythm.settings = rhythm.settings.model_copy(update={"worker_poll_interval": 0.02})
    rhythm._wanted = 1_000_000.0

    async with asyncio.TaskGroup() as group:
        resting = group.create_task(rhythm.rest(held))
        await until(lambda: held.wish > 0)
        rhythm._wanted = 50.0
        await until(resting.done)


@pytest.mark.settings(worker_poll_interval=600)
async def test_a_bell_ends_the_rest_and_makes_the_look_due_before_all_others(store: Store) -> None:
    mine = await _held(store, 1)
    (held,), rhythm = mine.values(), _rhythm(store, mine, SystemClock())
    held.bell.set()

    assert await rhythm.rest(held) == AT_ONCE
    assert not held.bell.is_set()


@pytest.mark.settings(worker_poll_interval=600)
@pytest.mark.parametrize("before", [True, False])
async def test_a_stop_ends_the_rest(store: Store, before: bool) -> None:
    mine = await _held(store, 1)
    (held,), rhythm = mine.values(), _rhythm(store, mine, SystemClock())

    async with asyncio.timeout(REPLAN_SECONDS / 2):
        if before:
            rhythm.stop.request()
            with pytest.raises(Stopping):
                await rhythm.rest(held)
        else:
            with pytest.raises(Stopping):
                await _both(rhythm, held)


async def _both(rhythm: Rhythm, held: Held) -> None:
    """Let the stop come while it rests."""

    asyncio.get_running_loop().call_soon(rhythm.stop.request)
    await rhythm.rest(held)


@pytest.mark.settings(worker_poll_interval=600, default_threshold=1, max_threshold=1)
async def test_from_a_freed_slot_to_the_next_submission_no_timer_runs(store: Store, vendor: Scripted) -> None:
    """Every pause of the worker is ten minutes long here: only what happens can let it go on."""
    await enqueue(store, 2)
    (delivery,) = (await store.deliveries.claim("another", 1)).deliveries
    await store.deliveries.hand_back(await submitted(store, delivery))
    ending = Gate(SUCCEEDED)
    vendor.will("describe", ending, RUNNING)
    clock = SystemClock()

    async with working(store, vendor):
        await until(ending.reached.is_set)
        noticed = clock.monotonic()
        ending.open.set()
        await until(lambda: vendor.asked("submit"))
        took = clock.monotonic() - noticed

    print(f"\nfrom the end that was seen to the next submission: {took * 1000:.0f} ms")
    assert took < 5


@pytest.mark.settings(worker_poll_interval=0.02)
async def test_a_worker_learns_while_it_works(store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = spy(monkeypatch, store.observations, "durations")
    vendor.will("describe", RUNNING)
    monkeypatch.setattr("aigcq.worker.rhythm.MEASURE_SECONDS", 0.02)

    async with working(store, vendor):
        await enqueue(store, 1, model=KIND)
        await until(lambda: ({KIND},) in reads)


@pytest.mark.settings(worker_poll_interval=0.02)
async def test_what_has_ended_wants_no_looks_any_more(store: Store, vendor: Scripted) -> None:
    vendor.will("describe", RUNNING)
    await enqueue(store, 3)

    async with working(store, vendor) as worker:
        await until(lambda: worker._rhythm.pressure > 0)
        vendor.will("describe", SUCCEEDED)
        await until(lambda: not worker._held)

        assert worker._rhythm.pressure == pytest.approx(0)
