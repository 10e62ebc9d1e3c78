"""Who did what: `GET /aigc/audit`; and who acts in a request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request

from aigcq.api.dependencies import StoreDep
from aigcq.api.gate import caller_of
from aigcq.api.problems import described
from aigcq.audit import KEY, OPEN, Actor, Deed
from aigcq.schemas.audit import AuditEntry, AuditPage
from aigcq.schemas.moment import Moment
from aigcq.store import Store
from aigcq.store.audit import ID
from aigcq.tenant import outward

router = APIRouter(prefix="/aigc", tags=["operators"])

CURSOR: Final = f"^({ID})?$"


def actor_of(request: Request) -> Actor:
    """Return who makes a request; the address is the peer's, or what a proxy that uvicorn trusts says."""
    address = request.client.host if request.client else ""
    caller = caller_of(request.scope)
    if not caller.key_id:
        return Actor(who=OPEN, address=address)
    name = request.app.state.keyring.name_of(caller.key_id)
    return Actor(who=KEY, name=name, key=caller.key_id, tenant=caller.tenant, address=address)


def _acting(request: Request, store: StoreDep) -> Store:
    return store.acting(actor_of(request))


ActingStore = Annotated[Store, Depends(_acting)]
"""The process's store, for what is written down."""


@router.get("/audit", responses=described(422, 503))
async def audit(
    store: StoreDep,
    cursor: Annotated[str, Query(description="The `next_cursor` of the page before.", pattern=CURSOR)] = "",
    since: Annotated[Moment | None, Query(description="ISO 8601 with a zone, or seconds since 1970.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> AuditPage:
    """List who did what to the queue, the newest first. Neither secrets nor prompts are in it."""
    since_ms = round(since.timestamp() * 1000) if since else 0
    deeds = await store.audit.last(limit, before=cursor, since_ms=since_ms)
    return AuditPage(
        entries=[entry_of(deed) for deed in deeds], next_cursor=deeds[-1].id if len(deeds) == limit else None
    )


def entry_of(deed: Deed) -> AuditEntry:
    """Return a deed as people read it."""
    actor = deed.actor
    return AuditEntry(
        id=deed.id,
        at=datetime.fromtimestamp(deed.at_ms / 1000, UTC),
        who=actor.who,
        name=actor.name,
        key=actor.key,
        tenant=outward(actor.tenant),
        address=actor.address,
        did=deed.did,
        on=deed.on,
        detail=deed.detail,
        result=deed.result,
    )
