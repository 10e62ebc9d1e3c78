"""What can be wrong, and what a person is told of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal

Status = Literal["ok", "degraded", "paused", "unavailable"]


class Code(StrEnum):
    """Everything that can be found, the worst first; each has a page in docs/runbooks."""

    REDIS_UNAVAILABLE = "redis_unavailable"
    REDIS_READ_ONLY = "redis_read_only"
    REDIS_DISK_FULL = "redis_disk_full"
    REDIS_MEMORY_FULL = "redis_memory_full"
    NO_WORKER = "no_worker"
    VENDOR_AUTH = "vendor_auth"
    QUEUE_STUCK = "queue_stuck"
    PAUSED = "paused"
    VENDOR_UNREACHABLE = "vendor_unreachable"
    SUBMISSIONS_UNANSWERED = "submissions_unanswered"
    THRESHOLD_AT_FLOOR = "threshold_at_floor"
    THROTTLED = "throttled"
    STORAGE_FULL = "storage_full"
    STORAGE_FAILING = "storage_failing"
    NEAR_HORIZON = "near_horizon"
    REDIS_EVICTION = "redis_eviction"
    CLOCK_SKEW = "clock_skew"
    LEASE_LOSSES = "lease_losses"
    DEAD_LETTERS = "dead_letters"


class Severity(StrEnum):
    """How soon somebody must act."""

    ERROR = "error"
    """Now: no video can flow, or some will be lost."""
    WARNING = "warning"
    """Soon; or it passes by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    code: Code
    severity: Severity
    detail: str
    """What it is, for people."""
    action: str
    """What to do."""
    account: str = ""
    """Of which vendor account, where there are several; the detail says so too."""
    stops: bool = False
    """Because of it no task can end in a video until somebody acts."""

    @property
    def docs(self) -> str:
        """The page that says more."""
        return f"docs/runbooks/{self.code.replace('_', '-')}.md"

    @property
    def status(self) -> Status:
        """What the service is because of it."""
        if self.stops:
            return "unavailable"
        return "paused" if self.code is Code.PAUSED else "degraded"

    def of(self, account: str) -> Finding:
        """Return the finding as one of an account."""
        return replace(self, account=account, detail=f"{account}: {self.detail}")


_ORDER: Final = {code: rank for rank, code in enumerate(Code)}
_STATUS: Final[tuple[Status, ...]] = ("unavailable", "paused", "degraded", "ok")


def rank(finding: Finding) -> tuple[int, bool, int, str]:
    """Return the place of a finding among others: what stops everything, then errors, then the order of codes."""
    urgent = finding.severity is Severity.ERROR
    return _STATUS.index(finding.status), not urgent, _ORDER[finding.code], finding.account


def error(code: Code, detail: str, action: str, *, stops: bool = False) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, detail=detail, action=action, stops=stops)


def warning(code: Code, detail: str, action: str) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, detail=detail, action=action)
