"""The dead letters: failed tasks are kept, listed, and put back."""

from __future__ import annotations

import pytest

from aigcq.model import Event
from aigcq.store import dead as dead_letters
from tests.conftest import age
from tests.integration.steps import NOBODY_KNOWS, claim, complete, enqueue, fail, put_back, submitted, take

pytestmark = pytest.mark.asyncio

WEEK = 7 * 86400


async def failed(store, count: int = 1, code: str = "vendor_rejected") -> list[str]:
    """Let so many tasks fail, one a second; return their ids."""
    task_ids = []
    for _ in range(count):
        delivery = await submitted(store, await take(store))
        await fail(store, delivery, error_code=code)
        await age(store, 1)
        task_ids.append(delivery.task_id)
    return task_ids


async def listed(store, count: int = 100, code: str = "") -> list[str]:
    return [letter.task.id for letter in await store.dead.letters(count, code)]


async def test_failed_tasks_are_listed_newest_first_with_why(store):
    task_ids = await failed(store, 3)

    letters = await store.dead.letters(2)

    assert [letter.task.id for letter in letters] == task_ids[:0:-1]
    assert [(letter.task.error_code, letter.error) for letter in letters] == [
        ("vendor_rejected", {"code": "vendor_rejected"})
    ] * 2


async def test_only_what_has_failed_is_a_dead_letter(store):
    await complete(store, await submitted(store, await take(store)))
    await store.deliveries.settle(await take(store), Event.ABORT, {})
    cancelled, _ = await enqueue(store, 2)
    await store.tasks.cancel(cancelled)
    (running,) = await claim(store)

    assert await listed(store) == []
    await put_back(store, running)


async def test_they_are_listed_by_code_however_many_others_there_are(store, monkeypatch):
    monkeypatch.setattr(dead_letters, "PAGE", 2)
    wanted = await failed(store, 1, NOBODY_KNOWS)
    await failed(store, 3)
    wanted += await failed(store, 1, NOBODY_KNOWS)
    await failed(store, 2)

    assert await listed(store, code=NOBODY_KNOWS) == wanted[::-1]
    assert await listed(store, count=1, code=NOBODY_KNOWS) == wanted[1:]


async def test_a_question_looks_at_a_bounded_number(store, monkeypatch):
    monkeypatch.setattr(dead_letters, "PAGE", 2)
    monkeypatch.setattr(dead_letters, "MOST_LOOKS", 4)
    await failed(store, 1, NOBODY_KNOWS)
    task_ids = await failed(store, 4)

    assert await listed(store) == task_ids[::-1]
    assert await listed(store, code=NOBODY_KNOWS) == []


async def test_one_that_comes_twice_because_others_failed_meanwhile_is_listed_once(store, monkeypatch):
    monkeypatch.setattr(dead_letters, "PAGE", 2)
    task_ids = await failed(store, 4)
    true = store.dead._read

    async def fails_meanwhile(page):
        await failed(store, 1)
        return await true(page)

    monkeypatch.setattr(dead_letters.Dead, "_read", lambda self, page: fails_meanwhile(page))

    assert await listed(store, count=4) == task_ids[::-1]


async def test_a_requeued_task_is_no_dead_letter(store):
    first, second = await failed(store, 2)

    await store.tasks.requeue(second)

    assert await listed(store) == [first]
    assert await store.connection.client.zcard(store.connection.keys.dead) == 1


async def test_a_requeued_task_that_fails_again_is_listed_once_more(store):
    (task_id,) = await failed(store)
    await store.tasks.requeue(task_id)
    (delivery,) = await claim(store)
    await fail(store, delivery, error_code="vendor_failed")

    (letter,) = await store.dead.letters(10)

    assert (letter.task.id, letter.task.attempt, letter.task.error_code) == (task_id, 2, "vendor_failed")


async def test_dead_letters_are_forgotten_with_their_tasks(store):
    await failed(store)
    await age(store, WEEK + 1)

    assert await listed(store) == []
    await complete(store, await submitted(store, await take(store)))
    assert await store.connection.client.zcard(store.connection.keys.dead) == 0


async def test_what_a_worker_of_a_release_without_dead_letters_let_fail_is_listed_by_the_repair(store):
    (task_id,) = await failed(store)
    await store.connection.client.delete(store.connection.keys.dead)
    await age(store, 600)

    assert await store.upkeep.repair() == 1
    assert await listed(store) == [task_id]
    assert await store.upkeep.repair() == 0


async def test_an_open_task_among_the_dead_letters_is_taken_out_by_the_repair(store):
    (task_id,) = await failed(store)
    client, keys = store.connection.client, store.connection.keys
    ended_ms = await client.zscore(keys.dead, task_id)
    await store.tasks.requeue(task_id)
    await client.zadd(keys.dead, {task_id: ended_ms})
    assert await listed(store) == []

    assert await store.upkeep.repair() == 1

    assert await client.zcard(keys.dead) == 0
