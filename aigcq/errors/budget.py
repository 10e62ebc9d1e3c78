"""What would cost too much. Nothing was enqueued."""

from __future__ import annotations

from collections.abc import Mapping

from aigcq.errors.ours import AigcqError


class BudgetExceeded(AigcqError):
    """The task may cost more than a budget has left."""

    code = "budget_exceeded"
    status = 402
    advice = "Wait until the budget begins anew, ask for a cheaper video, or have the operator raise the budget."

    def __init__(self, budget: Mapping[str, str]) -> None:
        whose = "The account" if budget["scope"] == "account" else "The tenant"
        super().__init__(
            f"{whose} may spend {budget['limit']} {budget['currency']} a {budget['period']}, of which "
            f"{budget['settled']} is spent and {budget['committed']} is committed: {budget['remaining']} remains, "
            f"and the task may cost {budget['estimated']}. It begins anew at {budget['renews_at']}."
        )
        self.budget = dict(budget)
        """Amounts as decimals: scope, period, currency, limit, settled, committed, remaining, estimated, renews_at."""


class MaxCostExceeded(AigcqError):
    """The task may cost more than its client wants to pay."""

    code = "max_cost_exceeded"
    status = 402
    advice = "Ask for a cheaper video, or give a larger max_cost."

    def __init__(self, estimated: str, most: str, currency: str) -> None:
        super().__init__(f"The task may cost {estimated} {currency}; max_cost allows {most}.")


class PriceUnknown(AigcqError):
    """A budget or max_cost is in force, and nobody knows what the task costs."""

    code = "price_unknown"
    status = 402
    advice = "Ask the operator for a row in the price table (AIGCQ_PRICES), or take a model that has a price."

    def __init__(self, reason: str) -> None:
        super().__init__(f"What the task costs is not known, and a budget or max_cost is in force. {reason}".strip())
