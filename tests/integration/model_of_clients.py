"""The rules of clients' and operators' verbs; see `model`."""

from __future__ import annotations

from typing import Any

from aigcq.config import Settings
from aigcq.errors import (
    DeadlineExceeded,
    IdempotencyConflict,
    InvalidRequest,
    QueueFull,
    TaskMoving,
    TaskNotFound,
    TaskOpen,
)
from aigcq.model import ENDED, Cancelled, Event, Status, Task
from aigcq.spending import FREE
from aigcq.store.costs import UNKNOWN_SECONDS
from aigcq.store.tasks import NewTask
from aigcq.tenant import Tenant
from tests.integration.model import by_score
from tests.integration.model_of_money import Money
from tests.integration.model_of_shares import own_key


class Clients(Money):
    """The verbs of clients and operators."""

    def __init__(self, settings: Settings, now: int) -> None:
        super().__init__(settings, now)
        self.seqs: dict[str, int] = {}
        self.leaving: dict[str, int] = {}
        self.goals: dict[str, str] = {}
        """Of what is lent, or was: the account that it goes to."""
        self.keys: dict[tuple[str, str], tuple[tuple[str, int | None], str, int]] = {}
        """Tenant and idempotency key -> the task's id and its position then, fingerprint, when it is forgotten."""

    def enqueue(self, new: NewTask) -> tuple[Task | str, int | None, bool]:
        """Return the task, or only its id if the key named it before; its position then; and whether it did."""
        if new.id in self.tasks:
            return self.look(new.id)[0], self.position(new.id), False
        key = new.tenant, new.idempotency_key
        first, fingerprint, _ = self.keys.get(key, (None, "", 0))
        if first and first[0] in self.tasks:
            if fingerprint != new.fingerprint:
                raise IdempotencyConflict
            return *first, True
        moments = {"not_before": new.due_ms, "deadline.start": new.start_by_ms, "deadline.end": new.end_by_ms}
        for name, ms in moments.items():
            if 0 < ms <= self.now:
                raise InvalidRequest(name, f"{name} must be in the future.")
        if len(self.open_tasks()) >= self.settings.backlog_limit:
            raise QueueFull(self.settings.backlog_limit, retry_after_seconds=0)
        self.refuse(new)
        return self._create(new), self.position(new.id), False

    def look(self, task_id: str) -> tuple[Task, int | None, Any]:
        if task_id not in self.tasks or self.tasks[task_id].erased_ms:
            raise TaskNotFound(task_id)
        return self.tasks[task_id], self.position(task_id), self.outcomes.get(task_id)

    def cancel(self, task_id: str) -> Cancelled:
        match self.look(task_id)[0].status:
            case Status.PROCESSING:
                self.change(task_id, cancel_requested=True)
                self.tell(Event.CANCEL_REQUEST, task_id)
                return Cancelled.REQUESTED
            case Status.QUEUED if task_id in self.leaving:
                raise TaskMoving(task_id)
            case Status.QUEUED:
                self.pay(task_id, FREE)
                self.end(task_id, Status.CANCELLED, error_code="")
                self.tell(Event.CANCEL, task_id)
                return Cancelled.CANCELLED
            case Status.CANCELLED:
                return Cancelled.CANCELLED
        return Cancelled.TOO_LATE

    def requeue(self, task_id: str) -> bool:
        task, *_ = self.look(task_id)
        if task.status is not Status.FAILED:
            return False
        names = ("id", "tenant", "model", "priority", "fence", "created_ms", "webhook")
        names += ("price", "currency", "least_seconds", "cost_estimate", "cost_spent", "budget_day")
        kept = {name: getattr(task, name) for name in names}
        self.tasks[task_id] = Task(**kept, status=Status.QUEUED, attempt=task.attempt + 1)
        self.change(task_id, **self.promise(task_id))
        for gone in (self.outcomes, self.ended, self.dead, self.permits, self.quarantine, self.forgotten_at):
            gone.pop(task_id, None)
        self.queue(task_id)
        self.tell(Event.REQUEUE, task_id)
        return True

    def reorder(self, task_id: str, priority: int) -> bool:
        task, *_ = self.look(task_id)
        if task.status is not Status.QUEUED:
            return False
        self.change(task_id, priority=priority)
        self.reorder_queued(task_id, own_key(self.seqs[task_id], priority, self.settings.priority_boost))
        self.tell(Event.REORDER, task_id)
        return True

    def erase(self, task_id: str) -> None:
        task, *_ = self.look(task_id)
        if task.status not in ENDED:
            raise TaskOpen(task_id)
        self.change(task_id, erased_ms=self.now, webhook="")
        for gone in (self.outcomes, self.ended, self.dead):
            gone.pop(task_id, None)
        self.tell(Event.ERASE, task_id)

    def lend(self, task_id: str, account: str) -> tuple[str, str] | None:
        """Return where the task goes and what it is; None: it stays."""
        task = self.tasks.get(task_id)
        if task_id not in self.leaving:
            if not task or task_id not in self.queued or task.sent_ms or task.refused or task.attempt != 1:
                return None
            if not account:
                return None
            self.goals[task_id] = account
            self.leave(task_id)
            self.deadlines.pop(task_id, None)
        self.leaving[task_id] = self.now
        return self.goals[task_id], Status.QUEUED

    def left(self, task_id: str) -> bool:
        if self.leaving.pop(task_id, None) is None:
            return False
        self.pay(task_id, FREE)
        self.change(task_id, status=Status.CANCELLED, erased_ms=self.now, webhook="")
        self.forgotten_at[task_id] = self.now + round(self.settings.result_ttl_seconds * 1000)
        self.tell(Event.MOVE, task_id)
        return True

    def stay(self, task_id: str) -> bool:
        if self.leaving.pop(task_id, None) is None:
            return False
        task = self.tasks[task_id]
        if deadlines := [ms for ms in (task.start_by_ms, task.end_by_ms) if ms]:
            self.deadlines[task_id] = min(deadlines)
        self.queue(task_id)
        return True

    def expire(self) -> int:
        over = [task_id for task_id in by_score(self.deadlines) if self.deadlines[task_id] <= self.now]
        for task_id in over:
            del self.deadlines[task_id]
            if task_id in self.tasks and self.tasks[task_id].status not in ENDED:
                self._expire(task_id, self.tasks[task_id])
        return len(over)

    def _expire(self, task_id: str, task: Task) -> None:
        too_late = 0 < task.end_by_ms <= self.now
        unbegun = 0 < task.start_by_ms <= self.now and not task.started_ms
        if task.status is Status.QUEUED and (too_late or unbegun):
            self.pay(task_id, FREE)
            self.outcomes[task_id] = DeadlineExceeded().public() | ({"billed": "unknown"} if task.attempt > 1 else {})
            self.end(task_id, Status.FAILED, error_code="deadline_exceeded")
            self.tell(Event.EXPIRE, task_id)
        elif too_late:
            if not task.cancel_requested:
                self.tell(Event.CANCEL_REQUEST, task_id)
            self.change(task_id, cancel_requested=True)
        elif task.end_by_ms:
            self.deadlines[task_id] = task.end_by_ms

    def age(self, ms: int) -> None:
        """Let time pass; records whose time is over are gone."""
        self.now += ms
        for task_id in [each for each, at in self.forgotten_at.items() if at <= self.now]:
            for kept in (self.tasks, self.outcomes, self.forgotten_at, self.scores):
                kept.pop(task_id, None)
        self.keys = {key: named for key, named in self.keys.items() if named[2] > self.now}

    def weigh(self, tenant: Tenant) -> None:
        self.settings_of[tenant.name] = tenant

    def _create(self, new: NewTask) -> Task:
        self.arrive(new.id, new.tenant, new.priority, new.cost_seconds or UNKNOWN_SECONDS, self.settings.priority_boost)
        later = new.due_ms > self.now
        self.seqs[new.id] = self.seq
        self.tasks[new.id] = Task(
            id=new.id, status=Status.QUEUED, tenant=new.tenant, model=new.model, priority=new.priority,
            created_ms=self.now, due_ms=new.due_ms if later else 0, start_by_ms=new.start_by_ms,
            end_by_ms=new.end_by_ms, webhook=new.webhook, **new.cost,
        )  # fmt: skip
        self.change(new.id, **self.promise(new.id))
        if deadlines := [ms for ms in (new.start_by_ms, new.end_by_ms) if ms]:
            self.deadlines[new.id] = min(deadlines)
        if later:
            self.waiting[new.id] = new.due_ms
        else:
            self.queue(new.id)
        if new.idempotency_key:
            until = self.now + round(self.settings.idempotency_ttl_seconds * 1000)
            first = new.id, self.position(new.id)
            self.keys[new.tenant, new.idempotency_key] = first, new.fingerprint, until
        self.tell(Event.CREATE, new.id)
        return self.tasks[new.id]
