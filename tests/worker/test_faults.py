"""What goes wrong on our side: it costs the task it concerns at most, never the worker."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.exceptions import ResponseError

from aigcq.config import Settings
from aigcq.errors import SchemaTooNew, StoreUnavailable
from aigcq.model import Status
from aigcq.store import Store, open_store
from tests.conftest import age, forget, redis_server, until
from tests.integration.steps import claim, complete, enqueue, live, new, submitted, take_over
from tests.worker.scripted import RUNNING, SUCCEEDED, Gate, Scripted
from tests.worker.steps import ended, make_worker, spy, until_phase, working

pytestmark = pytest.mark.asyncio

BUG = RuntimeError("a fault of ours")


@asynccontextmanager
async def own_redis(settings: Settings) -> AsyncIterator[Store]:
    """A Redis that a test may take away from its worker, and from nobody else."""
    with redis_server() as url:
        async with open_store(settings, url) as store:
            yield store
            await forget(store)


async def test_a_fault_in_one_task_leaves_the_others_alone(store: Store, vendor: Scripted) -> None:
    task_ids = await enqueue(store, 3)
    vendor.will("submit", BUG, "vod-1", "vod-2")

    async with working(store, vendor):
        views = [await ended(store, task_id) for task_id in task_ids]

    assert sorted(view.task.status for view in views) == [Status.COMPLETED, Status.COMPLETED, Status.FAILED]
    assert [view.task.error_code for view in views].count("internal") == 1


async def test_a_fault_of_ours_after_the_send_keeps_the_permit(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", BUG)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "internal")
    assert view.outcome and view.outcome["billed"] == "unknown"
    assert await live(store) == 1


async def test_a_fault_of_ours_before_the_send_keeps_none(store: Store, vendor: Scripted) -> None:
    task_id = (await store.tasks.enqueue(new(request='{"prompt": 7}'))).task.id

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "internal")
    assert vendor.calls == []
    assert await live(store) == 0


async def test_a_record_that_makes_no_sense_fails_alone(store: Store, vendor: Scripted) -> None:
    nonsense, sound = await enqueue(store, 2)
    keys = store.connection.keys
    await store.connection.client.hset(keys.task(nonsense), "tries", "many")
    vendor.will("describe", SUCCEEDED)

    async with working(store, vendor):
        views = [await ended(store, task_id) for task_id in (nonsense, sound)]

    assert [view.task.status for view in views] == [Status.FAILED, Status.COMPLETED]
    assert (views[0].task.error_code, len(vendor.asked("submit"))) == ("internal", 1)


async def test_a_request_that_cannot_be_read_and_may_be_running_ends_no_worker(store: Store, vendor: Scripted) -> None:
    task_id = (await store.tasks.enqueue(new(request='{"prompt": 7}'))).task.id
    (delivery,) = await claim(store)
    await store.deliveries.begin_submission(delivery)
    await store.deliveries.hand_back(delivery)
    (other,) = await enqueue(store)

    async with working(store, vendor):
        view = await ended(store, task_id)
        good = await ended(store, other)

    assert (view.task.error_code, good.task.status) == ("internal", Status.COMPLETED)
    assert await live(store) == 1


async def test_a_task_that_cannot_even_be_given_up_ends_no_worker(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bad,) = await enqueue(store)
    settles = spy(monkeypatch, store.deliveries, "settle", ResponseError("ERR our script"), ResponseError("ERR again"))

    async with working(store, vendor):
        await until(lambda: len(settles) == 2)
        (good,) = await enqueue(store)
        view = await ended(store, good)

    assert view.task.status is Status.COMPLETED
    assert (await store.tasks.get(bad)).task.status is Status.PROCESSING


@pytest.mark.parametrize("error", [ResponseError("UNBLOCKED"), KeyError("status"), StoreUnavailable("away")])
@pytest.mark.parametrize(
    ("room", "verb"), [("deliveries", "claim"), ("leases", "reclaim"), ("control", "events"), ("control", "beat")]
)
async def test_a_fault_while_looking_for_work_ends_no_worker(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch, room: str, verb: str, error: Exception
) -> None:
    calls = spy(monkeypatch, getattr(store, room), verb, error)

    async with working(store, vendor):
        await until(lambda: calls)
        (task_id,) = await enqueue(store)
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


@pytest.mark.settings(worker_poll_interval=30)
async def test_connections_that_break_under_a_waiting_worker_are_made_anew(
    settings: Settings, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with own_redis(settings) as store:
        reads = spy(monkeypatch, store.control, "events")
        async with working(store, vendor):
            await until(lambda: reads)

            async def kill() -> Any:
                return await store.connection.client.execute_command("CLIENT", "KILL", "TYPE", "normal")

            await until(kill)  # until one was there
            (task_id,) = await enqueue(store)
            await until_phase(store, task_id, "generating")


async def test_a_redis_that_lost_everything_is_worked_with_from_then_on(settings: Settings, vendor: Scripted) -> None:
    async with own_redis(settings) as store:
        (lost,) = await enqueue(store)
        vendor.will("describe", RUNNING)
        async with working(store, vendor):
            await until_phase(store, lost, "generating")
            await store.connection.client.flushall()
            vendor.will("describe", SUCCEEDED)
            (task_id,) = await enqueue(store)
            view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


async def test_polling_goes_on_while_redis_hangs_and_the_end_is_put_on_record_when_it_is_back(
    settings: Settings, vendor: Scripted
) -> None:
    async with own_redis(settings) as store:
        (task_id,) = await enqueue(store)
        pid = (await store.connection.client.info("server"))["process_id"]
        gate = Gate(SUCCEEDED)
        vendor.will("describe", gate)
        async with working(store, vendor):
            await gate.reached.wait()
            os.kill(pid, signal.SIGSTOP)
            gate.open.set()
            os.kill(pid, signal.SIGCONT)
            view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


async def test_while_tokens_cannot_be_had_polls_go_on_at_this_workers_own_pace(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_ids = await enqueue(store, 3)
    asked = spy(monkeypatch, store.control, "spend", *[StoreUnavailable("away")] * 100)

    async with working(store, vendor):
        views = [await ended(store, task_id) for task_id in task_ids]

    assert {view.task.status for view in views} == {Status.COMPLETED}
    assert len(asked) == 1


@pytest.mark.settings(describe_rate=0.001, describe_burst=1, default_threshold=40, max_threshold=40)
async def test_of_all_that_wait_for_a_token_one_asks(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands that ask again and again leave neither Redis nor this process time to renew leases."""
    await enqueue(store, 40)
    for delivery in await claim(store):
        await store.deliveries.hand_back(await submitted(store, delivery))
    asked = spy(monkeypatch, store.control, "spend")
    vendor.will("describe", RUNNING)

    async with working(store, vendor) as worker:
        await until(lambda: len(worker._held) == 40 and len(asked) >= 2)

    assert len(asked) == 2


