"""The client's side: put a task in the queue, look at it, take it back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from aigcq.caller import OPERATOR, Caller
from aigcq.errors import (
    NotReplicated,
    StoreUnavailable,
    TaskMoving,
    TaskNotFound,
    TaskOpen,
)
from aigcq.model import Cancelled, Event, Status, Task, target
from aigcq.prices import Estimate, millionths
from aigcq.store.answers import read_record
from aigcq.store.connection import Connection
from aigcq.store.costs import Costs
from aigcq.store.records import NewTask, View, created_view, position_of, record_of
from aigcq.store.refusals import refusal, refusal_for_money
from aigcq.store.uploads import SPARE_MS

__all__ = ["NewTask", "Tasks", "View"]


class Tasks:
    """Verbs of clients; every method may raise StoreUnavailable. What a caller may not see is as if there were none."""

    def __init__(self, connection: Connection, caller: Caller = OPERATOR) -> None:
        self._connection = connection
        self._caller = caller
        self._keys = connection.keys
        self._settings = settings = connection.settings
        self._budgets = millionths(settings.budget_day), millionths(settings.budget_month)
        self._costs = Costs(connection)

    async def enqueue(self, new: NewTask) -> View:
        """Put one task in the queue; repeating it with its idempotency key adds nothing.

        Its position is that of the instant at which it was put there: no worker can have it yet.

        Raises:
            QueueFull: the backlog is at its limit.
            TenantBacklogFull: that of its tenant is.
            PositionTooFar: it would stand further back than `max_position`.
            InvalidRequest: a moment that it names is over; what was created in time is answered all the same.
            BudgetExceeded, MaxCostExceeded, PriceUnknown: it may cost too much, or nobody knows what it costs.
            IdempotencyConflict: the key was used for another request.
            NotReplicated: it is there, but not on as many replicas as AIGCQ_MIN_REPLICAS: repeat the call.
        """
        if self._caller.tenant and not new.tenant:
            new = replace(new, tenant=self._caller.tenant)
        try:
            answer, replicated = await self._enqueue(new)
        except StoreUnavailable as error:
            error.task_id = "" if new.idempotency_key else new.id  # the key may name another task
            raise
        if not replicated and (task_id := _named(new, answer)):
            raise NotReplicated(task_id, self._settings.min_replicas)
        match answer:
            case ["created", now_ms, position]:
                return created_view(new, now_ms, position, self._connection.today, self._shown(new.tenant))
            case ["replayed", task_id, position, created_ms]:
                named, today = replace(new, id=task_id), self._connection.today
                first = created_view(named, created_ms, position, today, self._shown(new.tenant))
                return replace(first, replayed=True)
            case ["known", task_id]:
                return await self.get(task_id)
        raise refusal(self._connection, new, answer)

    async def arrive(self, new: NewTask) -> bool:
        """Put a task in the queue that was lent by another account, once; return False if it is too late for it.

        Raises:
            NotReplicated: it is there, but not on as many replicas as AIGCQ_MIN_REPLICAS: repeat the call.
        """
        answer, replicated = await self._enqueue(new)
        if not _named(new, answer):
            return False
        if not replicated:
            raise NotReplicated(new.id, self._settings.min_replicas)
        return True

    async def _enqueue(self, new: NewTask) -> tuple[Any, bool]:
        keys, settings = self._keys, self._settings
        memory, today = self._memory(new), self._connection.today
        return await self._connection.run_replicated(
            "enqueue",
            [
                keys.task(new.id), keys.request(new.id), keys.stream, keys.queued, keys.waiting,
                keys.meta, keys.events, memory.key, keys.lanes, keys.deadlines, keys.ended, keys.spend_prefix,
                keys.tenant(new.tenant),
            ],
            [
                keys.task_prefix, new.id, new.request, record_of(new, settings, today), Status.QUEUED, new.priority,
                settings.priority_boost, new.due_ms, UNBOUNDED if new.carried else settings.backlog_limit,
                memory.fingerprint, memory.ttl_ms, int(memory.repeats), new.max_position,
                min(filter(None, (new.start_by_ms, new.end_by_ms)), default=0),
                round(settings.result_ttl_seconds * 1000), settings.events_cap,
                self._money(new, today), new.tenant, new.cost_seconds or await self._costs.of(new.kind),
            ],
        )  # fmt: skip

    def _money(self, new: NewTask, today: str) -> str:
        """Return what may refuse it for money, as `enqueue` reads it; empty, and so for nothing, if nothing may."""
        amount, day, month = new.estimate.amount, *self._budgets
        lenient = self._settings.unpriced == "allow"
        if amount is None and new.max_cost is None and not (day or month or lenient):
            return ""
        estimate, most = (-1 if each is None else each for each in (amount, new.max_cost))
        return f"{estimate} {today} {most} {day} {month} {int(lenient)}"

    def _memory(self, new: NewTask) -> _Memory:
        if new.idempotency_key:
            key = self._keys.idempotency(new.tenant, new.route, new.idempotency_key)
            return _Memory(key, new.fingerprint or "-", round(self._settings.idempotency_ttl_seconds * 1000))
        if new.resend is None:
            return _Memory(self._keys.resent("", "", ""), "", 0)
        key = self._keys.resent(new.tenant, new.route, new.fingerprint)
        return _Memory(key, new.fingerprint, RESENT_MS, repeats=new.resend > 0)

    async def get(self, task_id: str) -> View:
        """Return one task as it is at this instant.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        keys = self._keys
        fields, *found = await self._connection.run(
            "look",
            [keys.task(task_id), keys.request(task_id), keys.result(task_id), keys.queued],
            [task_id, self._caller.sees],
        )
        record = read_record(fields)
        if not record or "erased_ms" in record:
            raise TaskNotFound(task_id)
        rank, request, outcome = found
        task = Task.from_record(task_id, record)
        return View(
            task=task,
            position=position_of(task, rank),
            stored=request or "",
            outcome=json.loads(outcome) if outcome else None,
            owner=self._shown(task.tenant),
        )

    def _shown(self, tenant: str) -> str | None:
        """Return whose a task is, for who may know."""
        return tenant if self._caller.oversees else None

    async def cancel(self, task_id: str) -> Cancelled:
        """Take a task back, and say honestly what came of it.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
            TaskMoving: it is on its way to another account: complete that, and ask there.
        """
        keys, settings = self._keys, self._settings
        answer = await self._connection.run(
            "cancel",
            [
                keys.task(task_id), keys.request(task_id), keys.stream, keys.queued, keys.waiting, keys.ended,
                keys.events, keys.outbox, keys.upload(task_id), keys.spend_prefix, keys.meta,
                keys.lanes, keys.leaving,
            ],
            [
                task_id, Status.QUEUED, Status.PROCESSING, target(Event.CANCEL),
                round(settings.result_ttl_seconds * 1000), settings.events_cap, SPARE_MS, self._caller.sees,
            ],
        )  # fmt: skip
        if not answer:
            raise TaskNotFound(task_id)
        if answer == "moving":
            raise TaskMoving(task_id)
        return Cancelled(answer)

    async def requeue(self, task_id: str) -> bool:
        """Put a failed task back as a new attempt; return False if it has not failed.

        A new attempt is a new vendor task: what became of the old one must be known.

        Raises:
            BudgetExceeded, PriceUnknown: a tenant asks for it, and it may cost too much.
            TaskNotFound: there is no such task, or its record has expired.
        """
        keys = self._keys
        answer = await self._connection.run(
            "requeue",
            [
                keys.task(task_id), keys.request(task_id), keys.result(task_id), keys.stream, keys.queued,
                keys.ended, keys.dead, keys.permits, keys.quarantine, keys.overdue, keys.events, keys.meta, keys.lanes,
                keys.spend_prefix,
            ],
            [
                task_id, Status.FAILED, target(Event.REQUEUE), self._settings.events_cap, self._caller.sees,
                self._connection.today, self._budgets_of(self._connection.today),
            ],
        )  # fmt: skip
        if isinstance(answer, list):
            raise refusal_for_money(self._connection, await self._as_new(task_id), answer)
        if answer < 0:
            raise TaskNotFound(task_id)
        return bool(answer)

    async def _as_new(self, task_id: str) -> NewTask:
        """Return what it would cost to make a task once more."""
        task = (await self.get(task_id)).task
        price = Estimate(amount=task.cost_estimate or None, price=task.price, currency=task.currency)
        return NewTask(id=task_id, request="", tenant=task.tenant, estimate=price)

    def _budgets_of(self, today: str) -> str:
        day, month = self._budgets
        return f"-1 {today} -1 {day} {month} {int(self._settings.unpriced == 'allow')}"

    async def reorder(self, task_id: str, priority: int) -> bool:
        """Give a task another priority, and the place that it would have had with it; return False if it runs.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
        """
        keys, settings = self._keys, self._settings
        answer = await self._connection.run(
            "reorder",
            [keys.task(task_id), keys.queued, keys.meta, keys.lanes, keys.events],
            [task_id, Status.QUEUED, priority, settings.priority_boost, settings.events_cap, self._caller.sees],
        )
        if answer < 0:
            raise TaskNotFound(task_id)
        return bool(answer)

    async def erase(self, task_id: str) -> None:
        """Remove what an ended task was asked for and what came of it; that there was one stays on record.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
            TaskOpen: it has not ended.
        """
        keys = self._keys
        answer = await self._connection.run(
            "erase",
            [
                keys.task(task_id), keys.request(task_id), keys.result(task_id), keys.ended, keys.dead, keys.events,
                keys.upload(task_id), keys.calls_of(task_id), keys.timeline(task_id),
            ],
            [task_id, Status.QUEUED, Status.PROCESSING, self._settings.events_cap, self._caller.sees],
        )  # fmt: skip
        if answer < 0:
            raise TaskNotFound(task_id)
        if not answer:
            raise TaskOpen(task_id)


UNBOUNDED: Final = 2**53
"""What comes from another account was let in there: it is refused by no backlog."""
RESENT_MS: Final = 15 * 60 * 1000
"""For how long what a client's library sends again by itself is known: they give up much sooner."""


@dataclass(frozen=True, slots=True)
class _Memory:
    """Where it is kept what an equal call made."""

    key: str
    fingerprint: str
    ttl_ms: int
    repeats: bool = True


def _named(new: NewTask, answer: list[Any]) -> str:
    """Return the id of the task that the answer is about; empty: it is a refusal."""
    match answer:
        case ["known" | "replayed", task_id, *_]:
            return str(task_id)
        case ["created", *_]:
            return new.id
    return ""
