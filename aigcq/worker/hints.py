"""The vendor's events of what has ended: hints, for whoever drives it. What is polled stays the truth.

The vendor gives each event to one worker only, which passes on what others drive through our own events.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from aigcq import telemetry
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import VendorError
from aigcq.store import Store
from aigcq.vendors.base import Vendor
from aigcq.worker.budget import Budget
from aigcq.worker.held import Held

log = telemetry.logger()

AWAY_SECONDS: Final = 60.0
"""After the vendor refused events it is not asked for any for so long: they may be sent elsewhere."""


@dataclass(slots=True)
class Hints:
    """Takes the events, and rings the bells of what has ended."""

    store: Store
    vendor: Vendor
    settings: Settings
    clock: Clock
    budget: Budget
    held: Mapping[str, Held]
    _away_until: float = float("-inf")

    async def pull(self) -> None:
        """Take events until there are none; without deliveries of its own a worker leaves them to others."""
        while self._are_wanted() and (ends := await self._take()):
            if others := ends - self.show(ends):
                await self.store.control.hint(others)

    def show(self, vendor_task_ids: Collection[str]) -> set[str]:
        """Let those of them that are driven here be looked at at once; return them."""
        mine = {held.vendor_task_id: held for held in self.held.values() if held.vendor_task_id}
        shown = mine.keys() & vendor_task_ids
        for vendor_task_id in shown:
            mine[vendor_task_id].bell.set()
        return shown

    def _are_wanted(self) -> bool:
        return self.settings.vendor_events and bool(self.held) and self.clock.monotonic() >= self._away_until

    async def _take(self) -> set[str]:
        await self.budget()
        try:
            return set(await self.vendor.pull_ends())
        except VendorError as error:
            log.warning("events failed", vendor_code=error.vendor_code, why=str(error), for_seconds=AWAY_SECONDS)
            self._away_until = self.clock.monotonic() + AWAY_SECONDS
            return set()
