"""When a worker looks at the queue again, and when it lets Redis be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aigcq.model import Event, Status
from aigcq.store import Store
from aigcq.worker.worker import Worker
from tests.conftest import until
from tests.integration.steps import claim, complete, enqueue, fail, submitted, told
from tests.worker.scripted import Scripted
from tests.worker.steps import ended, spy, until_phase, working

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(worker_poll_interval=60, default_threshold=1, max_threshold=1)]


async def _create(store: Store) -> None:
    await enqueue(store)


async def _cancel(store: Store) -> None:
    (task_id,) = await enqueue(store)
    await store.tasks.cancel(task_id)


async def _complete(store: Store) -> None:
    (delivery,) = await claim(store)
    await complete(store, delivery)


async def _put_back(store: Store) -> None:
    (delivery,) = await claim(store)
    await store.deliveries.retry(delivery, error_code="vendor_unavailable")


async def _release(store: Store) -> None:
    (delivery,) = await claim(store)
    await store.deliveries.release(await submitted(store, delivery))
    await complete(store, delivery)


async def _requeue(store: Store) -> None:
    (delivery,) = await claim(store)
    await fail(store, delivery)
    await store.tasks.requeue(delivery.task_id)


async def _resume(store: Store) -> None:
    await store.control.pause("a look")
    await store.control.resume()


WAKING = [_create, _cancel, _complete, _put_back, _release, _requeue, _resume]


@pytest.mark.parametrize("happening", WAKING)
async def test_what_may_let_a_task_run_wakes_the_worker(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch, happening: Callable[[Store], Awaitable[None]]
) -> None:
    if happening in (_complete, _put_back, _release, _requeue):
        await enqueue(store)
        held = (await store.deliveries.claim("another", 1)).deliveries[0]
        monkeypatch.setattr(f"{__name__}.claim", _found(held))
    reads = spy(monkeypatch, store.control, "events")
    claims = spy(monkeypatch, store.deliveries, "claim")

    async with working(store, vendor):
        await until(lambda: reads)
        before = len(claims)
        await happening(store)
        await until(lambda: len(claims) > before)


async def test_what_lets_no_task_run_does_not_wake_it(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue(store)
    (delivery,) = (await store.deliveries.claim("another", 1)).deliveries
    reads = spy(monkeypatch, store.control, "events")
    claims = spy(monkeypatch, store.deliveries, "claim")

    async with working(store, vendor):
        await until(lambda: reads)
        before = len(claims)
        await submitted(store, delivery)
        await store.deliveries.record_progress(delivery, 40)
        await store.tasks.cancel(delivery.task_id)
        await store.control.pause("a look")
        newest = (await store.connection.client.xrevrange(store.connection.keys.events, count=1))[0][0]
        await until(lambda: reads[-1][0] == newest)
        assert len(claims) == before
        await complete(store, delivery)

    assert [event["event"] for event in await told(store, Event.PROGRESS)] == [Event.PROGRESS]


@pytest.mark.settings(worker_poll_interval=60, lease_seconds=600)
async def test_what_is_handed_back_is_taken_over_at_once_by_a_worker_that_waits(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue(store)
    (delivery,) = (await store.deliveries.claim("another", 1)).deliveries
    reads, waits = spy(monkeypatch, store.control, "events"), spy(monkeypatch, Worker, "_until_handed_back")

    async with working(store, vendor):
        await until(lambda: reads and waits)
        await store.deliveries.hand_back(await submitted(store, delivery))
        view = await ended(store, delivery.task_id)

    assert view.task.status is Status.COMPLETED


@pytest.mark.settings(worker_poll_interval=60, lease_seconds=600)
@pytest.mark.parametrize("for_the_first_time", [True, False])
async def test_what_is_handed_back_while_a_worker_looks_at_the_queue_is_taken_over_at_once(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch, for_the_first_time: bool
) -> None:
    """A look says after which event to go on reading, and knows nothing of what was handed back before that."""
    await enqueue(store)
    (delivery,) = (await store.deliveries.claim("another", 1)).deliveries
    await submitted(store, delivery)
    reads, waits = spy(monkeypatch, store.control, "events"), spy(monkeypatch, Worker, "_until_handed_back")
    true = store.deliveries.claim

    async def claim_as_something_is_handed_back(*args: Any) -> Any:
        if (reads or for_the_first_time) and (await store.tasks.get(delivery.task_id)).task.fence == 1:
            sweeps = 1 if for_the_first_time else 2  # the first look makes it sweep again
            await until(lambda: len(waits) >= sweeps)
            await store.deliveries.hand_back(delivery)
        return await true(*args)

    monkeypatch.setattr(store.deliveries, "claim", claim_as_something_is_handed_back)
    async with working(store, vendor):
        await until(lambda: reads)
        await store.control.pause("a look")
        await store.control.resume()  # which makes it look
        view = await ended(store, delivery.task_id)

    assert view.task.status is Status.COMPLETED


@pytest.mark.settings(worker_poll_interval=60)
async def test_a_task_that_waits_runs_when_it_is_due(store: Store, vendor: Scripted) -> None:
    await enqueue(store)
    (delivery,) = (await store.deliveries.claim("another", 1)).deliveries
    await store.deliveries.retry(delivery, error_code="vendor_failed", delay_seconds=0.3)

    async with working(store, vendor):
        await until_phase(store, delivery.task_id, "generating")


def _found(held: object) -> Callable[..., Awaitable[list[object]]]:
    async def found(store: Store) -> list[object]:
        return [held]

    return found
