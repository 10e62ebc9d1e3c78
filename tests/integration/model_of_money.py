"""The rules of the ledger; see `model`."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from aigcq.config import Settings
from aigcq.errors import BudgetExceeded, MaxCostExceeded, PriceUnknown
from aigcq.prices import millionths
from aigcq.spending import AS_ESTIMATED, WHOLE, Footage
from aigcq.store.tasks import NewTask
from tests.integration.model import Limited


class Money(Limited):
    """What is spent and what is promised."""

    def __init__(self, settings: Settings, now: int) -> None:
        super().__init__(settings, now)
        self.today = ""
        """Tenant -> what it may spend in a day and in a month; 0: as much as it likes."""
        self.purses: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """`<tenant>:<day or month>` -> what is counted there."""
        self.fates: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Task -> what it has cost and what it may cost, for good."""

    def refuse(self, new: NewTask) -> None:
        """Raise what is answered to a task that may cost too much."""
        terms = self.terms_of(new.tenant)
        own = terms.budget_day, terms.budget_month
        account = millionths(self.settings.budget_day), millionths(self.settings.budget_month)
        limits = {(new.tenant, self.today): own[0], (WHOLE, self.today): account[0]}
        limits |= {(new.tenant, self.today[:6]): own[1], (WHOLE, self.today[:6]): account[1]}
        amount = new.estimate.amount
        if amount is None:
            if self.settings.unpriced == "refuse" and (any(limits.values()) or new.max_cost is not None):
                raise PriceUnknown("")
            return
        if new.max_cost is not None and amount > new.max_cost:
            raise MaxCostExceeded("", "", "")
        for (whose, period), limit in limits.items():
            purse = self.purses.get(f"{whose}:{period}", Counter())
            if limit and purse["settled"] + purse["committed"] + amount > limit:
                names = ("scope", "period", "currency", "limit", "settled", "committed", "remaining", "estimated")
                raise BudgetExceeded(dict.fromkeys((*names, "renews_at"), ""))

    def promise(self, task_id: str) -> dict[str, Any]:
        """Return the fields of the record; none if nobody knows what it costs."""
        task = self.tasks[task_id]
        if not task.cost_estimate:
            return {}
        self._add(task_id, committed=task.cost_estimate)
        own = f"{task.tenant}:{self.today}"
        self.purses[own]["tasks"] += 1
        self.purses[f"{WHOLE}:{self.today[:6]}"][f"tenant:{task.tenant}"] = 1
        return {"cost_committed": task.cost_estimate, "budget_day": self.today}

    def charge(self, task_id: str) -> None:
        """An attempt is paid; what is promised stays promised."""
        if amount := self.tasks[task_id].cost_committed:
            self._add(task_id, settled=amount)
            self._of_day(task_id)[f"settled:{self.tasks[task_id].model}"] += amount
            self.change(task_id, cost_spent=self.tasks[task_id].cost_spent + amount)

    def pay(self, task_id: str, cost: int, footage: Footage | None = None) -> None:
        """What was promised is spent, or free again."""
        task = self.tasks[task_id]
        if not task.cost_committed:
            return
        unknown = cost == AS_ESTIMATED or (cost == 0 and task.ambiguous)
        amount, day = task.cost_committed if unknown else cost, self._of_day(task_id)
        self._add(task_id, settled=amount, committed=-task.cost_committed)
        if amount:
            day[f"settled:{task.model}"] += amount
        else:
            day["released"] += task.cost_committed
        if footage and footage.millis:
            day[f"videos:{task.model}"] += 1
            day[f"millis:{task.model}"] += footage.millis
        self.change(task_id, cost_committed=0, cost_spent=task.cost_spent + amount)

    def count_made(self, footage: Footage) -> None:
        if footage.day:
            purse = self.purses[f"{WHOLE}:{footage.day}"]
            purse["made"] += 1
            purse["made_millis"] += footage.millis

    def _of_day(self, task_id: str) -> Counter[str]:
        task = self.tasks[task_id]
        return self.purses[f"{task.tenant}:{task.budget_day or self.today}"]

    def _add(self, task_id: str, **amounts: int) -> None:
        task = self.tasks[task_id]
        day = self.today if "committed" in amounts and amounts["committed"] > 0 else task.budget_day
        for name, amount in amounts.items():
            self.fates[task_id][name] += amount
            for whose in (task.tenant, WHOLE):
                for period in (day, day[:6]):
                    self.purses[f"{whose}:{period}"][name] += amount
