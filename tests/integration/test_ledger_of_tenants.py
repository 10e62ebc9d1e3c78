"""What a tenant does by itself costs no more than its budget has left."""

from __future__ import annotations

import pytest

from aigcq.caller import Caller, Scope
from aigcq.errors import BudgetExceeded
from aigcq.model import Status
from aigcq.store import Store
from aigcq.tenant import Tenant
from tests.integration.steps import fail, submitted
from tests.integration.test_ledger import costing, counted

pytestmark = pytest.mark.asyncio


async def test_a_tenant_requeues_for_no_more_than_its_budget(store: Store) -> None:
    delivery = await costing(store, tenant="red")
    await fail(store, await submitted(store, delivery))
    await store.tenants.put(Tenant(name="red", budget_day=19))
    red = store.seen_by(Caller(tenant="red", scopes=frozenset({Scope.CREATE})))

    with pytest.raises(BudgetExceeded):
        await red.tasks.requeue(delivery.task_id)
    assert (await store.tasks.get(delivery.task_id)).task.status is Status.FAILED
    assert await counted(store, "red") == (10, 0)

    await store.tenants.put(Tenant(name="red", budget_day=20))
    assert await red.tasks.requeue(delivery.task_id)
    assert await counted(store, "red") == (10, 10)
