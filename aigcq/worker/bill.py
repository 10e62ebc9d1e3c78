"""What a delivery that ends has cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import VendorError, VendorNoVideo
from aigcq.model import Task
from aigcq.prices import cost, load
from aigcq.spending import AS_ESTIMATED, FREE, Footage, day_of
from aigcq.vendors.base import Job


def reconciles(settings: Settings) -> bool:
    """Return whether videos are counted, to be compared with the vendor's count.

    Raises:
        ConfigurationError: the price table cannot be read.
    """
    known = load(settings.prices).known  # what cannot be read is told at start, in any case
    return settings.reconcile == "on" or (settings.reconcile == "auto" and known)


@dataclass(frozen=True, slots=True)
class Bill:
    """Reckons by the price on the task's record, whatever the table says by now."""

    settings: Settings
    clock: Clock

    def of(self, task: Task, job: Job) -> dict[str, Any]:
        """Return what a video costs by the vendor's own count of its seconds; without one, as it was estimated."""
        said = job.video.get("output_seconds")
        seconds = max(float(str(said)), task.least_seconds) if said else 0.0
        amount = cost(task.price, seconds) if seconds and task.price else AS_ESTIMATED
        millis = round((seconds or float(str(job.video.get("duration") or 0))) * 1000)
        return {"cost": amount, "footage": Footage(millis=millis, day=self._day(job))}

    def failed(self, error: VendorError | None = None) -> int:
        """Return what a vendor task that ended without a video costs: AIGCQ_FAILED_TASKS_COST says it.

        One that ended well, but without a file, is taken to be paid.
        """
        charged = self.settings.failed_tasks_cost == "charged" or isinstance(error, VendorNoVideo)
        return AS_ESTIMATED if charged else FREE

    def _day(self, job: Job) -> str:
        """Return the day by the vendor's clock, if there is one: its count goes by that."""
        if not reconciles(self.settings):
            return ""
        moment = self.clock.now() if job.finished_at is None else job.finished_at
        return day_of(moment, self.settings.budget_timezone)
