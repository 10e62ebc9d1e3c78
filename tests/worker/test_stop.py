"""SIGTERM, whatever the worker is doing at that moment."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from aigcq.clock import SystemClock
from aigcq.errors import StoreUnavailable, VendorDuplicate, VendorUnavailable, VendorUnknown
from aigcq.model import Phase, Status, session_id
from aigcq.store import Store, open_store
from tests.conftest import forget, redis_server, until
from tests.integration.steps import enqueue, live
from tests.worker.scripted import RUNNING, SUCCEEDED, Gate, Scripted
from tests.worker.steps import ended, make_worker, spy, until_phase, working

pytestmark = pytest.mark.asyncio

AT_ONCE = 8.0
"""Seconds, on a machine that is busy; far less than what the worker was waiting for."""


async def test_a_worker_that_was_asked_to_stop_before_it_began_takes_nothing(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    worker = make_worker(store, vendor)

    worker.stop.request()
    await worker.run()

    view = await store.tasks.get(task_id)
    assert (view.task.status, view.task.fence) == (Status.QUEUED, 0)


@pytest.mark.settings(worker_poll_interval=3600, worker_block_time=600_000)
async def test_an_idle_worker_stops_at_once(store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = spy(monkeypatch, store.control, "events")

    async with asyncio.timeout(AT_ONCE), working(store, vendor):
        await until(lambda: reads)


async def test_what_was_claimed_while_the_stop_came_goes_back_unsent_to_its_place(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await enqueue(store, 2)
    worker = make_worker(store, vendor)
    true = store.deliveries.claim

    async def claim_as_the_signal_comes(consumer: str, count: int) -> Any:
        worker.stop.request()
        return await true(consumer, min(1, count))

    monkeypatch.setattr(store.deliveries, "claim", claim_as_the_signal_comes)
    await worker.run()

    assert [(await store.tasks.get(task_id)).position for task_id in (first, second)] == [1, 2]
    assert vendor.calls == []
    assert await live(store) == 0


@pytest.mark.settings(lease_seconds=1)
async def test_a_worker_that_an_operator_drains_ends_hands_over_and_is_no_worker_any_more(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING)
    worker = make_worker(store, vendor)

    async with asyncio.timeout(AT_ONCE), asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        await until_phase(store, task_id, "generating")
        assert await store.workers.drain(worker.consumer)
    left = await store.workers.staff()
    flags = await store.connection.client.zrange(store.connection.keys.draining, 0, -1)
    vendor.will("describe", SUCCEEDED)
    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (left.members, flags) == ([], [])
    assert view.task.status is Status.COMPLETED
    assert len(vendor.asked("submit")) == 1


async def test_a_submission_under_way_is_put_on_record_and_then_handed_over(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    gate = Gate("vod-1")
    vendor.will("submit", gate)

    async with working(store, vendor) as worker:
        await gate.reached.wait()
        worker.stop.request()
        gate.open.set()
    handed_over = await store.tasks.get(task_id)
    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (handed_over.task.phase, handed_over.task.vendor_task_id) == (Phase.GENERATING, "vod-1")
    assert view.task.status is Status.COMPLETED
    assert len(vendor.asked("submit")) == 1


@pytest.mark.settings(drain_seconds=0.5)
async def test_a_submission_that_outlasts_the_drain_is_sent_again_by_the_next_worker_with_its_session(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    gate = Gate("vod-1")
    vendor.will("submit", gate, VendorDuplicate("session"))
    vendor.will("find", "vod-1")

    async with asyncio.timeout(AT_ONCE), working(store, vendor) as worker:
        await gate.reached.wait()
        worker.stop.request()
    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.vendor_task_id) == (Status.COMPLETED, "vod-1")
    assert vendor.asked("submit") == [session_id(task_id, 1)] * 2


@pytest.mark.settings(resend_seconds=600)
@pytest.mark.parametrize("answer", [VendorUnknown("no answer"), VendorDuplicate("session")])
async def test_a_wait_for_another_send_or_another_search_ends_at_once(
    store: Store, vendor: Scripted, answer: Any
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", answer)
    vendor.will("find", VendorUnavailable("502"))
    waits_in = "find" if isinstance(answer, VendorDuplicate) else "submit"

    async with asyncio.timeout(AT_ONCE), working(store, vendor):
        await until(lambda: vendor.asked(waits_in))
    async with working(store, vendor):
        vendor.will("submit", VendorDuplicate("session"))
        vendor.will("find", "vod-1")
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert set(vendor.asked("submit")) == {session_id(task_id, 1)}


@pytest.mark.settings(describe_rate=0.001, describe_burst=1)
async def test_waits_for_tokens_end_at_once_and_all_is_handed_over(store: Store, vendor: Scripted) -> None:
    task_ids = await enqueue(store, 5)
    vendor.will("describe", RUNNING)

    async with asyncio.timeout(AT_ONCE), working(store, vendor):
        for task_id in task_ids:
            await until_phase(store, task_id, "generating")
    leases = await store.connection.client.zrange(store.connection.keys.leases, 0, -1, withscores=True)

    assert dict(leases) == dict.fromkeys(task_ids, 0.0)
    assert len(vendor.asked("submit")) == 5


async def test_a_video_whose_end_could_not_be_put_on_record_is_found_by_the_next_worker(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)

    with monkeypatch.context() as patch:
        settles = spy(patch, store.deliveries, "settle", *[StoreUnavailable("away")] * 1000)
        async with working(store, vendor):
            await until(lambda: settles)
    before = await store.tasks.get(task_id)
    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (before.task.status, before.task.phase) == (Status.PROCESSING, Phase.SAVING)
    assert (view.task.status, view.outcome) == (Status.COMPLETED, {"video_url": "https://v/1.mp4"})
    assert len(vendor.asked("submit")) == 1


@pytest.mark.settings(drain_seconds=1)
async def test_a_stop_while_the_store_hangs_takes_no_longer_than_the_drain(store: Store, vendor: Scripted) -> None:
    clock, settings = SystemClock(), store.connection.settings
    with redis_server() as url:
        async with open_store(settings, url) as hanging:
            await enqueue(hanging, 3)
            pid = (await hanging.connection.client.info("server"))["process_id"]
            vendor.will("describe", RUNNING)
            try:
                async with working(hanging, vendor) as worker:
                    await until(lambda: vendor.asked("describe"))
                    os.kill(pid, signal.SIGSTOP)
                    asked_at = clock.monotonic()
                    worker.stop.request()
                took = clock.monotonic() - asked_at
            finally:
                os.kill(pid, signal.SIGCONT)
            await forget(hanging)

    assert took < settings.drain_seconds + 1.5


@pytest.mark.settings(drain_seconds=0.5)
@pytest.mark.parametrize("hangs", [False, True])
async def test_who_was_cut_off_while_it_claimed_does_not_sign_off(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    """What Redis may have given to it must not count as its doing, as it would if nobody knew of this worker."""
    asked = asyncio.Event()

    async def claim(*_: object) -> Any:
        asked.set()
        await asyncio.Event().wait()

    async def known() -> bool:
        return worker.consumer in (await store.control.overview()).workers

    if hangs:
        monkeypatch.setattr(store.deliveries, "claim", claim)
    async with asyncio.timeout(AT_ONCE), working(store, vendor) as worker:
        await until(known)
        if hangs:
            await asked.wait()

    assert await known() == hangs


async def test_a_second_signal_hands_back_all_the_same(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    gate = Gate("vod-1")
    vendor.will("submit", gate)
    worker = make_worker(store, vendor)

    async with asyncio.timeout(AT_ONCE), asyncio.TaskGroup() as group:
        running = group.create_task(worker.run())
        await gate.reached.wait()
        worker.stop.request()
        running.cancel()
    leases = await store.connection.client.zscore(store.connection.keys.leases, task_id)

    assert leases == 0


@pytest.mark.settings(lease_seconds=3600, default_threshold=150, max_threshold=150, worker_poll_interval=0.5)
async def test_a_successor_takes_over_at_once_however_much_it_is(store: Store, vendor: Scripted) -> None:
    """And not one batch every twentieth of the lease, which would take minutes here."""
    task_ids = await enqueue(store, 120)
    vendor.will("describe", RUNNING)
    async with working(store, vendor):
        for task_id in task_ids:
            await until_phase(store, task_id, "generating")
    vendor.will("describe", SUCCEEDED)

    async with working(store, vendor):
        for task_id in task_ids:
            await ended(store, task_id)

    assert len(vendor.asked("submit")) == 120
