"""Notes are lent to one worker at a time, go when they are delivered, and are lost with nobody."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from pydantic import SecretStr

from aigcq.errors import TaskNotFound
from aigcq.store import Store
from aigcq.store.outbox import Call, Moment, Note
from tests.conftest import age
from tests.integration.steps import alter, claim, complete, enqueue, fail, submitted, together

pytestmark = pytest.mark.asyncio

LEASE = 30.0
FAILED = Call(receiver="r1", host="example.com", error="timeout", ms=15_000)
TOLD = Call(receiver="r1", host="example.com", status=204, ms=12)


async def posted(store: Store, **fields: str) -> str:
    """Complete a task of which somebody is to be told; return its id."""
    (task_id,) = await enqueue(store, **({"webhook": "end"} | fields))
    (delivery,) = await claim(store)
    await complete(store, await submitted(store, delivery))
    return task_id


async def take(store: Store) -> list[Note]:
    return list((await store.outbox.take(100, LEASE))[0])


async def names(store: Store) -> list[str]:
    return [note.name for note in await take(store)]


async def test_a_note_is_lent_to_one_at_a_time(store):
    task_id = await posted(store)

    first, second = await together(take(store), take(store))

    assert [note.name for note in [*first, *second]] == [f"{task_id}:end"]


async def test_what_a_dead_worker_had_taken_is_taken_by_another(store):
    task_id = await posted(store)
    await take(store)

    await age(store, LEASE + 1)

    assert await names(store) == [f"{task_id}:end"]


async def test_a_settle_that_was_broken_off_has_posted_and_told_nothing(store):
    """The note comes first: whatever is on record was noted, and what was noted waits for the record."""
    (task_id,) = await enqueue(store, webhook="end")
    (delivery,) = await claim(store)
    await submitted(store, delivery)
    alter(store, "settle", line="redis.call('SET', result, json)", instead="error('broken off')")
    with pytest.raises(Exception, match="broken off"):
        await complete(store, delivery)

    (note,) = await take(store)

    assert (note.name, (await store.tasks.get(task_id)).task.status) == (f"{task_id}:end", "processing")


async def test_what_was_delivered_is_gone(store):
    await posted(store)
    (note,) = await take(store)

    assert await store.outbox.done(note, TOLD)

    await age(store, 10 * LEASE)
    assert await take(store) == []
    assert not await store.connection.client.exists(store.connection.keys.tries)


async def test_what_failed_is_due_later_and_its_calls_are_counted(store):
    await posted(store)
    (note,) = await take(store)

    await store.outbox.again(note, 300, FAILED)

    _, next_seconds = await store.outbox.take(100, LEASE)
    assert 299 < (next_seconds or 0) <= 300
    await age(store, 299)
    assert await take(store) == []
    await age(store, 2)
    assert [note.tries for note in await take(store)] == [1]


async def test_what_was_put_off_without_a_call_is_not_counted(store):
    await posted(store)
    (note,) = await take(store)

    await store.outbox.again(note, 5)

    await age(store, 6)
    assert [note.tries for note in await take(store)] == [0]
    assert await store.receivers.calls(10) == []


async def test_what_is_posted_anew_while_it_is_under_way_stays(store):
    """A task failed, is requeued and completes while its receiver hears that it failed."""
    (task_id,) = await enqueue(store, webhook="end")
    (delivery,) = await claim(store)
    await fail(store, delivery)
    (note,) = await take(store)
    await store.tasks.requeue(task_id)
    (delivery,) = await claim(store)
    await complete(store, await submitted(store, delivery))

    assert not await store.outbox.done(note, TOLD)

    assert await names(store) == [f"{task_id}:end"]


async def test_a_late_worker_puts_off_nothing_that_another_has(store):
    """Their leases never end in the same millisecond: the second one begins when the first is over."""
    await posted(store)
    (late,) = await take(store)
    await age(store, LEASE + 1)
    ((mine,), _) = await store.outbox.take(100, 2 * LEASE)

    await store.outbox.again(late, 86_400, FAILED)

    assert await store.outbox.done(mine, TOLD)


async def test_it_is_told_when_the_next_one_is_due(store):
    assert await store.outbox.take(1, LEASE) == ([], None)
    await posted(store)
    await posted(store)

    notes, next_seconds = await store.outbox.take(1, LEASE)

    assert (len(notes), next_seconds) == (1, 0.0)
    assert 0 < ((await store.outbox.take(1, LEASE))[1] or 0) <= LEASE


async def test_what_a_newer_release_has_noted_is_left_to_it(store):
    await store.connection.client.zadd(store.connection.keys.outbox, {"a:sunset": 1, "b:end:others": 1, "c:end": 1})

    assert await names(store) == ["c:end"]


@pytest.mark.settings(webhook_url=SecretStr("https://example.com/all"))
async def test_who_hears_of_every_task_has_notes_of_its_own(store):
    task_id = await posted(store)
    other = await posted(store, webhook="")

    found = {note.name: note.everyone for note in await take(store)}

    assert found == {f"{task_id}:end": False, f"{task_id}:end:all": True, f"{other}:end:all": True}


@pytest.mark.settings(webhook_disable_failures=3, webhook_disable_seconds=60)
async def test_a_receiver_that_fails_for_long_and_often_is_disabled(store):
    disabled = []
    for _ in range(4):
        await posted(store)
        (note,) = await take(store)
        disabled.append(await store.outbox.again(note, 10_000, FAILED))
        await age(store, 25)

    assert disabled == [False, False, False, True]
    assert await store.receivers.disabled("r1")


@pytest.mark.settings(webhook_disable_failures=1, webhook_disable_seconds=0.001)
async def test_a_receiver_that_succeeds_in_between_begins_anew(store):
    await posted(store)
    (note,) = await take(store)
    await store.receivers.disable("r1", "example.com")

    await store.outbox.done(note, TOLD)

    assert not await store.receivers.disabled("r1")
    assert await store.receivers.failing(10) == []


async def test_a_receiver_that_is_gone_is_disabled_at_once(store):
    await posted(store)
    (note,) = await take(store)

    assert await store.outbox.again(note, 5, Call(receiver="r1", host="example.com", status=410), gone=True)

    (receiver,) = await store.receivers.failing(10)
    assert (receiver.name, receiver.host, receiver.failures) == ("r1", "example.com", 1)
    assert receiver.disabled_ms


async def test_what_speaks_against_a_receiver_is_forgotten_when_it_is_enabled(store):
    await store.receivers.disable("r1", "example.com")

    assert await store.receivers.enable("r1")

    assert not await store.receivers.disabled("r1")
    assert not await store.receivers.enable("r1")
    assert await store.receivers.failing(10) == []


async def test_a_replay_posts_what_has_happened(store):
    task_id = await posted(store, webhook="start,end")
    for note in await take(store):
        await store.outbox.done(note, TOLD)

    notes = await store.outbox.replay(task_id)

    assert [note.moment for note in notes] == [Moment.START, Moment.END]
    assert sorted(await names(store)) == [f"{task_id}:end", f"{task_id}:start"]


async def test_a_replay_of_what_has_not_happened_posts_nothing(store):
    (queued,) = await enqueue(store, webhook="start,end")
    (other,) = await enqueue(store)

    assert [await store.outbox.replay(each) for each in (queued, other)] == [[], []]
    with pytest.raises(TaskNotFound):
        await store.outbox.replay(str(uuid4()))


async def test_a_replay_is_due_at_once_and_its_tries_begin_anew(store):
    task_id = await posted(store)
    (note,) = await take(store)
    await store.outbox.again(note, 86_400, FAILED)

    await store.outbox.replay(task_id)

    assert [note.tries for note in await take(store)] == [0]


@pytest.mark.settings(webhook_url=SecretStr("https://example.com/all"))
async def test_a_client_s_replay_is_for_its_own_receiver(store):
    task_id = await posted(store)

    assert [note.everyone for note in await store.outbox.replay(task_id)] == [False]
    assert [note.everyone for note in await store.outbox.replay(task_id, everyone=True)] == [False, True]


async def test_what_was_erased_is_told_to_nobody(store):
    task_id = await posted(store)
    (note,) = await take(store)
    await store.outbox.again(note, 5, FAILED)

    await store.tasks.erase(task_id)

    with pytest.raises(TaskNotFound):
        await store.outbox.replay(task_id)
    assert await store.receivers.calls(10, task_id) == []


async def test_calls_are_kept_for_everyone_and_beside_their_task(store):
    first, second = await posted(store), await posted(store)
    for note in await take(store):
        await store.outbox.again(note, 5, FAILED)

    assert {call.task_id for call in await store.receivers.calls(10)} == {first, second}
    (call,) = await store.receivers.calls(10, first)
    assert (call.moment, call.attempt, call.status, call.error, call.ms) == (Moment.END, 1, 0, "timeout", 15_000)


async def test_all_workers_sign_with_the_secret_that_was_there_first(store):
    assert await together(store.receivers.secret("a"), store.receivers.secret("b")) == ["a", "a"]


async def test_a_note_is_read_as_it_is_written():
    for note in (Note("a", Moment.END), Note("a", Moment.START, everyone=True)):
        assert Note.read(note.name) == note
    assert json.dumps(Moment.END) == '"end"'
