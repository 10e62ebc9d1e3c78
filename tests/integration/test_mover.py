"""What is queued in an account that is paused goes to others that can run it, and nothing else does."""

from __future__ import annotations

import pytest

from aigcq.accounts import Mover
from tests.integration.several import counts, several, with_workers
from tests.integration.steps import claim, enqueue

pytestmark = pytest.mark.asyncio


async def test_queued_tasks_leave_an_account_that_the_vendor_refuses(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    await enqueue(accounts[0].store, 100)
    await accounts[0].store.control.pause("no", by="vendor")

    await Mover(accounts).turn()

    busy = accounts[1].account.settings.max_threshold
    assert await counts(accounts) == [100 - 2 * busy, 2 * busy]  # what runs at once, and as much behind it
    assert [each.task_id for each in await claim(accounts[1].store)]


async def test_after_a_minute_all_of_them_do_in_order_and_so_many_at_a_time(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    task_ids = await enqueue(accounts[0].store, 120)
    await accounts[0].store.control.pause("no", by="vendor")
    meta = accounts[0].store.connection.keys.meta
    await accounts[0].store.connection.client.hincrby(meta, "paused_ms", -61_000)
    await accounts[0].store.control.pause("still no", by="vendor")
    mover = Mover(accounts)

    assert [await mover.turn() for _ in range(4)] == [50, 50, 20, 0]
    order = await accounts[1].store.connection.client.zrange(accounts[1].store.connection.keys.queued, 0, -1)
    assert order == task_ids


async def test_what_nobody_else_takes_holds_back_nothing_behind_it(make_store, settings, clock):
    accounts = await several(make_store, settings, clock, "ab", b={"models": frozenset({"Vidu"})})
    await with_workers(accounts)
    await enqueue(accounts[0].store, 60, model="Kling-3.0")
    await enqueue(accounts[0].store, 40, model="Vidu-q2")
    await accounts[0].store.control.pause("why", moves=True)

    assert await Mover(accounts).turn() == 40


@pytest.mark.parametrize("moves", [False, True])
async def test_a_person_who_pauses_says_whether_tasks_move(make_store, settings, clock, moves):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    await enqueue(accounts[0].store, 30)
    await accounts[0].store.control.pause("for good", moves=moves)

    assert await Mover(accounts).turn() == (30 if moves else 0)


async def test_a_task_moves_only_where_it_can_run(make_store, settings, clock):
    own = {"b": {"models": frozenset({"Vidu"})}, "c": {"tenants": frozenset({"red"})}}
    accounts = await several(make_store, settings, clock, "abc", **own)
    await with_workers(accounts)
    a, b, c = (each.store for each in accounts)
    await enqueue(a, 2, model="Kling-3.0")
    await enqueue(a, 3, model="Vidu-q2")
    await enqueue(a, 4, model="Kling-3.0", tenant="red")
    await a.control.pause("why", moves=True)

    await Mover(accounts).turn()

    assert await counts(accounts) == [2, 3, 4]
    await b.control.pause("why", moves=True)
    assert await Mover(accounts).turn() == 0
    assert await counts(accounts) == [2, 3, 4]
    assert (await c.control.overview()).queued == 4


async def test_nothing_moves_where_nobody_works(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await enqueue(accounts[0].store, 3)
    await accounts[0].store.control.pause("why", moves=True)

    assert await Mover(accounts).turn() == 0


async def test_nothing_comes_back_from_where_it_moved_to(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    await with_workers(accounts)
    await enqueue(accounts[0].store, 3)
    await accounts[0].store.control.pause("why", moves=True)
    await Mover(accounts).turn()
    await accounts[0].store.control.resume()
    await accounts[1].store.control.pause("why", moves=True)

    assert await Mover(accounts).turn() == 0


async def test_what_a_process_left_behind_is_completed(make_store, settings, clock):
    accounts = await several(make_store, settings, clock)
    (task_id,) = await enqueue(accounts[0].store)
    await accounts[0].store.moves.lend(task_id, accounts[1].name)
    store = accounts[0].store
    await store.connection.client.zincrby(store.connection.keys.leaving, -6000, task_id)

    assert await Mover(accounts).turn() == 1
    assert [each.task_id for each in await claim(accounts[1].store)] == [task_id]
