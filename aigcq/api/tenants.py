"""What each tenant may take: `/aigc/tenants`, for administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from aigcq.api.audit import ActingStore
from aigcq.api.dependencies import StoreDep
from aigcq.api.problems import described
from aigcq.api.strict import StrictJson
from aigcq.errors import TenantNotFound
from aigcq.schemas.access import MILLIONTHS, TenantInfo, TenantList, TenantName, TenantSettings
from aigcq.tenant import Tenant, inward, outward

router = APIRouter(prefix="/aigc/tenants", tags=["tenants"], route_class=StrictJson)
Name = Annotated[TenantName, Path(description="The tenant; `default` is the one to whom what nobody named belongs.")]
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {**described(422)[422], "description": "The tenant has no settings of its own."}
}


def info_of(tenant: Tenant) -> TenantInfo:
    """Return a tenant as people read it."""
    return TenantInfo(
        name=outward(tenant.name),
        weight=tenant.weight,
        max_live=tenant.max_live,
        backlog_limit=tenant.backlog_limit,
        requests_per_minute=tenant.requests_per_minute,
        budget_day=tenant.budget_day / MILLIONTHS,
        budget_month=tenant.budget_month / MILLIONTHS,
    )


def millionths(amount: float) -> int:
    """Return an amount as it is kept."""
    return round(amount * MILLIONTHS)


@router.get("", responses=described(503))
async def list_tenants(store: StoreDep) -> TenantList:
    """List the tenants that have settings of their own."""
    return TenantList(tenants=[info_of(each) for each in await store.tenants.all()])


@router.get("/{name}", responses=described(422, 503))
async def get_tenant(name: Name, store: StoreDep) -> TenantInfo:
    """Tell what a tenant may take."""
    return info_of(await store.tenants.get(inward(name)))


@router.put("/{name}", responses=described(400, 408, 413, 422, 503))
async def put_tenant(name: Name, body: TenantSettings, store: ActingStore) -> TenantInfo:
    """Say what a tenant may take, in place of all that was said before."""
    tenant = Tenant(
        name=inward(name),
        weight=body.weight,
        max_live=body.max_live,
        backlog_limit=body.backlog_limit,
        requests_per_minute=body.requests_per_minute,
        budget_day=millionths(body.budget_day),
        budget_month=millionths(body.budget_month),
    )
    await store.tenants.put(tenant)
    return info_of(tenant)


@router.delete("/{name}", status_code=204, responses=UNKNOWN | described(413, 422, 503))
async def remove_tenant(name: Name, store: ActingStore) -> None:
    """Let a tenant have the defaults again. Its keys and tasks stay."""
    if not await store.tenants.remove(inward(name)):
        raise TenantNotFound(name)
