"""Money: what may be spent, what is promised, and what it came to. Amounts are millionths."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from aigcq.errors import BudgetExceeded, MaxCostExceeded, PriceUnknown
from aigcq.model import Delivery, Event, Status
from aigcq.prices import Estimate
from aigcq.spending import FREE, WHOLE, Footage
from aigcq.store import Store
from aigcq.tenant import Tenant
from tests.conftest import FakeClock, MakeStore, age
from tests.integration.steps import claim, complete, enqueue, fail, new, put_back, submitted

pytestmark = pytest.mark.asyncio

TEN = Estimate(amount=10, price="0.000002", currency="CNY", least_seconds=5.0)
UNPRICED = Estimate(amount=None, reason="The price table has no price for it.")


@pytest_asyncio.fixture
async def store(store: Store) -> Store:
    """The test's own queue, where no midnight comes between two looks."""
    return Store.over(replace(store.connection, clock=FakeClock()))


async def counted(store: Store, tenant: str = "", period: str = "") -> tuple[int, int]:
    """Return what is settled and what is committed."""
    return await store.ledger.total(tenant, period or store.connection.today)


async def costing(store: Store, **fields: Any) -> Delivery:
    """Enqueue one task that may cost ten, and claim it."""
    (task_id,) = await enqueue(store, estimate=TEN, model="Hailuo-2.3", **fields)
    (delivery,) = await claim(store)
    assert delivery.task_id == task_id
    return delivery


async def test_of_a_thousand_that_come_at_once_a_budget_for_a_hundred_lets_exactly_a_hundred_in(
    make_store: MakeStore,
) -> None:
    stores = [await make_store() for _ in range(4)]
    await stores[0].tenants.put(Tenant(name="red", budget_day=1005))
    outcomes: Counter[str] = Counter()

    async def create(store: Store) -> None:
        try:
            await store.tasks.enqueue(new(tenant="red", estimate=TEN))
            outcomes["created"] += 1
        except BudgetExceeded:
            outcomes["refused"] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(1000):
            group.create_task(create(stores[number % 4]))

    assert outcomes == {"created": 100, "refused": 900}
    assert await counted(stores[0], "red") == (0, 1000)
    assert (await stores[0].control.overview()).queued == 100


async def test_a_refusal_says_what_remains_and_when_it_begins_anew_and_writes_nothing(store: Store) -> None:
    await store.tenants.put(Tenant(name="red", budget_month=25))
    connection = replace(store.connection, clock=FakeClock(1_800_000_000.0))  # 2027-01-15, 16:00 in Shanghai
    store = Store.over(connection)
    delivery = await costing(store, tenant="red")
    await complete(store, delivery)
    await enqueue(store, tenant="red", estimate=TEN)
    before = await connection.client.keys(connection.keys.prefix + "*")

    with pytest.raises(BudgetExceeded) as refused:
        await enqueue(store, tenant="red", estimate=TEN)

    assert refused.value.budget == {
        "scope": "tenant", "period": "month", "currency": "CNY", "limit": "0.000025", "settled": "0.00001",
        "committed": "0.00001", "remaining": "0.000005", "estimated": "0.00001", "renews_at": "2027-01-31T16:00:00Z",
    }  # fmt: skip
    assert sorted(await connection.client.keys(connection.keys.prefix + "*")) == sorted(before)


@pytest.mark.settings(budget_day="0.000015")
async def test_the_budget_of_the_account_is_for_all_tenants_together(store: Store) -> None:
    await enqueue(store, tenant="red", estimate=TEN)

    with pytest.raises(BudgetExceeded) as refused:
        await enqueue(store, tenant="blue", estimate=TEN)

    assert refused.value.budget["scope"] == "account"


async def test_the_next_day_has_a_budget_of_its_own(store: Store) -> None:
    await store.tenants.put(Tenant(name="", budget_day=10))
    clock = FakeClock()
    store = Store.over(replace(store.connection, clock=clock))
    await enqueue(store, estimate=TEN)

    await clock.advance(86_400)

    await enqueue(store, estimate=TEN)
    with pytest.raises(BudgetExceeded):
        await enqueue(store, estimate=TEN)