@pytest.mark.settings(worker_concurrency=1, worker_poll_interval=30)
async def test_a_worker_that_took_over_more_than_it_has_room_for_waits(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await enqueue(store)
    for delivery in await claim(store):
        await store.deliveries.hand_back(await submitted(store, delivery))
    claims = spy(monkeypatch, store.deliveries, "claim")
    vendor.will("describe", RUNNING)

    async with working(store, vendor):
        await until(lambda: len(vendor.asked("describe")) == 3)
        before = len(claims)
        await store.control.pause("a look")
        await store.control.resume()  # wakes it: there is still no room
        await until(lambda: len(claims) > before)
        for _ in range(20):
            await store.control.overview()  # each takes as long as a claim

        assert len(claims) <= before + 2


async def test_a_newer_release_in_the_queue_stops_the_worker_with_a_clear_word_and_all_is_handed_back(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await store.deliveries.hand_back(await submitted(store, delivery))
    vendor.will("describe", RUNNING)
    await store.connection.client.hset(store.connection.keys.meta, "schema", 99)

    with pytest.raises(SchemaTooNew):
        await make_worker(store, vendor).run()

    assert await store.connection.client.zscore(store.connection.keys.leases, task_id) == 0


async def test_a_fault_in_a_chore_does_not_stop_it(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigcq.worker.worker.REPAIR_SECONDS", 0.01)
    calls = spy(monkeypatch, store.upkeep, "repair", BUG, StoreUnavailable("away"))

    async with working(store, vendor):
        await until(lambda: len(calls) >= 3)


async def test_a_consumer_group_that_is_gone_is_made_again_even_if_nothing_is_queued(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigcq.worker.worker.REPAIR_SECONDS", 0.05)
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING)

    async with working(store, vendor):
        await until_phase(store, task_id, "generating")
        await store.connection.client.xgroup_destroy(store.connection.keys.stream, "workers")

        async def there() -> bool:
            return bool(await store.connection.client.xinfo_groups(store.connection.keys.stream))

        await until(there)
    await age(store, 601)
    await complete(store, await take_over(store))
