"""Once a day, what was made by our own books is compared with what the vendor has counted.

The vendor counts for everybody who uses the account, and when a video counts is not documented: a difference
is told, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aigcq import telemetry
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import VendorError, VendorRejected
from aigcq.spending import day_before, day_of, next_day, start_of
from aigcq.store import Store
from aigcq.vendors.base import Vendor
from aigcq.worker.bill import reconciles

log = telemetry.logger()

LOOK_SECONDS: Final = 900.0
FIRST_HOUR: Final = 6
"""Of the day after: the vendor's count of the day before may come late."""
BACK_MS: Final = 2 * 86_400_000


@dataclass(slots=True)
class Audit:
    """Compares yesterday, if nobody has done it yet."""

    store: Store
    vendor: Vendor
    settings: Settings
    clock: Clock
    _wanted: bool = field(init=False)
    _done: str = ""
    _told: bool = False
    """That the vendor does not tell it."""

    def __post_init__(self) -> None:
        self._wanted = reconciles(self.settings)

    async def look(self) -> None:
        """Compare yesterday, if it is time and this worker's turn."""
        now, zone = self.clock.now(), self.settings.budget_timezone
        day = day_before(day_of(now, zone))
        early = datetime.fromtimestamp(now, ZoneInfo(zone)).hour < FIRST_HOUR
        if not self._wanted or early or day == self._done or not await self.store.ledger.take_turn(day):
            return
        if closed := await self.store.ledger.close(round(now * 1000) - BACK_MS):
            log.warning("books closed", tasks=closed, why="they were ended by a release without a ledger")
        await self.compare(day)

    async def compare(self, day: str) -> Mapping[str, Any] | None:
        """Return how our count of a day and the vendor's compare, and put it down; None if the vendor is away."""
        zone = self.settings.budget_timezone
        try:
            usage = await self.vendor.usage(start=start_of(day, zone), end=start_of(next_day(day), zone))
        except VendorRejected as error:
            if not self._told:
                log.warning("no reconciliation", vendor_code=error.vendor_code, why=str(error))
            self._told, self._done = True, day
            found: dict[str, Any] = {"available": False, "why": error.vendor_code or error.code}
            await self.store.ledger.record(day, found)
            return found
        except VendorError as error:
            log.warning("reconciliation failed", vendor_code=error.vendor_code, why=str(error))
            return None
        ours = await self.store.ledger.made(day)
        seconds = ours.millis / 1000
        found = {
            "available": True,
            "videos": ours.count,
            "seconds": seconds,
            "vendor_videos": usage.count,
            "vendor_seconds": usage.seconds,
        }
        differs = (usage.count, usage.seconds) != (ours.count, seconds)
        alarm = (
            f"on {day} the vendor counts {usage.count} videos of {usage.seconds} s, "
            f"our books have {ours.count} of {seconds:g} s"
        )
        if differs:
            log.warning("reconciliation differs", day=day, why=alarm)
        await self.store.ledger.record(day, found, alarm if differs else "")
        self._done = day
        return found