async def test_a_budget_that_is_used_up_forgets_no_idempotency_key(store: Store) -> None:
    await store.tenants.put(Tenant(name="", budget_day=10))
    request = new(estimate=TEN, idempotency_key="k", fingerprint="f")
    first = await store.tasks.enqueue(request)

    again = await store.tasks.enqueue(replace(request, id=new().id))

    assert (again.task.id, again.replayed) == (first.task.id, True)
    assert await counted(store) == (0, 10)


async def test_what_may_cost_more_than_its_client_wants_is_refused(store: Store) -> None:
    with pytest.raises(MaxCostExceeded, match=r"may cost 0\.00001 CNY; max_cost allows 0\.000009"):
        await enqueue(store, estimate=TEN, max_cost=9)

    await enqueue(store, estimate=TEN, max_cost=10)


async def test_without_a_price_a_task_is_refused_where_it_must_not_cost_too_much(store: Store) -> None:
    with pytest.raises(PriceUnknown, match="The price table has no price for it"):
        await enqueue(store, estimate=UNPRICED, max_cost=9)
    await store.tenants.put(Tenant(name="red", budget_day=10))
    with pytest.raises(PriceUnknown):
        await enqueue(store, estimate=UNPRICED, tenant="red")

    await enqueue(store, estimate=UNPRICED)


@pytest.mark.settings(unpriced="allow", budget_day="1")
async def test_or_it_is_made_uncounted_if_the_operator_allows_that(store: Store) -> None:
    await enqueue(store, estimate=UNPRICED, max_cost=9)

    assert await counted(store) == (0, 0)


async def test_what_has_no_price_leaves_no_trace_in_the_ledger(store: Store) -> None:
    await enqueue(store)
    (delivery,) = await claim(store)
    await complete(store, delivery)

    assert await store.connection.client.keys(store.connection.keys.spend_prefix + "*") == []


async def test_a_video_comes_to_what_the_vendor_counts_and_the_rest_of_the_promise_is_free(store: Store) -> None:
    delivery = await costing(store, tenant="red")

    await store.deliveries.settle(delivery, Event.SUCCEED, {}, cost=8, footage=Footage(millis=4000))

    today = store.connection.today
    for whose in ("red", WHOLE):
        assert [await counted(store, whose, period) for period in (today, today[:6])] == [(8, 0)] * 2
    (day,) = await store.ledger.month(today[:6])
    assert (day.tenant, day.tasks, day.released) == ("red", 1, 0)
    assert day.models == {"Hailuo-2.3": {"settled": 8, "videos": 1, "millis": 4000}}


async def test_what_costs_nothing_gives_its_promise_back(store: Store) -> None:
    delivery = await costing(store)

    await fail(store, delivery, cost=FREE)

    assert await counted(store) == (0, 0)
    (day,) = await store.ledger.month(store.connection.today[:6])
    assert day.released == 10


async def test_what_nobody_knows_to_be_free_is_spent(store: Store) -> None:
    await fail(store, await costing(store), error_code="submission_unknown", quarantine_seconds=9)

    assert await counted(store) == (10, 0)


async def test_a_queued_task_that_is_taken_back_or_is_too_late_is_free(store: Store) -> None:
    (task_id,) = await enqueue(store, estimate=TEN)
    await store.tasks.cancel(task_id)
    await store.tasks.cancel(task_id)
    now_ms = (await store.control.overview()).now_ms
    await enqueue(store, estimate=TEN, start_by_ms=now_ms + 60_000)
    await age(store, 61)
    await store.upkeep.expire()

    assert await counted(store) == (0, 0)


async def test_what_is_open_for_longer_than_the_ledger_is_kept_leaves_no_debt_behind(store: Store) -> None:
    (task_id,) = await enqueue(store, estimate=TEN)
    await age(store, 401 * 86_400)

    await store.tasks.cancel(task_id)

    assert await store.connection.client.keys(store.connection.keys.spend_prefix + "*") == []


