"""A task as it goes into the store, and as it comes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aigcq.config import Settings
from aigcq.model import Status, Task
from aigcq.prices import Estimate
from aigcq.request import CLIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What is needed to enqueue a task."""

    id: str
    request: str
    """JSON; what will be sent, with every default resolved."""
    tenant: str = ""
    model: str = ""
    priority: int = 0
    due_ms: int = 0
    """Not before, Redis time; 0 for now."""
    route: str = "create"
    """By which door it came: a key names something else at each."""
    idempotency_key: str = ""
    fingerprint: str = ""
    """Of the request as it was read, to tell a repetition from another request under the same key."""
    resend: int | None = None
    """How often the client's library has sent this before by itself; None: it does not say. Without a key,
    one that is sent again is answered as the last one that was the first of its kind."""
    max_position: int = 0
    """Beyond that it is refused; 0: never."""
    start_by_ms: int = 0
    """Redis time; 0: whenever."""
    end_by_ms: int = 0
    """Redis time; 0: whenever."""
    webhook: str = ""
    """The moments of which the client is told: start, end, or both."""
    estimate: Estimate = Estimate(amount=None)
    """What it will cost."""
    max_cost: int | None = None
    """What it may cost at most, in millionths; None: whatever it does."""
    kind: str = ""
    """What takes similarly long; see `durations.kind_of`."""
    cost_seconds: float = 0.0
    """For how long it is expected to hold a permit: as much of its tenant's share it uses; 0: as its kind has taken."""
    traceparent: str = ""
    """Of the trace that it is part of."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """Fields of the record that it has in the account that has lent it; see `store.moves`."""

    @property
    def cost(self) -> dict[str, Any]:
        """Fields of the record that say what it costs; none if nobody knows."""
        it = self.estimate
        if it.amount is None:
            return {}
        amounts = dict.fromkeys(("cost_estimate", "cost_committed"), it.amount)
        return {"price": it.price, "currency": it.currency, "least_seconds": it.least_seconds, **amounts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is on record of a request, to be read once: only some who look at a task want to know."""

    stored: str = ""
    """JSON, as it was stored."""
    owner: str | None = None
    """Whose it is, as records have it; None: that is not for who asks."""
    account: str = ""
    """The account that it is in, where there are several."""

    @property
    def request(self) -> Mapping[str, Any]:
        """What the vendor is sent."""
        return {name: value for name, value in self._read().items() if name != CLIENT}

    @property
    def client(self) -> Mapping[str, Any]:
        """What its client said that the vendor is not sent; see `request.StoredRequest`."""
        return dict(self._read().get(CLIENT, {}))

    def _read(self) -> dict[str, Any]:
        return dict(json.loads(self.stored)) if self.stored else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Asked):
    """A task as a client may see it."""

    task: Task
    position: int | None
    """Exact dispatch rank, 1 for the first; 0 once it runs or has ended; None while it waits for a retry."""
    outcome: Mapping[str, Any] | None = None
    """The result of a completed task, the error of a failed one."""
    replayed: bool = False
    """An idempotency key named this task before."""


def created_view(new: NewTask, now_ms: int, position: int, today: str, owner: str | None) -> View:
    task = Task(
        id=new.id,
        status=Status.QUEUED,
        tenant=new.tenant,
        model=new.model,
        priority=new.priority,
        created_ms=now_ms,
        due_ms=0 if position else new.due_ms,
        start_by_ms=new.start_by_ms,
        end_by_ms=new.end_by_ms,
        webhook=new.webhook,
        budget_day=today if new.cost else "",
        **new.cost,
    )
    return View(task=task, position=position or None, stored=new.request, owner=owner)


def position_of(task: Task, rank: int | None) -> int | None:
    if rank is not None:
        return int(rank) + 1
    return None if task.status is Status.QUEUED else 0


def record_of(new: NewTask, settings: Settings, today: str) -> str:
    """Return the fields of a new record, JSON; what is empty is left out. `today` is the day on which it counts."""
    cost = new.cost
    fields = {
        "tenant": new.tenant, "model": new.model, "priority": new.priority, "attempt": 1, "webhook": new.webhook,
        "webhook_all": settings.webhook_events if settings.webhook_url.get_secret_value() else "",
        "start_by_ms": new.start_by_ms, "end_by_ms": new.end_by_ms, "traceparent": new.traceparent,
        **({**cost, "budget_day": today} if cost else {}),
    }  # fmt: skip
    return json.dumps({name: value for name, value in fields.items() if value not in ("", 0)} | dict(new.carried))
