"""Money, as clients give it and read it. Amounts are decimals as text: numbers of JSON are not exact."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from aigcq.schemas.answer import Answer, example

MOST: Final = 999_999_999
SPELT: Final = r"[0-9]{1,9}(\.[0-9]{1,6})?"


def _amount(value: object) -> Decimal:
    """Return an amount, given as a number or as text: `1.5`, `"1.50"`."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and re.fullmatch(SPELT, value, re.ASCII):
        return Decimal(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and math.isfinite(float(str(value))) and 0 <= float(str(value)) <= MOST:
        return Decimal(str(value))
    raise PydanticCustomError("amount", "must be an amount like 12.50, at least 0")


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": f"^{SPELT}$"}, {"type": "number", "minimum": 0, "maximum": MOST}]}
    ),
]


class Cost(Answer):
    """What a task costs. Amounts are decimals as text."""

    model_config = example(currency="CNY", estimated="2.1", final="2.1", billed_seconds=6.0)

    currency: str
    """Of the price table, when the task was created."""
    estimated: str
    """What one attempt was thought to cost."""
    final: str | None = None
    """What it came to, all attempts together; null until it has ended. Of a failed task that is not proven."""
    billed_seconds: float | None = None
    """Length of the video as the vendor bills it; null: it has not said."""


class BudgetState(Answer):
    """A budget as it stands. Amounts are decimals as text."""

    model_config = example(
        scope="tenant", period="day", currency="CNY", limit="100", settled="64.2", committed="31.5", remaining="4.3",
        estimated="8.4", renews_at="2026-11-24T16:00:00Z",
    )  # fmt: skip

    scope: Literal["tenant", "account"]
    """Whose it is: the tenant's, or the whole account's."""
    period: Literal["day", "month"]
    """For how long it is."""
    currency: str
    limit: str
    """What may be spent."""
    settled: str
    """What ended tasks have come to."""
    committed: str
    """What open tasks may come to."""
    remaining: str
    """What is left."""
    estimated: str | None = None
    """What the task that was refused may cost."""
    renews_at: AwareDatetime
    """When it begins anew."""


class SpendModel(Answer):
    """What one model has come to."""

    settled: str
    videos: int
    """How many were made."""
    seconds: float
    """For how long they are, as they are billed."""


class SpendDay(Answer):
    """What one tenant has spent in a day."""

    day: str
    """ISO 8601, in the time zone of the budgets."""
    tenant: str
    settled: str
    """What ended tasks that were created on that day have come to."""
    committed: str
    """What open ones may come to."""
    released: str
    """What was committed and cost nothing in the end."""
    tasks: int
    """How many were created; one that was requeued counts again."""
    models: dict[str, SpendModel]


class SpendTotal(Answer):
    """What all of it comes to."""

    settled: str
    committed: str
    released: str
    tasks: int
    videos: int
    seconds: float


class Reconciled(Answer):
    """How one day compares with the vendor's own count, which is of everybody who uses the account."""

    day: str
    available: bool
    """Whether the vendor tells it for this account."""
    videos: int | None = None
    """By our own books."""
    seconds: float | None = None
    vendor_videos: int | None = None
    """By the vendor."""
    vendor_seconds: float | None = None
    differs: bool = False


class Spend(Answer):
    """What was spent in a month. Amounts are decimals as text."""

    month: str
    timezone: str
    """Where its days begin: AIGCQ_BUDGET_TIMEZONE."""
    currency: str
    tenant: str | None
    """Of whom; null: of everybody."""
    total: SpendTotal
    days: list[SpendDay]
    """Each day of each tenant on which there was anything."""
    budgets: list[BudgetState]
    """Those in force now."""
    reconciled: list[Reconciled]
    """Days that were compared with the vendor's count."""
