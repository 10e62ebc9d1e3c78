"""What a client's library sends again by itself, without a key: it makes one task."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conftest import age
from tests.integration.steps import new
from tests.integration.test_enqueue import open_tasks

pytestmark = pytest.mark.asyncio


async def test_what_a_library_sends_again_by_itself_is_answered_as_the_first_time(store):
    first = await store.tasks.enqueue(new(resend=0, fingerprint="f"))

    again = await store.tasks.enqueue(new(resend=1, fingerprint="f"))

    assert again == replace(first, replayed=True)
    assert await open_tasks(store) == 1


async def test_two_equal_calls_that_are_both_the_first_are_two_tasks(store):
    await store.tasks.enqueue(new(resend=0, fingerprint="f"))
    second = await store.tasks.enqueue(new(resend=0, fingerprint="f"))

    again = await store.tasks.enqueue(new(resend=1, fingerprint="f"))

    assert again.task.id == second.task.id
    assert await open_tasks(store) == 2


@pytest.mark.parametrize("other", [{"fingerprint": "g"}, {"tenant": "b"}, {"route": "videos"}])
async def test_what_is_sent_again_with_another_body_or_at_another_door_is_new(store, other):
    first = await store.tasks.enqueue(new(resend=0, fingerprint="f"))

    again = await store.tasks.enqueue(new(**({"resend": 1, "fingerprint": "f"} | other)))

    assert again.task.id != first.task.id


async def test_a_first_call_that_never_arrived_is_made_by_its_repetition_once(store):
    first = await store.tasks.enqueue(new(resend=1, fingerprint="f"))

    again = await store.tasks.enqueue(new(resend=2, fingerprint="f"))

    assert (again.task.id, first.replayed, again.replayed) == (first.task.id, False, True)


async def test_after_a_quarter_of_an_hour_nothing_is_sent_again(store):
    first = await store.tasks.enqueue(new(resend=0, fingerprint="f"))
    await age(store, 15 * 60 + 1)

    again = await store.tasks.enqueue(new(resend=1, fingerprint="f"))

    assert again.task.id != first.task.id


async def test_one_key_may_name_a_task_at_each_door(store):
    await store.tasks.enqueue(new(idempotency_key="k", fingerprint="f"))
    await store.tasks.enqueue(new(idempotency_key="k", fingerprint="other", route="videos"))

    assert await open_tasks(store) == 2
