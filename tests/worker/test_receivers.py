"""Receivers that are gone, dead or not to be called: nobody waits for them, and nobody else hears of it."""

from __future__ import annotations

import asyncio
import json

import pytest
import structlog
from pydantic import SecretStr

from aigcq.model import Status
from aigcq.store import Store
from aigcq.worker import deliverer as room
from aigcq.worker.stop import Stop
from tests.conftest import MakeStore, age, until
from tests.integration.steps import claim, complete, enqueue, submitted
from tests.outbound.local import receiver
from tests.worker.hooks import PATIENT, calls, delivering, due, finished, gone, hook, notes
from tests.worker.scripted import Scripted
from tests.worker.steps import ended, spy, working

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(**PATIENT)]


async def test_who_is_gone_is_called_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as local, delivering(store) as bell:
        local.status = 410
        await finished(store, local.url + "?tenant=1")
        await calls(store, 1)
        await finished(store, local.url + "?tenant=1#2")
        looks = spy(monkeypatch, store.receivers, "disabled")
        await due(store)
        bell.set()
        await until(lambda: len(looks) >= 2, 20)

    assert len(local.heard) == 1
    assert len(await notes(store)) == 2


async def test_who_is_gone_speaks_for_nobody_who_differs_in_the_query_only(store: Store) -> None:
    async with receiver() as local, delivering(store) as bell:
        local.status = 410
        await finished(store, local.url + "?tenant=1")
        await calls(store, 1)
        local.status = 200
        await finished(store, local.url + "?tenant=2")
        bell.set()
        await calls(store, 2)

    assert len(await notes(store)) == 1


async def test_who_is_enabled_again_is_told_what_it_missed(store: Store) -> None:
    async with receiver() as local, delivering(store) as bell:
        local.status = 410
        task_id = await finished(store, local.url)
        (call,) = await calls(store, 1)
        local.status = 200
        await store.receivers.enable(call.receiver)
        await store.outbox.replay(task_id)
        bell.set()
        await calls(store, 2)

    assert await notes(store) == []


async def test_a_receiver_that_does_not_answer_delays_no_other(store: Store) -> None:
    async with receiver() as dead, receiver("127.0.0.2") as local, delivering(store) as bell:
        dead.silent = asyncio.Event()
        for _ in range(80):  # more than one process calls at once
            (task_id,) = await enqueue(store, request=hook(dead.url), webhook="end")
            await store.tasks.cancel(task_id)
        await finished(store, local.url)
        bell.set()
        await until(lambda: local.heard, 10)

        assert len(dead.heard) <= store.connection.settings.webhook_host_concurrency


async def test_a_receiver_that_does_not_answer_delays_no_task(store: Store, vendor: Scripted) -> None:
    async with receiver() as dead, working(store, vendor) as worker, delivering(store, worker.listener.posted):
        dead.silent = asyncio.Event()
        first = (await enqueue(store, request=hook(dead.url), webhook="end"))[0]
        await ended(store, first)
        await until(lambda: dead.heard, 20)
        others = await enqueue(store, 5)
        views = [await ended(store, task_id) for task_id in others]

    assert {view.task.status for view in views} == {Status.COMPLETED}


async def test_the_end_of_a_task_rings_the_bell(store: Store, vendor: Scripted) -> None:
    async with receiver() as local, working(store, vendor) as worker:
        bell = worker.listener.posted
        await enqueue(store, request=hook(local.url), webhook="end")
        await until(bell.is_set, 20)


async def test_what_a_process_had_taken_when_it_died_is_told_by_another(store: Store) -> None:
    async with receiver() as local:
        await finished(store, local.url)
        await store.outbox.take(10, 30)
        await age(store, 31)
        async with delivering(store):
            await until(lambda: local.heard, 20)


async def test_what_is_under_way_at_the_stop_is_left_to_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LAST_SECONDS", 0.01)
    async with receiver() as dead:
        dead.silent = asyncio.Event()
        async with delivering(store):
            await finished(store, dead.url)
            await until(lambda: dead.heard, 20)

        assert len(await notes(store)) == 1


