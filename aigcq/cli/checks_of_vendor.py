"""What `aigcq doctor` looks at of the vendor: nothing of it costs anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aigcq.cli.checks import Check, fail, ok, warn
from aigcq.cli.checks_of_redis import NTP
from aigcq.cli.serve import vendor_of
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.errors import VendorAccount, VendorError
from aigcq.vendors.vod_clock import vendor_time

ENOUGH_SECONDS: Final = 10.0
WINDOW_SECONDS: Final = 300.0
"""The vendor refuses signatures that are dated further off."""
LATE_SECONDS: Final = 30.0


async def of_credentials(settings: Settings, name: str) -> Iterable[Check]:
    """Return whether the account answers a free call."""
    if not settings.has_credentials:
        return [
            fail(
                name,
                "There are no credentials.",
                "Set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY; without an account run scripts/demo.",
            )
        ]
    quick = settings.model_copy(update={"vendor_timeout_seconds": min(10.0, settings.vendor_timeout_seconds)})
    async with vendor_of(quick, SystemClock()) as vendor:
        try:
            await vendor.probe()
        except VendorAccount as error:
            return [fail(name, f"The vendor refuses the account: {_said(error)}", error.advice)]
        except VendorError as error:
            return [fail(name, f"The vendor does not answer: {_said(error)}", error.advice)]
    where = "the simulator; nothing is charged" if settings.vendor_is_simulated else settings.tencentcloud_endpoint
    return [ok(name, f"SubAppId {settings.vod_subapp_id} works, at {where}.")]


def _said(error: VendorError) -> str:
    return f"{error.vendor_code}: {error}" if error.vendor_code else str(error)


async def of_clock(settings: Settings, clock: SystemClock, name: str) -> Iterable[Check]:
    """Return how far this host's clock is from the vendor's."""
    before = clock.now()
    try:
        there = await vendor_time(settings.tencentcloud_endpoint, min(10.0, settings.vendor_timeout_seconds))
    except VendorError as error:
        return [fail(name, str(error), "See whether this host reaches TENCENTCLOUD_ENDPOINT: DNS, firewall, proxy.")]
    if there is None:
        return [warn(name, "The vendor does not date its answers.", "See that TENCENTCLOUD_ENDPOINT is the vendor's.")]
    skew = (before + clock.now()) / 2 - there
    said = f"This host's clock is {abs(skew):.0f} seconds {'ahead of' if skew > 0 else 'behind'} the vendor's."
    if abs(skew) >= WINDOW_SECONDS - LATE_SECONDS:
        return [fail(name, said, f"{NTP} Signatures that are 300 seconds off are refused.")]
    return [warn(name, said, NTP) if abs(skew) > ENOUGH_SECONDS else ok(name, said)]
