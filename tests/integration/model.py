"""What one queue must be like and what every verb must answer: the rules, without Redis. Here those of clients.

Pure: no I/O, no clock, no randomness. Times are milliseconds that only `age` moves on. A verb
raises what the store's verb raises, and returns what it says, as plain values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from aigcq import durations
from aigcq.config import Settings
from aigcq.errors import IdempotencyConflict, QueueFull, TaskNotFound
from aigcq.limit import Law, News
from aigcq.limit.ceiling import Kind, Permit
from aigcq.model import Cancelled, Event, Phase, Status, Task
from aigcq.store.control import FORGET_WORKER_MS
from aigcq.store.deliveries import BREAKER_MS
from aigcq.store.tasks import NewTask
from tests.integration import laws

LONGEST_BREAK_MS = 60_000
FIRST_BREAK_MS = 500
PENDING_MS = 30_000


@dataclass(slots=True)
class Bucket:
    """Tokens to create vendor tasks with."""

    rate: float
    burst: int
    tokens: float
    at_ms: int
    used: bool = False

    def take(self, now: int) -> int:
        """Return 0 and take one, or return the ms until there is one."""
        if wait := self.until_one(now):
            return wait
        self.tokens, self.at_ms, self.used = self._filled(now) - 1, now, True
        return 0

    def until_one(self, now: int) -> int:
        return max(0, ceil((1 - self._filled(now)) * 1000 / self.rate))

    def _filled(self, now: int) -> float:
        return min(self.burst, self.tokens + (now - self.at_ms) * self.rate / 1000)


class Places:
    """Where tasks are. An open one is in exactly one of `queued`, `waiting` and `leases`."""

    def __init__(self, settings: Settings, now: int) -> None:
        self.settings = settings
        self.now = now
        self.tasks: dict[str, Task] = {}
        self.scores: dict[str, float] = {}
        self.unproven: set[str] = set()
        self.queued: dict[str, float] = {}
        self.waiting: dict[str, int] = {}
        self.leases: dict[str, int] = {}
        self.permits: dict[str, int] = {}
        self.unanswered: dict[str, int] = {}
        self.granted: dict[str, tuple[Kind, int, int]] = {}
        """Of each permit its kind, its epoch and its rank."""
        self.quarantine: dict[str, int] = {}
        self.ended: dict[str, int] = {}
        self.dead: dict[str, int] = {}
        self.overdue: dict[str, int] = {}
        self.workers: dict[str, int] = {}
        self.outcomes: dict[str, Any] = {}
        self.durations: dict[str, durations.Weights] = {}
        self.forgotten_at: dict[str, int] = {}
        self.told: list[tuple[str, str]] = []

    def tell(self, event: str, task_id: str = "") -> None:
        self.told.append((event, task_id))

    def change(self, task_id: str, **fields: Any) -> Task:
        self.tasks[task_id] = replace(self.tasks[task_id], **fields)
        return self.tasks[task_id]

    def order(self) -> list[str]:
        """Return the queued tasks, the next one first."""
        return by_score(self.queued)

    def queue(self, task_id: str) -> None:
        self.queued[task_id] = self.scores[task_id]

    def open_tasks(self) -> set[str]:
        return {*self.queued, *self.waiting, *self.leases}

    def position(self, task_id: str) -> int | None:
        if task_id in self.queued:
            return self.order().index(task_id) + 1
        return None if task_id in self.waiting else 0

    def end(self, task_id: str, status: Status, **fields: Any) -> None:
        self.change(task_id, status=status, ended_ms=self.now, due_ms=0, **fields)
        for place in (self.queued, self.waiting, self.leases):
            place.pop(task_id, None)
        self.ended[task_id] = self.now
        if status is Status.FAILED:
            self.dead[task_id] = self.now
        self.forgotten_at[task_id] = self.now + round(self.settings.result_ttl_seconds * 1000)

    def give(self, task_id: str, consumer: str, **fields: Any) -> Task:
        """Hand a task over."""
        self.unproven.add(task_id)
        self.leases[task_id] = self.now + self.lease_ms
        return self.change(task_id, consumer=consumer, fence=self.tasks[task_id].fence + 1, **fields)

    @property
    def lease_ms(self) -> int:
        return round(self.settings.lease_seconds * 1000)


class Limited(Places):
    """What stops claims: the threshold, the hold, the breaker, a pause, the budget."""

    def __init__(self, settings: Settings, now: int) -> None:
        super().__init__(settings, now)
        self.limit: dict[str, int] = {}
        """What the laws remember."""
        self.bucket = Bucket(settings.create_rate, settings.create_burst, settings.create_burst, now)
        self.paused_by = ""
        self.unknown_in_a_row = 0
        self.breaker_until_ms = 0

    def claim(self, consumer: str, count: int, law: Law) -> tuple[list[Task], int, int]:
        """Return what is given, and the ms until it is worth asking again and until a waiting task is due, or -1."""
        due = max(0, min(self.waiting.values()) - self.now) if self.waiting else -1
        if self.paused_by:
            return [], -1, due
        state, stop = laws.load(self.limit, law, self.now), -1
        taken: list[Task] = []
        while self.queued and len(taken) < count:
            kind = None
            stop = max(self._broken(), self.bucket.until_one(self.now))
            if not stop:
                state, kind, stop = laws.grant(state, law, len(self.permits), self._pending(), self.now)
            if not kind:
                break
            self.bucket.take(self.now)
            permit = kind, getattr(state, "epoch", 0), len(self.permits) + 1
            taken.append(self._take(self.order()[0], consumer, permit))
            stop = -1
        self._save(state)
        return taken, stop, due

    def hear(self, news: News, task_id: str, law: Law, ended_ms: int = 0) -> None:
        """The law hears what became of a permit; unless the task was accepted it is given back."""
        kind, epoch, rank = self.granted.get(task_id, (Kind.NORMAL, -1, 0))
        permit = Permit(kind=kind, epoch=epoch, rank=rank, granted_ms=self.permits.get(task_id, self.now))
        self.unanswered.pop(task_id, None)
        if news not in (News.ACCEPTED, News.WAITING):
            self.permits.pop(task_id, None)
        state, live, finished_ms = laws.load(self.limit, law, self.now), len(self.permits), self.now - ended_ms
        self._save(laws.tell(news, state, law, permit, live, self._pending(), self.now, finished_ms))

    def unreachable(self) -> None:
        self.unknown_in_a_row += 1
        self.breaker_until_ms = self.now + min(BREAKER_MS, FIRST_BREAK_MS * 2 ** min(self.unknown_in_a_row, 20))

    def pause(self, by: str) -> bool:
        if self.paused_by == "operator" != by:
            return False
        self.paused_by = by
        self.tell(Event.PAUSE)
        return True

    def beat(self, consumer: str) -> None:
        self.workers[consumer] = self.now
        self.workers = {each: at for each, at in self.workers.items() if at > self.now - FORGET_WORKER_MS}

    def resume(self, by: str) -> bool:
        if not self.paused_by or by not in ("operator", self.paused_by):
            return False
        self.paused_by = ""
        self.tell(Event.RESUME)
        return True

    def _save(self, state: laws.State) -> None:
        if state.threshold != self.limit.get("threshold"):
            self.tell(Event.LIMIT)
        self.limit = laws.save(self.limit, state)

    def _pending(self) -> int:
        return sum(granted_ms >= self.now - PENDING_MS for granted_ms in self.unanswered.values())

    def _broken(self) -> int:
        return max(0, min(self.breaker_until_ms, self.now + LONGEST_BREAK_MS) - self.now)

    def _take(self, task_id: str, consumer: str, permit: tuple[Kind, int, int]) -> Task:
        del self.queued[task_id]
        self.permits[task_id] = self.unanswered[task_id] = self.now
        self.granted[task_id] = permit
        self.tell(Event.CLAIM, task_id)
        started_ms = self.tasks[task_id].started_ms or self.now
        return self.give(task_id, consumer, status=Status.PROCESSING, phase=Phase.CLAIMED, started_ms=started_ms)


class Clients(Limited):
    """The verbs of clients and operators."""

    def __init__(self, settings: Settings, now: int) -> None:
        super().__init__(settings, now)
        self.seq = 0
        self.keys: dict[str, tuple[str, str, int]] = {}
        """Idempotency key -> task id, fingerprint, when it is forgotten."""

    def enqueue(self, new: NewTask) -> tuple[Task, int | None, bool]:
        """Return the task, its position, and whether the key named it before."""
        if new.id in self.tasks:
            return self.look(new.id)[0], self.position(new.id), False
        known_id, fingerprint, _ = self.keys.get(new.idempotency_key, ("", "", 0))
        if known_id in self.tasks:
            if fingerprint != new.fingerprint:
                raise IdempotencyConflict
            return self.tasks[known_id], self.position(known_id), True
        if len(self.open_tasks()) >= self.settings.backlog_limit:
            raise QueueFull(self.settings.backlog_limit, retry_after_seconds=0)
        return self._create(new), self.position(new.id), False

    def look(self, task_id: str) -> tuple[Task, int | None, Any]:
        if task_id not in self.tasks:
            raise TaskNotFound(task_id)
        return self.tasks[task_id], self.position(task_id), self.outcomes.get(task_id)

    def cancel(self, task_id: str) -> Cancelled:
        match self.look(task_id)[0].status:
            case Status.PROCESSING:
                self.change(task_id, cancel_requested=True)
                self.tell(Event.CANCEL_REQUEST, task_id)
                return Cancelled.REQUESTED
            case Status.QUEUED:
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
        kept = {name: getattr(task, name) for name in ("id", "tenant", "model", "priority", "fence", "created_ms")}
        self.tasks[task_id] = Task(**kept, status=Status.QUEUED, attempt=task.attempt + 1)
        for gone in (self.outcomes, self.ended, self.dead, self.permits, self.quarantine, self.forgotten_at):
            gone.pop(task_id, None)
        self.queue(task_id)
        self.tell(Event.REQUEUE, task_id)
        return True

    def age(self, ms: int) -> None:
        """Let time pass; records whose time is over are gone."""
        self.now += ms
        for task_id in [each for each, at in self.forgotten_at.items() if at <= self.now]:
            for kept in (self.tasks, self.outcomes, self.forgotten_at, self.scores):
                kept.pop(task_id, None)
        self.keys = {key: named for key, named in self.keys.items() if named[2] > self.now}

    def _create(self, new: NewTask) -> Task:
        self.seq += 1
        later = new.due_ms > self.now
        if new.idempotency_key:
            until = self.now + round(self.settings.idempotency_ttl_seconds * 1000)
            self.keys[new.idempotency_key] = new.id, new.fingerprint, until
        self.scores[new.id] = self.seq - new.priority * self.settings.priority_boost + new.priority / 1000
        self.tasks[new.id] = Task(
            id=new.id, status=Status.QUEUED, priority=new.priority, created_ms=self.now,
            due_ms=new.due_ms if later else 0,
        )  # fmt: skip
        if later:
            self.waiting[new.id] = new.due_ms
        else:
            self.queue(new.id)
        self.tell(Event.CREATE, new.id)
        return self.tasks[new.id]


def by_score(zset: dict[str, Any]) -> list[str]:
    return sorted(zset, key=lambda member: (zset[member], member))
