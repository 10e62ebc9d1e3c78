"""Whether the service can do its job, and what is wrong if it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from fastapi import APIRouter, Request, Response

from aigcq import __version__
from aigcq.api.dependencies import ClockDep, KeyringDep, SettingsDep, StoreDep
from aigcq.api.keyring import Keyring
from aigcq.config import Settings
from aigcq.diagnosis import Finding, Seen, Status, alive, findings, look, status_of
from aigcq.errors import StoreUnavailable
from aigcq.schemas import Health, HealthFinding, VendorHealth
from aigcq.store.control import Overview

router = APIRouter(tags=["operation"])

UNAVAILABLE: dict[int | str, dict[str, Any]] = {
    503: {"model": Health, "description": "The service cannot do its job; `detail` says why."}
}
_WORST_LAST: Final[tuple[Status, ...]] = ("ok", "degraded", "paused", "unavailable")


@router.get("/health", responses=UNAVAILABLE)
async def health(
    request: Request, response: Response, store: StoreDep, settings: SettingsDep, clock: ClockDep, keyring: KeyringDep
) -> Health:
    """Tell whether videos can flow: Redis, workers, the vendor, the storage, and whether the queue is paused."""
    seen = await look(store, clock, request.app.state.storage)
    answer = judge(seen, settings).model_copy(update={"auth": None if seen.away else await _auth(keyring)})
    response.status_code = 503 if answer.status == "unavailable" else 200
    return answer


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Tell that this process answers, and nothing else: for a liveness probe."""
    return {"status": "ok", "version": __version__}


async def _auth(keyring: Keyring) -> Literal["open", "required"] | None:
    try:
        return "required" if await keyring.needed() else "open"
    except StoreUnavailable:
        return None


def judge(seen: Seen, settings: Settings) -> Health:
    """Return what an operator should know; the first finding names the status.

    Of several accounts the service is as well as the best: where one works, tasks end in videos.
    """
    found = findings(seen, settings)
    answer = {
        "status": status_of(found),
        "version": __version__,
        "redis": not seen.away,
        "detail": told(found),
        "findings": [_shown(each) for each in found],
    }
    if seen.overview:
        answer |= _of_overview(seen.overview, found, settings)
    return Health.model_validate(answer)


def told(found: Sequence[Finding]) -> str | None:
    """Return in sentences what is wrong: of what is only worse than it should be all, else what stops it."""
    worst = [each for each in found if each.status == found[0].status]
    said = worst if worst and worst[0].status == "degraded" else worst[:1]
    return " ".join(f"{each.detail.rstrip('.')}. {each.action}" for each in said) or None


def _of_overview(overview: Overview, found: Sequence[Finding], settings: Settings) -> dict[str, Any]:
    answer = {
        "workers": len(alive(overview, settings)),
        "vendor": _vendor(overview),
        "paused": bool(overview.paused),
        "pause_reason": overview.paused or None,
    }
    if not overview.accounts:
        return answer
    accounts = [_account(name, one, found, settings) for name, one in overview.accounts.items()]
    shared: Status = status_of([each for each in found if not each.account])
    best: Status = min((each["status"] for each in accounts), key=_WORST_LAST.index)
    status = max(shared, "degraded" if best == "ok" and found else best, key=_WORST_LAST.index)
    return answer | {"status": status, "accounts": accounts, "detail": _told_of_all(found)}


def _told_of_all(found: Sequence[Finding]) -> str | None:
    """Return what is wrong everywhere, or else the worst of each account."""
    if found and not found[0].account:
        return told(found)
    names = dict.fromkeys(each.account for each in found)
    return " ".join(filter(None, (told([each for each in found if each.account == name]) for name in names))) or None


def _account(name: str, overview: Overview, found: Sequence[Finding], settings: Settings) -> dict[str, Any]:
    own = [each for each in found if each.account == name]
    detail = (told(own) or "").removeprefix(f"{name}: ") or None
    workers = len(alive(overview, settings))
    return {"name": name, "status": status_of(own), "workers": workers, "vendor": _vendor(overview), "detail": detail}


def _shown(found: Finding) -> HealthFinding:
    return HealthFinding(
        code=found.code, severity=found.severity.value, detail=found.detail, action=found.action, docs=found.docs
    )


def _vendor(overview: Overview) -> VendorHealth:
    seen = overview.vendor
    ok_ms, error_ms = int(seen.get("ok_ms", 0)), int(seen.get("error_ms", 0))
    failing = error_ms > ok_ms
    return VendorHealth(
        reachable=not failing if ok_ms or error_ms else None,
        seconds_ago=round((overview.now_ms - max(ok_ms, error_ms)) / 1000, 1) if ok_ms or error_ms else None,
        error=f"{seen.get('error_code', '')}: {seen.get('error', '')}" if failing else None,
        simulated=seen["simulated"] == "1" if "simulated" in seen else None,
    )
