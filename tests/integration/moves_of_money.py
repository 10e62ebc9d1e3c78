"""What may happen to the money of the model check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from aigcq.model import Event
from aigcq.prices import Estimate
from aigcq.spending import AS_ESTIMATED, FREE, WHOLE, Footage
from aigcq.store.tasks import NewTask
from tests.integration import still
from tests.integration.moves_of_outbox import Telling

TENANTS = st.sampled_from(["", "a", "b"])
AMOUNTS = st.sampled_from([1, 7, 300, 1_000_000, 2**40 + 1])
LIMITS = st.sampled_from([0, 0, 10, 1000, 3_000_000, 2**41])
COSTS: list[dict[str, Any]] = [
    {},
    {"cost": AS_ESTIMATED},
    {"cost": FREE},
    {"cost": FREE},
    {"cost": 299, "footage": Footage(millis=4042, day="20270115")},
    {"cost": 2_000_003, "footage": Footage(millis=6000)},
]


WAYS = [
    ["claim", "settle"],
    ["claim", "settle", "day", "requeue", "claim", "settle"],
    ["claim", "retry", "claim", "charged", "claim", "settle"],
    ["claim", "send", "send", "unknown", "cancel"],
    ["claim", "send", "send", "unknown", "claim", "settle", "requeue"],
    ["day", "cancel"],
    ["claim", "charged", "cancel", "requeue"],
]


HOWS: dict[str, dict[str, Any]] = {
    "retry": {},
    "charged": {"charged": True, "next_attempt": True},
    "unknown": {"unreachable": True},
}


class Paying(Telling):
    """Tasks that cost something, tenants that may not spend as much as they like, and days that pass."""

    def __init__(self) -> None:
        super().__init__()
        self.world.clock.set(still.NOW_MS / 1000)

    def note_today(self) -> None:
        self.model.today = self.any.connection.today

    @rule(tenant=TENANTS, amount=AMOUNTS, max_cost=st.sampled_from([None, None, None, 0, 500]))
    def enqueue_what_costs(self, tenant: str, amount: int, max_cost: int | None) -> None:
        estimate = Estimate(amount=amount, price="0.5", currency="CNY", least_seconds=5.0)
        self._enqueue(self._costing(tenant, estimate=estimate, max_cost=max_cost))

    @rule(tenant=TENANTS, amount=AMOUNTS, way=st.sampled_from(WAYS), cost=st.sampled_from(COSTS), end=st.booleans())
    def what_costs_goes_its_way(self, tenant: str, amount: int, way: list[str], cost: Any, end: bool) -> None:
        """To its end, and back again if a person wants it."""
        if not self.stores:
            return
        if len(self.model.open_tasks()) >= self.model.settings.backlog_limit and self.model.queued:
            self.cancel(self.model.order()[0])
        self.enqueue_what_costs(tenant, amount, None)
        task_id = self.task_ids[-1]
        for step in way:
            self._step(step, task_id, cost, (Event.SUCCEED, {}) if end else (Event.FAIL, {"error_code": "x"}))

    def _step(self, step: str, task_id: str, cost: dict[str, Any], end: tuple[Event, dict[str, Any]]) -> None:
        """Take one step, if the task is where it can be taken."""
        worker = next(iter(self.stores))
        delivery = next((each for each in self.current() if each.task_id == task_id), None)
        match step:
            case "claim":
                self.time_passes(60)  # for the tokens, and what is to be taken over
                self.reclaim(worker, 10, True, 0)
                self.claim(worker, 10)
            case "settle" if delivery:
                self.settle(delivery, worker, end, cost)
            case "retry" | "charged" | "unknown" if delivery:
                hows = {
                    "retry": {},
                    "charged": {"charged": True, "next_attempt": True},
                    "unknown": {"unreachable": True},
                }
                self.retry(delivery, worker, hows[step])
            case "send" if delivery:
                self.begin_submission(delivery)
            case "cancel" | "requeue" if task_id in self.model.tasks:
                getattr(self, step)(task_id)
            case "day":
                self.the_next_day_begins()

    @rule(tenant=TENANTS, max_cost=st.sampled_from([None, 500]))
    def enqueue_what_nobody_knows_the_price_of(self, tenant: str, max_cost: int | None) -> None:
        self._enqueue(self._costing(tenant, max_cost=max_cost))

    @rule(tenant=TENANTS, day=LIMITS, month=LIMITS)
    def an_operator_sets_a_budget(self, tenant: str, day: int, month: int) -> None:
        settings = replace(self.model.terms_of(tenant), budget_day=day, budget_month=month)
        self.both("weigh", self.any.tenants.put(settings), lambda: self.model.weigh(settings))

    @rule()
    def the_next_day_begins(self) -> None:
        self.world.clock.set(self.world.clock.now() + 86400)

    @rule()
    def the_books_are_closed(self) -> None:
        self.both("close", self.any.ledger.close(0), lambda: 0)

    def _costing(self, tenant: str, **terms: Any) -> NewTask:
        return NewTask(id=self._new_id(), request='"x"', tenant=tenant, **terms)

    @invariant()
    def the_ledger_adds_up(self) -> None:
        """Of the account and of each tenant, by what has become of each task; nothing is ever owed by less."""
        for what in ("settled", "committed"):
            whole = sum(fate[what] for fate in self.model.fates.values())
            months = {name: purse for name, purse in self.model.purses.items() if len(name.rpartition(":")[2]) == 6}
            days = {name: purse for name, purse in self.model.purses.items() if len(name.rpartition(":")[2]) == 8}
            for purses in (months, days):
                own = sum(purse[what] for name, purse in purses.items() if not name.startswith(WHOLE))
                account = sum(purse[what] for name, purse in purses.items() if name.startswith(WHOLE))
                assert own == account == whole
            assert all(purse[what] >= 0 for purse in self.model.purses.values())
