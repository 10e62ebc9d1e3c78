"""With AIGCQ_MIN_REPLICAS a worker calls the vendor for nothing that replicas do not have on record."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.errors import NotReplicated
from aigcq.model import Status, session_id
from aigcq.store import Store
from tests.conftest import until
from tests.integration.steps import enqueue
from tests.servers import Server
from tests.worker.scripted import Scripted
from tests.worker.steps import Clock, ended, spy, until_phase, working

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(min_replicas=1, replica_wait_seconds=0.1)]


@pytest.fixture(scope="module")
def redis_url(servers: list[Server]) -> str:
    return servers[0].url


async def test_nothing_is_sent_while_no_replica_has_it_on_record_and_then_it_is_sent_once(
    store: Store, vendor: Scripted, servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    begun = spy(monkeypatch, store.deliveries, "begin_submission")
    confirmed = spy(monkeypatch, store.replicas, "confirm_submission")
    servers[1].pause()

    async with working(store, vendor):
        try:
            await until(lambda: len(confirmed) > 3, 20)
            before = vendor.asked("submit")
            task = (await store.tasks.get(task_id)).task
        finally:
            servers[1].go_on()
        view = await ended(store, task_id)

    assert (before, task.ambiguous) == ([], False)
    assert view.task.status is Status.COMPLETED
    assert vendor.asked("submit") == [session_id(task_id, 1)]
    assert len(begun) == 1


async def test_a_submission_that_a_failover_has_forgotten_is_begun_anew_and_sent_once(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    begun = spy(monkeypatch, store.deliveries, "begin_submission")
    true = store.replicas.confirm_submission

    async def after_a_failover(delivery: Any) -> int | None:
        if len(begun) == 1:
            await store.connection.client.hset(store.connection.keys.task(task_id), "phase", "claimed")
        return await true(delivery)

    monkeypatch.setattr(store.replicas, "confirm_submission", after_a_failover)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.ambiguous) == (Status.COMPLETED, False)
    assert (len(begun), len(vendor.asked("submit"))) == (2, 1)


async def test_a_lease_that_only_a_renewal_on_a_lost_master_has_prolonged_sends_nothing(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    (task_id,) = await enqueue(store)
    true = store.replicas.confirm_submission
    asked: list[Any] = []

    async with working(store, vendor, clock) as worker:

        async def late(delivery: Any) -> int | None:
            asked.append(delivery)
            signed_ms = await true(delivery)
            if len(asked) == 1:
                clock.ahead_seconds = store.connection.settings.lease_seconds + 1
                await worker._renew()
            return signed_ms

        monkeypatch.setattr(store.replicas, "confirm_submission", late)
        await until_phase(store, task_id, "submitting")
        await until(lambda: task_id in {each.task_id for each in asked} and task_id not in worker._held)

    assert vendor.asked("submit") == []


async def test_what_is_sent_is_dated_by_the_confirmation(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    sent = spy(monkeypatch, vendor, "submit")
    true = store.replicas.confirm_submission

    async def much_later(delivery: Any) -> int | None:
        now_ms = await true(delivery)
        return now_ms and now_ms + 600_000

    monkeypatch.setattr(store.replicas, "confirm_submission", much_later)

    async with working(store, vendor):
        view = await ended(store, task_id)

    ((*_, signed_at),) = sent
    assert signed_at * 1000 >= view.task.created_ms + 600_000


@pytest.mark.settings(min_replicas=0)
async def test_without_replicas_that_count_nothing_is_confirmed(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    confirmed = spy(monkeypatch, store.replicas, "confirm_submission")

    async with working(store, vendor):
        await ended(store, task_id)

    assert confirmed == []


async def test_a_worker_stops_while_it_waits_for_replicas(
    store: Store, vendor: Scripted, servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    (task_id,) = await enqueue(store)
    confirmed = spy(monkeypatch, store.replicas, "confirm_submission", *[NotReplicated(task_id, 1)] * 1000)

    async with working(store, vendor):
        await until(lambda: len(confirmed) > 1)

    assert vendor.asked("submit") == []
