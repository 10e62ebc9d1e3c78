"""To which account a new task goes, and where a task is found that is in one of several."""

from __future__ import annotations

from uuid import uuid4

import pytest

from aigcq.accounts import Accounts, Router, complete
from aigcq.accounts.accounts import hint_of
from aigcq.errors import InvalidRequest, StoreUnavailable
from tests.integration.several import counts, several, with_workers
from tests.integration.steps import claim, enqueue, new, submitted, together
from tests.integration.steps import complete as end

pytestmark = pytest.mark.asyncio
OF_KLING = {"model": "Kling-3.0"}


async def put(router: Router, **fields):
    """Enqueue one task as an API does; return where it went, and the view."""
    account, task = await router.routed(new(**fields))
    return account, await account.store.tasks.enqueue(task)


async def test_one_account_is_asked_nothing(make_store, settings, clock):
    accounts = await several(make_store, settings, clock, "a")
    order = new()

    assert await Router(accounts).routed(order) == (accounts[0], order)
    assert await accounts.of("anything") is accounts[0]


async def test_tasks_go_where_they_wait_for_the_least_time(make_store, settings, clock):
    limits = {letter: {"max_threshold": most, "default_threshold": most} for letter, most in (("a", 3), ("b", 5))}
    accounts = await several(make_store, settings, clock, **limits)
    await with_workers(accounts)
    router = Router(accounts)

    for _ in range(80):
        await put(router)

    assert await counts(accounts) == [30, 50]


