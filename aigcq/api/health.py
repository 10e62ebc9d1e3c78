"""Whether the service can do its job."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response

from aigcq import __version__
from aigcq.api.dependencies import KeyringDep, SettingsDep, StoreDep
from aigcq.config import Settings
from aigcq.errors import StoreUnavailable
from aigcq.schemas import Health, VendorHealth
from aigcq.store.control import Overview

router = APIRouter(tags=["operation"])

UNAVAILABLE: dict[int | str, dict[str, Any]] = {
    503: {"model": Health, "description": "The service cannot do its job; `detail` says why."}
}


@router.get("/health", responses=UNAVAILABLE)
async def health(response: Response, store: StoreDep, settings: SettingsDep, keyring: KeyringDep) -> Health:
    """Tell whether videos can flow: Redis, workers, the vendor, and whether the queue is paused."""
    try:
        auth: Literal["open", "required"] = "required" if await keyring.needed() else "open"
        answer = judge(await store.control.overview(), settings).model_copy(update={"auth": auth})
    except StoreUnavailable as error:
        answer = Health(status="unavailable", version=__version__, redis=False, detail=str(error))
    response.status_code = 503 if answer.status == "unavailable" else 200
    return answer


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Tell that this process answers, and nothing else: for a liveness probe."""
    return {"status": "ok", "version": __version__}


def judge(overview: Overview, settings: Settings) -> Health:
    """Return what an operator should know; the first trouble names the status.

    Of several accounts the service is as well as the best: where one works, tasks end in videos.
    """
    if not overview.accounts:
        return _judged(overview, settings)
    each = {name: _judged(one, settings) for name, one in overview.accounts.items()}
    worst_last = ("ok", "degraded", "paused", "unavailable")
    best = min((one.status for one in each.values()), key=worst_last.index)
    told = [f"{name}: {one.detail}" for name, one in each.items() if one.detail]
    status = "degraded" if best == "ok" and told else best
    told_of = {"status", "workers", "vendor", "detail"}
    accounts = [{"name": name} | one.model_dump(include=told_of) for name, one in each.items()]
    changes = {"status": status, "detail": " ".join(told) or None, "accounts": accounts}
    return Health.model_validate(_judged(overview, settings).model_dump() | changes)


def _judged(overview: Overview, settings: Settings) -> Health:
    silent_ms = round(settings.lease_seconds * 1000)
    workers = sum(overview.now_ms - beat <= silent_ms for beat in overview.workers.values())
    vendor = _vendor(overview)
    status, detail = "ok", None
    if not workers:
        status, detail = "unavailable", "No worker is alive: start one with `python worker.py`; tasks wait until then."
    elif overview.paused_by == "vendor":
        status, detail = "unavailable", f"The vendor account does not work, so the queue is paused: {overview.paused}"
    elif overview.paused:
        status, detail = "paused", f"An operator has paused the queue: {overview.paused}"
    elif troubles := [*_vendor_trouble(vendor), *_overdue(overview, settings)]:
        status, detail = "degraded", " ".join(troubles)
    return Health.model_validate(
        {
            "status": status,
            "version": __version__,
            "redis": True,
            "workers": workers,
            "vendor": vendor,
            "paused": bool(overview.paused),
            "pause_reason": overview.paused or None,
            "detail": detail,
        }
    )


def _vendor_trouble(vendor: VendorHealth) -> list[str]:
    return [f"The vendor did not answer last time: {vendor.error}"] if vendor.reachable is False else []


def _overdue(overview: Overview, settings: Settings) -> list[str]:
    """Return the sentence about tasks that the vendor will soon have forgotten, if there are any."""
    if not overview.overdue:
        return []
    hours = [settings.horizon_alarm_seconds / 3600, settings.horizon_seconds / 3600]
    return [
        f"Sent more than {hours[0]:g} hours ago and not ended: {overview.overdue} (the workers' log names each as "
        f"`overdue`). Look for them in the vendor's console; at {hours[1]:g} hours they are given up."
    ]


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