async def test_a_note_whose_task_is_gone_or_was_erased_goes(store: Store) -> None:
    async with receiver() as local:
        task_id = await finished(store, local.url)
        await store.tasks.erase(task_id)
        await store.connection.client.zadd(
            store.connection.keys.outbox, {"0a0a0a0a-0000-4000-8000-000000000000:end": 1}
        )
        async with delivering(store):
            await until(lambda: gone(store), 20)

    assert local.heard == []


async def test_a_note_of_what_has_not_happened_waits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as local:
        task_id = await finished(store, local.url)
        await store.connection.client.hset(store.connection.keys.task(task_id), "status", "processing")
        puts_off = spy(monkeypatch, store.outbox, "again")
        async with delivering(store):
            await until(lambda: puts_off, 20)
        await store.connection.client.hset(store.connection.keys.task(task_id), "status", "completed")

    assert local.heard == []
    assert await notes(store) == [f"{task_id}:end"]


@pytest.mark.settings(webhook_url=SecretStr("http://127.0.0.1:1/all?key=s3cret"), **PATIENT)
async def test_the_receiver_of_every_task_is_not_held_to_what_clients_are(store: Store, make_store: MakeStore) -> None:
    async with receiver() as local:
        url = SecretStr(local.url + "?key=s3cret")
        one = await make_store(webhook_url=url, webhook_allow="")
        async with delivering(one):
            (task_id,) = await enqueue(one)
            (delivery,) = await claim(one)
            await complete(one, await submitted(one, delivery))
            await until(lambda: local.heard, 20)

    (call,) = await calls(store, 1)
    assert json.loads(local.heard[0].body)["data"]["task_id"] == task_id
    assert (local.heard[0].path, call.receiver) == ("/hook?key=s3cret", "every-task")


async def test_what_every_task_s_receiver_is_to_hear_waits_for_a_worker_that_knows_it(
    store: Store, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await make_store(webhook_url=SecretStr("https://example.com/"))
    puts_off = spy(monkeypatch, store.outbox, "again")
    (task_id,) = await enqueue(one)
    await one.tasks.cancel(task_id)

    async with delivering(store):
        await until(lambda: puts_off, 20)

    assert await notes(store) == [f"{task_id}:end:all"]


@pytest.mark.settings(webhook_timeout_seconds=5.0)
async def test_a_client_s_address_is_looked_at_when_it_is_called(store: Store) -> None:
    """Whatever was on record: the list of the operator may be another one by now."""
    async with receiver() as local, delivering(store):
        await finished(store, local.url)
        (call,) = await calls(store, 1)

    assert (call.error, call.status, local.heard) == ("forbidden_address", 0, [])


async def test_nothing_of_a_url_but_the_host_is_logged_or_kept(store: Store) -> None:
    async with receiver() as local, delivering(store):
        with structlog.testing.capture_logs() as lines:
            local.status = 500
            await finished(store, local.url + "/s3cret?token=s3cret")
            await calls(store, 1)
            await until(lambda: lines, 20)

    client, keys = store.connection.client, store.connection.keys
    kept = [await client.xrange(keys.calls), await store.receivers.failing(10)]
    assert "s3cret" not in f"{lines} {kept}"
    assert "127.0.0.1" in f"{lines} {kept}"


async def test_an_idle_process_asks_redis_at_most_twice_in_four_seconds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = spy(monkeypatch, store.outbox, "take")
    naps: list[float] = []

    async def nap(self: Stop, seconds: float, bell: asyncio.Event) -> bool:
        naps.append(seconds)
        if len(naps) == 3:
            self.request()
        self.check()
        return False

    monkeypatch.setattr(Stop, "nap_unless", nap)
    async with delivering(store):
        await until(lambda: len(naps) == 3)

    assert (len(looks), naps) == (3, [2.0] * 3)
