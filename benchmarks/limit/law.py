"""What a law is to the cluster."""

from __future__ import annotations

from typing import Final, NamedTuple

from aigcq.limit.ceiling import Kind, Permit
from benchmarks.limit.job import Job
from benchmarks.limit.scenario import Scenario
from benchmarks.limit.vendor import Vendor

EPOCH_MS: Final = 10**9
"""The beginning in a law's milliseconds, in which 0 means never."""


class Moment(NamedTuple):
    """When something happened, and what the cluster's books say after it."""

    now: float
    """Seconds from the beginning."""
    flying: int
    """Accepted, and not known to have ended."""
    pending: int
    """Submitted and not answered."""

    @property
    def live(self) -> int:
        return self.flying + self.pending

    @property
    def ms(self) -> int:
        return milliseconds(self.now)


def milliseconds(seconds: float) -> int:
    """Return the instant `seconds` after the beginning as a law of ours counts it."""
    return round(seconds * 1000) + EPOCH_MS


class Law:
    """Grants as many permits as its threshold says, whatever happens: a fixed limit."""

    def __init__(self, scenario: Scenario, vendor: Vendor) -> None:
        self.scenario, self.vendor = scenario, vendor
        self.minimum, self.maximum = scenario.minimum, scenario.maximum
        self.level = scenario.default
        self.epoch = 0
        """Rises with each cut, in a law that cuts once per event."""
        self.begin()

    def begin(self) -> None:
        """Set what a law remembers besides."""

    @property
    def threshold(self) -> int | None:
        """How many permits there may be now; None: it does not say."""
        return self.level

    def grant(self, moment: Moment) -> Permit | None:
        """Return a permit, or None."""
        return self.permit(moment) if moment.live < self.level else None

    def accepted(self, moment: Moment, job: Job) -> None:
        """The vendor took the job."""

    def refused(self, moment: Moment, job: Job) -> None:
        """The vendor refused the job; nothing was created."""

    def failed(self, moment: Moment, job: Job) -> None:
        """The vendor failed the job with a limit code after it had accepted it."""
        self.refused(moment, job)

    def waiting(self, moment: Moment, job: Job) -> None:
        """The vendor was seen to queue the job."""

    def ended(self, moment: Moment, job: Job) -> None:
        """The job's end was noticed."""

    def permit(self, moment: Moment) -> Permit:
        return Permit(kind=Kind.NORMAL, epoch=self.epoch, rank=moment.live + 1, granted_ms=moment.ms)

    def bounded(self, level: int) -> int:
        return max(self.minimum, min(self.maximum, level))
