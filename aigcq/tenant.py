"""Who shares the account: a product, a team or a customer, with what it may take of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Self

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
DEFAULT: Final = "default"
"""What the tenant without a name is called: to it belongs what was made while nobody needed a key."""


def inward(name: str) -> str:
    """Return the name of a tenant as records have it."""
    return "" if name == DEFAULT else name


def outward(name: str) -> str:
    """Return the name of a tenant as people see it."""
    return name or DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """What one tenant may take; 0 stands for no limit of its own."""

    name: str
    """As records have it: empty for the tenant without a name."""
    weight: float = 1.0
    """Its share of the account beside others that want it as well."""
    max_live: int = 0
    """How many of its videos may be made at once."""
    backlog_limit: int = 0
    """How many of its tasks may be unfinished."""
    requests_per_minute: int = 0
    """How many requests each of its keys may make."""
    budget_day: int = 0
    """What it may spend in a day, in millionths of the currency of the price table."""
    budget_month: int = 0
    """The same in a month."""

    @classmethod
    def from_hash(cls, name: str, stored: Mapping[str, str]) -> Self:
        """Read the hash `tenant:<name>`; what is not in it, or unknown, is as it is by default."""
        counts = {field: int(stored[field]) for field in COUNTS if field in stored}
        return cls(name=name, weight=float(stored.get("weight", 1)), **counts)

    def to_hash(self) -> dict[str, int | float]:
        """Return what is stored: what differs from the default."""
        settings = {"weight": self.weight, **{field: getattr(self, field) for field in COUNTS}}
        return {field: value for field, value in settings.items() if value != (1 if field == "weight" else 0)}


COUNTS: Final = tuple(each.name for each in fields(Tenant) if each.name not in ("name", "weight"))
