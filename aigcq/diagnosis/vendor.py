"""What can be wrong with the vendor, and with how many videos it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aigcq.config import Settings
from aigcq.diagnosis.finding import Code, Finding, error, warning
from aigcq.store.control import Overview

LONG_MS: Final = 60_000
"""A vendor that has not answered for so long is not only slow."""
RECENT_MS: Final = 600_000
REFUSALS: Final = 3
"""So many refusals of normal permits in a row are neither how a limit is found (two) nor a slot that is free late."""
IN_A_ROW: Final = 5
"""So many refused submissions of one worker, none accepted between, whatever they were refused for."""
UNKNOWN: Final = 3
"""So many submissions without an answer stop the claims."""


def of_vendor(seen: Overview, settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the vendor as workers saw it last."""
    if seen.paused and seen.paused_by == "vendor":
        yield error(
            Code.VENDOR_AUTH,
            f"The vendor account does not work, so the queue is paused: {seen.paused}".rstrip("."),
            "Look at the account in the vendor's console; correct TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and "
            "VOD_SUBAPP_ID, and start the workers anew. A free call finds out by itself when it works again.",
            stops=True,
        )
    elif (silence := _silence(seen.vendor)) is not None:
        make = error if silence >= LONG_MS else warning
        yield make(
            Code.VENDOR_UNREACHABLE,
            f"The vendor did not answer last time: {_said(seen.vendor)}".rstrip("."),
            "See whether this host reaches TENCENTCLOUD_ENDPOINT, and the vendor's status page. "
            "Tasks wait, and go on by themselves.",
        )
    elif seen.unknown_in_a_row >= UNKNOWN:
        yield warning(
            Code.SUBMISSIONS_UNANSWERED,
            f"The last {seen.unknown_in_a_row} submissions had no answer, so that little is submitted: "
            "whether the vendor made them is looked up, and nothing is paid twice.",
            "See whether the vendor has an incident; it goes on by itself once one is answered.",
        )
    yield from _throttled(seen, settings)


def _silence(vendor: Mapping[str, str]) -> int | None:
    """Return for how long it had not answered when it last failed, ms; None: it answers."""
    ok_ms, error_ms = int(vendor.get("ok_ms", 0)), int(vendor.get("error_ms", 0))
    return error_ms - ok_ms if error_ms > ok_ms else None


def _said(vendor: Mapping[str, str]) -> str:
    code, text = vendor.get("error_code", ""), vendor.get("error", "")
    return f"{code}: {text}" if text else code


def _throttled(seen: Overview, settings: Settings) -> Iterator[Finding]:
    if not refused_for_long(seen, settings):
        return
    action = (
        "See what else uses this account, and its quota of concurrent tasks in the vendor's console; "
        "`aigcq limit` shows every change. Tasks keep their places, and run as soon as the vendor takes them."
    )
    if seen.threshold <= seen.minimum:
        yield warning(
            Code.THRESHOLD_AT_FLOOR,
            f"The vendor refuses videos (RequestLimitExceeded) although no more than {seen.threshold} may run at once, "
            "the least that is allowed.",
            action,
        )
    else:
        yield warning(
            Code.THROTTLED,
            f"The vendor refuses videos (RequestLimitExceeded) with {seen.live} live, though it took up to "
            f"{seen.threshold} at once before.",
            action,
        )


def refused_for_long(seen: Overview, settings: Settings) -> bool:
    """Return whether the vendor refuses even what it took before; a refused probe is no news."""
    if not seen.queued + seen.waiting + seen.processing:
        return False
    state = {name: int(value) for name, value in seen.state.items() if value.lstrip("-").isdigit()}
    in_a_row, last_ms = int(seen.vendor.get("refused_in_a_row", 0)), int(seen.vendor.get("refused_ms", 0))
    if in_a_row >= IN_A_ROW and seen.now_ms - last_ms < LONG_MS:
        return True
    if settings.limit_policy == "step":
        refused_ms = state.get("hold_until_ms", 0) - round(settings.hold_seconds * 1000)
        interval_ms = round(settings.recovery_interval * 1000)
        low = seen.threshold <= seen.minimum and seen.live < seen.threshold
        return low and 0 <= seen.now_ms - refused_ms < interval_ms
    if state.get("refusals", 0) >= REFUSALS:
        return seen.now_ms - state.get("hold_until_ms", 0) < RECENT_MS
    late_ms = state.get("late_ms", 0)
    unended = late_ms > max(state.get("ended_ms", 0), state.get("accepted_ms", 0))
    return unended and seen.now_ms - late_ms < RECENT_MS and seen.live < seen.threshold
