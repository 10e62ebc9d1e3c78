"""What an operator does with webhooks: `aigcq webhooks …`."""

from __future__ import annotations

import json
from uuid import uuid4

from aigcq.store import Store
from aigcq.store.outbox import Call
from tests.integration.desk import Desk
from tests.integration.steps import claim, complete, enqueue, submitted


async def posted(store: Store) -> str:
    (task_id,) = await enqueue(store, webhook="end")
    (delivery,) = await claim(store)
    await complete(store, await submitted(store, delivery))
    return task_id


async def gone(store: Store) -> str:
    """Let a receiver say that it is gone; return the id of the task of which it was told."""
    task_id = await posted(store)
    (note,), _ = await store.outbox.take(1, 30)
    await store.outbox.again(note, 5, Call(receiver="r1", host="example.com", status=410), gone=True)
    return task_id


def test_calls_and_receivers_that_fail_are_listed(desk: Desk) -> None:
    assert "Nobody was called" in desk.run("webhooks", "list").output
    task_id = desk.on(gone)

    listed = desk.run("webhooks", "list").output
    found = json.loads(desk.run("webhooks", "list", "--json", "--task", task_id).output)

    assert all(word in listed for word in (task_id, "410", "example.com", "r1"))
    assert found["calls"][0]["status"] == 410
    assert found["receivers"][0]["disabled_at"]


def test_a_receiver_is_disabled_and_enabled_by_name(desk: Desk) -> None:
    desk.on(gone)

    assert desk.run("webhooks", "enable", "r1").exit_code == 0
    assert not desk.on(lambda store: store.receivers.disabled("r1"))
    assert desk.run("webhooks", "enable", "r1").exit_code == 1
    assert "any more" in desk.run("webhooks", "disable", "r1").output
    assert desk.on(lambda store: store.receivers.disabled("r1"))


def test_a_task_is_told_again(desk: Desk) -> None:
    task_id = desk.on(gone)

    assert f"{task_id}  end" in desk.run("webhooks", "replay", task_id).output
    assert desk.run("webhooks", "replay", str(uuid4())).exit_code != 0


def test_the_secret_that_signs_is_shown(desk: Desk) -> None:
    first, again, new = (desk.run("webhooks", "secret", *more).output.strip() for more in ((), (), ("--new",)))

    assert first == again != new
    assert all(each.startswith("whsec_") for each in (first, new))
