"""The vendor's list of what has finished: many ends for one call, where single looks would see them late.

It is a hint: what it shows is looked at by itself, and so is, now and then, what it does not show. Whether
the vendor lists videos there at all, and how soon, is not documented: as soon as something that has
finished does not show up, single looks have to do for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aigcq import telemetry
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import VendorError
from aigcq.vendors.base import Job, JobStatus, Vendor
from aigcq.worker.budget import Budget
from aigcq.worker.held import Held
from aigcq.worker.rhythm import Rhythm

log = telemetry.logger()

ON, OFF = 1.25, 0.8
"""It is read from where the looks that pay are so many times this worker's share, and until they are so many."""
BACK_SECONDS: Final = 300.0
"""How far the first reading goes back: what ended so long ago may not have been seen yet."""
OVERLAP_SECONDS: Final = 10.0
"""How far each reading goes back: what ended together may be listed apart."""
LAG_SECONDS: Final = 30.0
"""What has finished must show up within so long."""
DISTRUST_SECONDS: Final = 300.0
"""How long a list that lacked something is not read."""
MOST_PAGES: Final = 50
"""Of one reading; the next one goes on where it ended."""


@dataclass(slots=True)
class Listing:
    """Reads the list, and rings the bell of what it shows."""

    vendor: Vendor
    settings: Settings
    clock: Clock
    budget: Budget
    rhythm: Rhythm
    held: Mapping[str, Held]
    _newest: float | None = None
    """The latest end that a look has shown, by the vendor's clock: ours may differ."""
    _cursor: float = 0.0
    """All that finished before was listed, if it ever is; the vendor's clock."""
    _since: float = float("inf")
    """Where the readings began."""
    _missing: dict[str, float] = field(default_factory=dict)
    """Vendor task id -> until when it must have shown up; monotonic."""
    _distrusted_until: float = float("-inf")

    async def look(self) -> None:
        """Read what has finished since the last time, if that is worth it."""
        if not self._is_wanted():
            self.rhythm.listed = False
            return
        if not self.rhythm.listed:
            self._begin()
        try:
            await self._read()
        except VendorError as error:
            log.warning("listing failed", vendor_code=error.vendor_code, why=str(error))
            self.rhythm.listed = False
        else:
            self.rhythm.listed = True
            self._judge()

    def saw_end(self, held: Held, job: Job) -> None:
        """Take note of an end that a look has found of what was seen running: the list has to show it too."""
        if job.finished_at is None or job.status is JobStatus.ABORTED:  # only what has finished is listed
            return
        self._newest = max(self._newest or 0.0, job.finished_at)
        if self.rhythm.listed and not held.listed and job.finished_at >= self._since:
            self._missing[held.vendor_task_id] = self.clock.monotonic() + LAG_SECONDS

    def _is_wanted(self) -> bool:
        if not self.settings.vendor_listing or self._newest is None:
            return False
        enough = OFF if self.rhythm.listed else ON
        return self.rhythm.pressure > enough and self.clock.monotonic() >= self._distrusted_until

    def _begin(self) -> None:
        log.info("listing begins", held=len(self.held), pressure=round(self.rhythm.pressure, 1))
        self._cursor = self._since = (self._newest or 0.0) - BACK_SECONDS
        self._missing.clear()

    async def _read(self) -> None:
        after, token = self._cursor - OVERLAP_SECONDS, ""
        mine = {held.vendor_task_id: held for held in self.held.values() if held.vendor_task_id}
        for _ in range(MOST_PAGES):
            await self.budget()
            page = await self.vendor.finished(after=after, token=token)
            for vendor_task_id, finished_at in page.ends.items():
                self._show(vendor_task_id, mine)
                self._cursor = max(self._cursor, finished_at)
            token = page.next_token
            if not token:
                return

    def _show(self, vendor_task_id: str, mine: Mapping[str, Held]) -> None:
        self._missing.pop(vendor_task_id, None)
        if held := mine.get(vendor_task_id):
            held.listed = True
            held.bell.set()

    def _judge(self) -> None:
        now = self.clock.monotonic()
        if late := [vendor_task_id for vendor_task_id, until in self._missing.items() if until < now]:
            log.warning("listing not trusted", vendor_task=late[0], missing=len(late), for_seconds=DISTRUST_SECONDS)
            self._distrusted_until = now + DISTRUST_SECONDS
            self._missing.clear()
            self.rhythm.listed = False