async def test_of_an_attempt_of_which_nobody_knows_a_cancel_does_not_make_it_free(store: Store) -> None:
    delivery = await costing(store)
    await store.deliveries.begin_submission(delivery)
    await store.deliveries.begin_submission(delivery)  # the first one's outcome is unknown
    await put_back(store, delivery, unreachable=True)

    await store.tasks.cancel(delivery.task_id)

    assert await counted(store) == (10, 0)


async def test_each_attempt_that_is_charged_counts_and_the_next_one_stays_promised(store: Store) -> None:
    delivery = await costing(store)

    await put_back(store, delivery, next_attempt=True, charged=True)

    assert await counted(store) == (10, 10)
    (again,) = await claim(store)
    await store.deliveries.settle(again, Event.SUCCEED, {}, cost=6)
    assert await counted(store) == (16, 0)
    assert (await store.tasks.get(again.task_id)).task.cost_spent == 16


async def test_a_requeue_is_promised_anew_on_its_own_day_and_no_budget_refuses_it(store: Store) -> None:
    clock = FakeClock()
    store = Store.over(replace(store.connection, clock=clock))
    await store.tenants.put(Tenant(name="", budget_month=10))
    delivery = await costing(store)
    first_day = store.connection.today
    await fail(store, delivery)
    await clock.advance(86_400)

    assert await store.tasks.requeue(delivery.task_id)

    assert await counted(store, "", first_day) == (10, 0)
    assert await counted(store) == (0, 10)
    assert await counted(store, "", first_day[:6]) == (10, 10)


async def test_neither_an_erasure_nor_the_end_of_a_record_changes_the_ledger(store: Store) -> None:
    delivery = await costing(store)
    await complete(store, delivery)
    await store.tasks.erase(delivery.task_id)
    await age(store, store.connection.settings.result_ttl_seconds + 1)

    assert await counted(store) == (10, 0)


async def test_the_ledger_is_kept_for_four_hundred_days(store: Store) -> None:
    await complete(store, await costing(store))

    await age(store, 399 * 86_400)
    assert await counted(store) == (10, 0)
    await age(store, 2 * 86_400)
    assert await store.connection.client.keys(store.connection.keys.spend_prefix + "*") == []


async def test_a_settlement_that_comes_twice_counts_once(store: Store) -> None:
    delivery = await submitted(store, await costing(store))
    await complete(store, delivery)

    await store.connection.client.hset(  # as if the script had been cut before the task left its places
        store.connection.keys.task(delivery.task_id), mapping={"status": Status.PROCESSING}
    )
    await store.ledger.close(0)

    assert await counted(store) == (10, 0)
    await store.connection.client.hset(
        store.connection.keys.task(delivery.task_id), mapping={"status": Status.COMPLETED}
    )


async def test_what_a_release_without_a_ledger_has_ended_counts_as_spent_once_the_books_are_closed(
    store: Store,
) -> None:
    delivery = await costing(store)
    await complete(store, delivery)
    task = store.connection.keys.task(delivery.task_id)
    await store.connection.client.hset(task, "cost_committed", 10)  # it has left the promise
    for purse in (keys := store.connection.keys).purse("", today := store.connection.today), keys.purse("", today[:6]):
        await store.connection.client.hincrby(purse, "committed", 10)

    assert [await store.ledger.close(0) for _ in range(2)] == [1, 0]

    assert await counted(store) == (20, 0)


async def test_a_day_is_compared_once_and_by_one_worker(store: Store) -> None:
    assert [await store.ledger.take_turn("20261123") for _ in range(2)] == [True, False]
    await age(store, 601)
    assert await store.ledger.take_turn("20261123")

    await store.ledger.record("20261123", {"available": True})
    await age(store, 601)
    assert not await store.ledger.take_turn("20261123")
    assert await store.ledger.reconciled("202611") == {"20261123": {"available": True}}
