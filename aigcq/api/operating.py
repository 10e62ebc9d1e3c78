"""What an operator does over HTTP: pause and resume, and let single workers end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path

from aigcq.api.dependencies import SettingsDep
from aigcq.api.one_account import AccountStore, told_of
from aigcq.api.problems import described
from aigcq.api.strict import StrictJson
from aigcq.config import Settings
from aigcq.schemas.operating import Draining, Held, Pause, PauseState, WorkerInfo, WorkerList
from aigcq.store.workers import Holding, StaffMember

router = APIRouter(prefix="/aigc", tags=["operators"], route_class=StrictJson)

Consumer = Annotated[str, Path(description="The worker's name, as `GET /aigc/workers` tells it.", max_length=200)]
NO_WORKER: dict[int | str, dict[str, Any]] = {404: {**described(422)[422], "description": "There is no such worker."}}


@router.post("/queue/pause", responses=described(400, 408, 413, 422, 503))
async def pause(body: Pause, store: AccountStore) -> PauseState:
    """Let no more tasks start; what runs goes on. To drain the queue, pause it and wait until nothing is live."""
    changed = await store.control.pause(body.reason, moves=body.move)
    return PauseState(paused=True, pause_reason=body.reason, changed=changed, accounts=list(told_of(store)))


@router.post("/queue/resume", responses=described(413, 422, 503))
async def resume(store: AccountStore) -> PauseState:
    """Let tasks start again, whoever has paused."""
    changed = await store.control.resume()
    return PauseState(paused=False, changed=changed, accounts=list(told_of(store)))


@router.get("/workers", responses=described(422, 503))
async def workers(store: AccountStore, settings: SettingsDep) -> WorkerList:
    """List the workers, and what each holds."""
    staff = await store.workers.staff()
    return WorkerList(
        workers=[_info(each, staff.now_ms, settings) for each in staff.members],
        unread=staff.unread,
    )


@router.post("/workers/{consumer}/drain", responses=NO_WORKER | described(413, 422, 503))
async def drain(consumer: Consumer, store: AccountStore) -> Draining:
    """Let a worker take no more and end, as on SIGTERM: what it holds ends, or another worker goes on with it.

    Its process ends with code 0, for all accounts that it works for."""
    return Draining(consumer=consumer, draining=True, changed=await store.workers.drain(consumer))


def _info(member: StaffMember, now_ms: int, settings: Settings) -> WorkerInfo:
    ago_ms = now_ms - member.beat_ms if member.beat_ms else None
    return WorkerInfo(
        consumer=member.consumer,
        alive=ago_ms is not None and ago_ms <= settings.lease_seconds * 1000,
        last_beat_at=_moment(member.beat_ms),
        seconds_ago=None if ago_ms is None else round(max(0, ago_ms) / 1000, 1),
        account=member.account or None,
        draining=member.draining,
        holds=[_held(each) for each in member.holds],
    )


def _held(holding: Holding) -> Held:
    return Held(
        task_id=holding.task_id,
        phase=holding.phase,
        vendor_task_id=holding.vendor_task_id or None,
        since=_moment(holding.since_ms),
    )


def _moment(ms: int) -> datetime | None:
    return datetime.fromtimestamp(ms / 1000, UTC) if ms else None