async def test_what_runs_counts_as_what_waits(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    await enqueue(accounts[0].store, 12)
    await claim(accounts[0].store)

    account, _ = await put(Router(accounts))

    assert account is accounts[1]


async def test_the_account_whose_videos_take_less_time_is_given_more(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    for account, seconds in zip(accounts, (100.0, 10.0), strict=True):
        for delivery_number in range(12):
            await enqueue(account.store, model="Kling-3.0")
            (delivery,) = await claim(account.store)
            await submitted(account.store, delivery, f"vod-{delivery_number}")
            await account.store.deliveries.release(delivery, kind="Kling-3.0", took_seconds=seconds)
            await end(account.store, delivery)
        await enqueue(account.store, 24)

    account, _ = await put(Router(accounts), **OF_KLING)

    assert account is accounts[1]


async def test_of_equal_ones_it_is_the_first_in_the_file(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)

    assert (await put(Router(accounts)))[0] is accounts[0]


async def test_a_paused_account_gets_nothing_while_another_can_take_it(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    await accounts[0].store.control.pause("why")
    await enqueue(accounts[1].store, 50)

    assert (await put(Router(accounts)))[0] is accounts[1]


async def test_one_without_a_worker_gets_nothing_while_another_has_one(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await accounts[1].store.control.beat("worker", {})

    assert (await put(Router(accounts)))[0] is accounts[1]


async def test_where_all_are_paused_it_waits_in_the_first(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    for each in accounts:
        await each.store.control.pause("why")

    assert (await put(Router(accounts)))[0] is accounts[0]


async def test_it_goes_to_an_account_that_works_for_its_tenant_and_makes_its_model(make_store, settings, clock):
    own = {"a": {"models": frozenset({"Vidu"})}, "b": {"tenants": frozenset({"default"})}, "c": {}}
    accounts = await several(make_store, settings, clock, "abc", **own)
    await with_workers(accounts)
    router = Router(accounts)

    assert (await put(router, model="Vidu-q2"))[0] is accounts[0]
    assert (await put(router, model="Kling-3.0"))[0] is accounts[1]
    assert (await put(router, model="Kling-3.0", tenant="red"))[0] is accounts[2]


async def test_what_no_account_makes_is_refused_with_what_they_make(make_store, settings, clock):
    own = {"a": {"models": frozenset({"Vidu"})}, "b": {"tenants": frozenset({"red"})}}
    accounts = await several(make_store, settings, clock, **own)

    with pytest.raises(InvalidRequest, match="No account here makes Kling-3.0 for you") as refused:
        await Router(accounts).routed(new(model="Kling-3.0"))

    assert (refused.value.field, refused.value.allowed) == ("model_name", ["Vidu"])
    assert await counts(accounts) == [0, 0]


@pytest.mark.parametrize("how", [{"idempotency_key": "k"}, {"resend": 1}])
async def test_a_repeated_call_is_answered_by_the_account_that_was_given_it(make_store, settings, clock, how):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    router = Router(accounts)
    _, first = await put(router, fingerprint="f", **how)
    await enqueue(accounts[0].store, 30)
    await clock.advance(2)

    _, again = await put(router, fingerprint="f", **how)

    assert again.replayed and again.task.id == first.task.id


async def test_calls_that_come_at_once_make_one_task(make_store, settings, clock):
    """Each process sees another load, and so would choose another account."""
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    other = Accounts([accounts[1], accounts[0]])

    for number in range(20):
        key = {"idempotency_key": f"k{number}", "fingerprint": "f"}
        routed = await together(*(Router(each).routed(new(**key)) for each in (accounts, other)))
        views = await together(*(account.store.tasks.enqueue(task) for account, task in routed))
        assert views[0].task.id == views[1].task.id


async def test_a_key_that_was_given_away_and_not_used_is_used_there(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    key = {"idempotency_key": "k", "fingerprint": "f"}
    given, _ = await Router(accounts).routed(new(**key))  # and its process dies
    await given.store.control.pause("why")
    await clock.advance(2)

    account, view = await put(Router(accounts), **key)

    assert account is given
    assert not view.replayed


async def test_a_body_that_a_library_sends_for_the_first_time_is_another_task(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    router = Router(accounts)

    _, first = await put(router, fingerprint="f", resend=0)
    _, second = await put(router, fingerprint="f", resend=0)
    _, again = await put(router, fingerprint="f", resend=1)

    assert first.task.id != second.task.id
    assert again.task.id == second.task.id


async def test_a_key_of_one_tenant_says_nothing_to_another(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    router = Router(accounts)
    key = {"idempotency_key": "k", "fingerprint": "f"}

    _, first = await put(router, tenant="red", **key)
    _, second = await put(router, tenant="blue", **key)

    assert first.task.id != second.task.id


async def test_the_id_of_a_task_tells_its_account(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)

    account, view = await put(Router(accounts))

    assert view.task.id.endswith(hint_of(account.name))
    assert await accounts.of(view.task.id) is account


async def test_a_task_is_found_wherever_it_is(make_store, settings, clock):
    accounts = await several(make_store, settings, clock, "abc")
    for account in accounts:
        for _ in range(3):
            (task_id,) = await enqueue(account.store, id=str(uuid4()))
            assert await accounts.of(task_id) is account


async def test_a_task_that_moved_is_found_where_it_is(make_store, settings, clock):
    accounts = await several(make_store, settings, clock, "abc")
    task_id = accounts.identified(str(uuid4()), accounts[0])
    await accounts[0].store.tasks.enqueue(new(id=task_id))
    await complete(accounts, accounts[0], task_id, accounts[2].name)

    assert await accounts.of(task_id) is accounts[2]


async def test_what_is_kept_of_a_video_is_found_when_its_record_is_gone(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    store, task_id = accounts[1].store, str(uuid4())
    await store.connection.client.set(store.connection.keys.file(task_id), "{}", px=60_000)

    assert await accounts.of(task_id) is accounts[1]


async def test_a_task_that_nobody_knows_is_in_any_account(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)

    assert await accounts.of(str(uuid4())) in list(accounts)


async def test_a_task_is_not_unknown_because_an_account_does_not_answer(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await accounts[1].store.connection.batches.close()

    with pytest.raises(StoreUnavailable):
        await accounts.of(accounts.identified(str(uuid4()), accounts[0]))
