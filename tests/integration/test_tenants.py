"""What a tenant may take is kept as it was put down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigcq.store import Store
from aigcq.tenant import Tenant

COUNT = st.integers(0, 10**12)


@pytest.mark.asyncio
async def test_who_was_never_put_down_has_the_defaults(store: Store) -> None:
    assert await store.tenants.get("red") == Tenant(name="red")
    assert await store.tenants.all() == []


@pytest.mark.asyncio
async def test_what_was_put_down_last_counts(store: Store) -> None:
    await store.tenants.put(Tenant(name="red", weight=2.5, max_live=3))
    await store.tenants.put(Tenant(name="", backlog_limit=10))
    await store.tenants.put(Tenant(name="red", weight=0.5))
    assert await store.tenants.all() == [Tenant(name="", backlog_limit=10), Tenant(name="red", weight=0.5)]


@pytest.mark.asyncio
async def test_who_was_removed_has_the_defaults_again(store: Store) -> None:
    await store.tenants.put(Tenant(name="red", weight=2.5))
    assert await store.tenants.remove("red")
    assert not await store.tenants.remove("red")
    assert await store.tenants.get("red") == Tenant(name="red")


@given(weight=st.floats(0.01, 1000), max_live=COUNT, budget=COUNT)
def test_a_tenant_is_read_as_it_was_written(weight: float, max_live: int, budget: int) -> None:
    tenant = Tenant(name="red", weight=weight, max_live=max_live, budget_day=budget)
    assert Tenant.from_hash("red", {name: str(value) for name, value in tenant.to_hash().items()}) == tenant
