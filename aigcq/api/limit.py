"""Bounds of the threshold, set while everything runs: `/aigc/queue/limit`."""

from __future__ import annotations

from fastapi import APIRouter

from aigcq.api.one_account import AccountStore
from aigcq.api.problems import described
from aigcq.api.strict import StrictJson
from aigcq.errors import InvalidRequest
from aigcq.limit import Law
from aigcq.limit.law import Bounds
from aigcq.schemas.operating import LimitBounds, QueueLimit, SetBounds
from aigcq.store import Store
from aigcq.store.control import Overview

router = APIRouter(prefix="/aigc/queue/limit", tags=["operators"], route_class=StrictJson)


@router.get("", responses=described(422, 503))
async def get_limit(store: AccountStore) -> QueueLimit:
    """Tell how many videos may run at once, between what that stays, and who says so."""
    return await _shown(store)


@router.put("", responses=described(400, 408, 413, 422, 503))
async def put_limit(body: LimitBounds, store: AccountStore) -> QueueLimit:
    """Set bounds in place of those that were set before. They hold at once, over the settings of every worker."""
    if len(store.names) > 1:
        raise InvalidRequest("account", "Say of which account: each has a limit of its own.", list(store.names))
    if body.minimum is None and body.maximum is None:
        raise InvalidRequest("maximum", "Give minimum, maximum or both; DELETE lets the settings decide again.")
    await store.limits.bound(Bounds(body.minimum, body.maximum))
    return await _shown(store)


@router.delete("", responses=described(413, 422, 503))
async def delete_limit(store: AccountStore) -> QueueLimit:
    """Let the settings decide again."""
    for name in store.names:
        await store.named(name).limits.bound(Bounds())
    return await _shown(store)


async def _shown(store: Store) -> QueueLimit:
    overview = await store.control.overview()
    if not overview.accounts:
        return _of(store, overview, None)
    each = [_of(store.named(name), one, name) for name, one in overview.accounts.items()]
    return QueueLimit(
        minimum=overview.minimum, maximum=overview.maximum, threshold=overview.threshold, live=overview.live,
        operator=SetBounds(), accounts=each, settings=SetBounds(
            minimum=sum(one.settings.minimum or 0 for one in each),
            maximum=sum(one.settings.maximum or 0 for one in each),
        ),
    )  # fmt: skip


def _of(store: Store, overview: Overview, account: str | None) -> QueueLimit:
    law, told = Law.of(store.connection.settings), overview.bounds
    return QueueLimit(
        account=account,
        minimum=overview.minimum,
        maximum=overview.maximum,
        threshold=overview.threshold,
        live=overview.live,
        operator=SetBounds(minimum=told.minimum, maximum=told.maximum),
        settings=SetBounds(minimum=law.minimum, maximum=law.maximum),
    )
