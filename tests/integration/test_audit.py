"""Who did what is written down in the step that does it; never what a client has sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from aigcq.api_key import Shown
from aigcq.audit import CLI, KEY, OPEN, Actor, Deed
from aigcq.caller import Caller, Scope
from aigcq.errors import AigcqError, TaskNotFound
from aigcq.limit.law import Bounds
from aigcq.store import Store
from aigcq.store.deeds import AUDITED
from aigcq.tenant import Tenant
from tests.integration.steps import enqueue, fail, new, submitted, take

pytestmark = pytest.mark.asyncio

ADMIN = Actor(who=KEY, name="ops", key="k1", tenant="ops", address="192.0.2.7")
SHOWN = Shown.new()
NOBODY = "0a0a0a0a-0000-4000-8000-00000000000f"


async def failed(store: Store) -> str:
    delivery = await submitted(store, await take(store))
    await fail(store, delivery)
    return delivery.task_id


async def deeds(store: Store) -> list[tuple[str, str, str, str]]:
    return [(deed.did, deed.on, deed.detail, deed.result) for deed in (await store.audit.last(100))[::-1]]


async def test_a_deed_says_who_from_where_did_what_to_what_and_with_what_result(store: Store) -> None:
    (task_id,) = await enqueue(store)

    await store.acting(ADMIN).tasks.reorder(task_id, 5)

    (deed,) = await store.audit.last(10)
    assert deed == Deed(
        id=deed.id, at_ms=deed.at_ms, actor=ADMIN, did="priority", on=task_id, detail="5", result="done"
    )


Verb = Callable[[Store, str], Awaitable[object]]


async def drained(store: Store, consumer: str) -> bool:
    await store.control.beat(consumer, {})
    return await store.workers.drain(consumer)


VERBS: dict[str, tuple[Verb, str, str]] = {
    "bound": (lambda store, _: store.limits.bound(Bounds(maximum=4)), "limit", "done"),
    "drain": (drained, "drain", "done"),
    "pause": (lambda store, _: store.control.pause("a leak"), "pause", "done"),
    "resume": (lambda store, _: store.control.resume(), "resume", "nothing changed"),
    "cancel": (lambda store, task: store.tasks.cancel(task), "cancel", "too_late"),
    "requeue": (lambda store, task: store.tasks.requeue(task), "requeue", "done"),
    "reorder": (lambda store, task: store.tasks.reorder(task, 1), "priority", "nothing changed"),
    "erase": (lambda store, task: store.tasks.erase(task), "erase", "done"),
    "outbox_replay": (lambda store, task: store.outbox.replay(task), "webhook replay", "done"),
    "receiver_enable": (lambda store, _: store.receivers.enable("r"), "webhook enable", "nothing changed"),
    "receiver_disable": (lambda store, _: store.receivers.disable("r"), "webhook disable", "done"),
    "key_add": (
        lambda store, _: store.credentials.add(SHOWN, tenant="shop", scopes={Scope.READ}),
        "key create",
        "done",
    ),
    "key_end": (lambda store, task: store.credentials.revoke(task), "key revoke", "nothing changed"),
}


@pytest.mark.parametrize("name", AUDITED)
async def test_every_deed_of_an_operator_is_written_down_with_what_came_of_it(store: Store, name: str) -> None:
    verb, did, result = VERBS[name]

    with suppress(AigcqError):
        await verb(store.acting(ADMIN), await failed(store))

    assert [(each[0], each[3]) for each in await deeds(store)] == [(did, result)]


@pytest.mark.parametrize("name", ["cancel", "requeue", "reorder", "erase", "outbox_replay"])
async def test_what_there_is_not_for_who_asks_leaves_no_trace(store: Store, name: str) -> None:
    verb, *_ = VERBS[name]
    (theirs,) = await enqueue(store, tenant="shop")
    ours = store.seen_by(Caller(tenant="ops", scopes={Scope.CREATE}, key_id="k1")).acting(ADMIN)

    for named in (theirs, NOBODY):
        with pytest.raises(TaskNotFound):
            await verb(ours, named)

    assert await deeds(store) == []


@pytest.mark.parametrize("name", sorted(set(AUDITED) - {"key_add", "key_end"}))
async def test_who_writes_it_down_is_answered_as_who_does_not(store: Store, name: str) -> None:
    verb, *_ = VERBS[name]
    one, other = await failed(store), await failed(store)

    plain = await verb(store, one)
    if name in ("bound", "pause", "receiver_disable"):
        await store.limits.bound(Bounds())
        await store.control.resume()
        await store.receivers.enable("r")

    answer = await verb(store.acting(ADMIN), other)
    assert answer == plain or (name == "outbox_replay" and not answer)


async def test_what_processes_do_by_themselves_is_nobody_s_deed(store: Store) -> None:
    await store.control.pause("AuthFailure", by="vendor")
    await store.control.resume(by="vendor")
    await store.audit.note("key create", "k1")

    assert await deeds(store) == []


async def test_what_a_client_cancels_of_its_own_is_no_news_and_what_an_admin_cancels_of_others_is(store: Store) -> None:
    ours, theirs, nobody_s = [(await store.tasks.enqueue(new(tenant=name))).task.id for name in ("ops", "shop", "")]
    acting = store.acting(ADMIN)

    await acting.tasks.cancel(ours)
    assert await deeds(store) == []

    await acting.tasks.cancel(theirs)
    await acting.tasks.cancel(nobody_s)
    assert [deed[3] for deed in await deeds(store)] == ["cancelled", "cancelled"]


async def test_where_nobody_needs_a_key_a_cancel_is_no_news(store: Store) -> None:
    (task_id,) = await enqueue(store)

    await store.acting(Actor(who=OPEN)).tasks.cancel(task_id)

    assert await deeds(store) == []


async def test_neither_a_prompt_nor_a_label_is_ever_written_down(store: Store) -> None:
    mark = "m4rk-of-a-client"
    acting = store.acting(ADMIN)
    view = await acting.tasks.enqueue(new(request=f'{{"prompt": "{mark}", "metadata": {{"a": "{mark}"}}}}'))
    for verb, *_ in VERBS.values():
        with suppress(AigcqError):
            await verb(acting, view.task.id)

    entries = await store.connection.client.xrange(store.connection.keys.audit)
    assert entries
    assert mark not in str(entries)


@pytest.mark.settings(audit_cap=100)
async def test_as_many_are_kept_as_is_said_about(store: Store) -> None:
    acting = store.acting(ADMIN)
    for _ in range(300):
        await acting.audit.note("key create", "k1")
        await acting.control.resume()

    assert 100 <= await store.connection.client.xlen(store.connection.keys.audit) <= 220


async def test_what_is_written_down_otherwise_is_read_in_the_same_way(store: Store) -> None:
    await store.acting(Actor(who=CLI, name="ada")).audit.note("key create", "k2", detail="create,read")

    (deed,) = await store.audit.last(1)
    assert (deed.actor.name, deed.did, deed.on, deed.detail, deed.result) == (
        "ada", "key create", "k2", "create,read", "done",
    )  # fmt: skip


async def test_pages_of_it_have_each_deed_once_the_newest_first(store: Store) -> None:
    acting = store.acting(ADMIN)
    for number in range(5):
        await acting.audit.note("key create", f"k{number}")

    first = await store.audit.last(2)
    then = await store.audit.last(2, before=first[-1].id)
    rest = await store.audit.last(2, before=then[-1].id)

    assert [deed.on for deed in (*first, *then, *rest)] == ["k4", "k3", "k2", "k1", "k0"]
    assert await store.audit.last(5, since_ms=first[0].at_ms + 1) == []


async def test_what_does_not_happen_is_not_written_down(store: Store) -> None:
    """One step: a verb that fails leaves no trace of a deed."""
    acting = store.acting(ADMIN)
    await store.connection.client.set(store.connection.keys.meta, "broken")

    with suppress(Exception):
        await acting.control.pause("a leak")
    await store.connection.client.delete(store.connection.keys.meta)

    assert await deeds(store) == []


async def test_what_becomes_of_keys_and_tenants_is_written_down_without_what_opens(store: Store) -> None:
    acting, old, new_one = store.acting(ADMIN), Shown.new(), Shown.new()
    await acting.credentials.add(old, tenant="shop", name="ci", scopes={Scope.READ, Scope.CREATE})
    await acting.credentials.rotate(old.id, new_one, 60)
    await acting.credentials.revoke(new_one.id)
    await acting.tenants.put(Tenant(name="shop", weight=2.5, requests_per_minute=60))
    await acting.tenants.remove("shop")

    assert await deeds(store) == [
        ("key create", old.id, "shop: create,read, ci", "done"),
        ("key create", new_one.id, "shop: create,read, ci", "done"),
        ("key rotate", old.id, "ends in 60 s", "done"),
        ("key revoke", new_one.id, "", "done"),
        ("tenant set", "shop", "weight=2.5, requests_per_minute=60", "done"),
        ("tenant remove", "shop", "", "done"),
    ]
    told = str(await store.connection.client.xrange(store.connection.keys.audit))
    assert not [secret for shown in (old, new_one) for secret in (shown.secret, shown.hash) if secret in told]


async def test_who_acts_sees_no_more_than_before(store: Store) -> None:
    (theirs,) = await enqueue(store, tenant="shop")
    ours = store.seen_by(Caller(tenant="ops", scopes={Scope.CREATE}, key_id="k1")).acting(ADMIN)

    with pytest.raises(TaskNotFound):
        await ours.tasks.get(theirs)
    with pytest.raises(TaskNotFound):
        await ours.tasks.erase(theirs)
