"""What it may cost."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from aigcq.config.group import Group


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone like Asia/Shanghai") from None
    return name


Amount = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$")]


class BudgetSettings(Group):
    """What it may cost."""

    prices: str = ""
    """A file with your prices, in the form of aigcq/prices.yaml, which it replaces; read at start."""
    budget_day: Amount = "0"
    """What the whole account may spend in a day, in the currency of the price table; 0: as much as it likes."""
    budget_month: Amount = "0"
    """The same in a calendar month."""
    budget_timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    """In which time zone a day of a budget begins; the vendor's days are those of Shanghai."""
    unpriced: Literal["refuse", "allow"] = "refuse"
    """A task without a known price where a budget or max_cost is in force: `refuse` it, or `allow` it, uncounted."""
    failed_tasks_cost: Literal["free", "charged"] = "free"
    """Whether a vendor task that failed is counted as paid, with its estimate. What the vendor does is not proven."""
    reconcile: Literal["auto", "on", "off"] = "auto"
    """Whether a day's videos are compared with the vendor's own count once a day; `auto`: if there is a price."""
