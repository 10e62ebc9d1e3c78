"""The days and months in which money is counted. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

AS_ESTIMATED: Final = -1
"""In place of what a task came to: nobody says, so it is what was thought before."""
FREE: Final = 0
WHOLE: Final = "ALL"
"""In place of a tenant in the ledger: the account, whoever it was. No tenant is called so."""
BUDGETS: Final = (("tenant", "day"), ("account", "day"), ("tenant", "month"), ("account", "month"))
"""Whose a budget is and what it is for, in the order in which they are looked at; `ledger.lua` counts from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """What the vendor has made for a task."""

    millis: int = 0
    """Its length as it is billed, in thousandths of a second."""
    day: str = ""
    """On which it counts as made: `20261124`; empty: that is not counted."""


NOTHING: Final = Footage()


def day_of(moment: float, zone: str) -> str:
    """Return the day of `moment` (seconds since 1970) in a time zone, as the ledger has it: `20261124`."""
    return f"{datetime.fromtimestamp(moment, ZoneInfo(zone)):%Y%m%d}"


def start_of(day: str, zone: str) -> datetime:
    """Return when a day of the ledger began."""
    return datetime.strptime(day, "%Y%m%d").replace(tzinfo=ZoneInfo(zone))


def next_day(day: str) -> str:
    """Return the day after a day of the ledger."""
    return f"{datetime.strptime(day, '%Y%m%d') + timedelta(days=1):%Y%m%d}"


def day_before(day: str) -> str:
    """Return the day before a day of the ledger."""
    return f"{datetime.strptime(day, '%Y%m%d') - timedelta(days=1):%Y%m%d}"


def days_of(month: str) -> list[str]:
    """Return the days of a month of the ledger: `202611`."""
    _, last = monthrange(int(month[:4]), int(month[4:]))
    return [f"{month}{day:02}" for day in range(1, last + 1)]


def renews(period: str, day: str, zone: str) -> datetime:
    """Return when a budget for a `period`, day or month, that was spent on `day` begins anew."""
    after = next_day(day if period == "day" else days_of(day[:6])[-1])
    return start_of(after, zone).astimezone(UTC)
