"""API keys: `/aigc/keys`, for administrators. The first one is made by `aigcq keys create`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Path, Response

from aigcq.api.audit import ActingStore
from aigcq.api.dependencies import CallerDep, ClockDep, StoreDep
from aigcq.api.problems import described
from aigcq.api.strict import StrictJson
from aigcq.api_key import ApiKey, Shown
from aigcq.caller import Scope
from aigcq.clock import Clock
from aigcq.errors import FirstKey
from aigcq.schemas.access import KeyInfo, KeyList, KeyMade, NewKey, Rotation
from aigcq.tenant import inward, outward


def _who_has_one(caller: CallerDep) -> None:
    """Refuse who needs no key, as nobody does: whoever came first would be the one who has them all."""
    if not caller.key_id:
        raise FirstKey


router = APIRouter(prefix="/aigc/keys", tags=["keys"], route_class=StrictJson, dependencies=[Depends(_who_has_one)])
KeyId = Annotated[str, Path(max_length=100, description="The key's id: what stands behind `aigcq_`.")]
FORBIDDEN: dict[int | str, dict[str, Any]] = {
    403: {**described(422)[422], "description": "The key has not the scope `admin`, or there is none."}
}
NO_KEY: dict[int | str, dict[str, Any]] = {404: {**described(422)[422], "description": "There is no such key."}}


def info_of(key: ApiKey, now_ms: float) -> dict[str, Any]:
    """Return what may be shown of a key."""
    return {
        "id": key.id,
        "tenant": outward(key.tenant),
        "name": key.name,
        "scopes": [each.value for each in sorted(key.scopes)],
        "state": _state(key, now_ms),
        "created_at": _moment(key.created_ms),
        "expires_at": _moment(key.expires_ms),
        "revoked_at": _moment(key.revoked_ms),
        "last_used_at": _moment(key.last_used_ms),
    }


def _state(key: ApiKey, now_ms: float) -> Literal["active", "expired", "revoked"]:
    if key.revoked_ms:
        return "revoked"
    return "expired" if key.over(now_ms) else "active"


def _moment(ms: int) -> datetime | None:
    return datetime.fromtimestamp(ms / 1000, UTC) if ms else None


def _made(key: ApiKey, shown: Shown, response: Response, clock: Clock) -> KeyMade:
    response.headers["Cache-Control"] = "no-store"
    return KeyMade(**info_of(key, clock.now() * 1000), key=shown.text)


@router.post("", status_code=201, responses=FORBIDDEN | described(400, 408, 413, 422, 503))
async def create_key(body: NewKey, response: Response, store: ActingStore, clock: ClockDep) -> KeyMade:
    """Make a key. It is shown this once."""
    shown = Shown.new()
    key = await store.credentials.add(
        shown,
        tenant=inward(body.tenant),
        name=body.name,
        scopes={Scope(word) for word in body.scopes},
        life_seconds=body.expires_in_seconds or 0,
    )
    return _made(key, shown, response, clock)


@router.get("", responses=FORBIDDEN | described(503))
async def list_keys(store: StoreDep, clock: ClockDep) -> KeyList:
    """List all keys, with when each was used last."""
    now_ms = clock.now() * 1000
    return KeyList(keys=[KeyInfo(**info_of(key, now_ms)) for key in await store.credentials.all()])


@router.post("/{key_id}/rotate", status_code=201, responses=FORBIDDEN | NO_KEY | described(400, 408, 413, 422, 503))
async def rotate_key(
    key_id: KeyId,
    response: Response,
    store: ActingStore,
    clock: ClockDep,
    body: Annotated[Rotation, Body()] = Rotation(),  # noqa: B008  # FastAPI's way
) -> KeyMade:
    """Make a key that is as this one, which goes on for `overlap_seconds`."""
    shown = Shown.new()
    key = await store.credentials.rotate(key_id, shown, body.overlap_seconds)
    return _made(key, shown, response, clock)


@router.delete("/{key_id}", status_code=204, responses=FORBIDDEN | NO_KEY | described(413, 422, 503))
async def revoke_key(key_id: KeyId, store: ActingStore) -> None:
    """Let a key be good for nothing, within a second. It stays in the list."""
    await store.credentials.revoke(key_id)
