"""What one queue must be like and what every verb must answer: the rules, without Redis.

Here: where things are, and what stops claims.

Pure: no I/O, no clock, no randomness. Times are milliseconds that only `age` moves on. A verb
raises what the store's verb raises, and returns what it says, as plain values.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import ceil

from aigcq import durations
from aigcq.config import Settings
from aigcq.errors import InvalidRequest
from aigcq.limit import Law, News
from aigcq.limit.ceiling import Kind, Permit
from aigcq.limit.law import Bounds
from aigcq.model import Event, Phase, Status, Task
from aigcq.store.control import FORGET_WORKER_MS
from aigcq.store.deliveries import BREAKER_MS
from tests.integration import laws
from tests.integration.model_of_shares import Shares, by_score

__all__ = ["Limited", "by_score"]

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


class Places(Shares):
    """Where tasks are. An open one is in exactly one of `queued`, `waiting` and `leases`."""

    def __init__(self, settings: Settings, now: int) -> None:
        super().__init__()
        self.settings = settings
        self.now = now
        self.tasks: dict[str, Task] = {}
        self.unproven: set[str] = set()
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
        self.deadlines: dict[str, int] = {}
        self.outbox: dict[str, int] = {}
        self.tries: dict[str, int] = {}
        self.failing: dict[str, tuple[int, int, bool]] = {}
        """Receiver -> failures, since when, whether it is disabled."""
        self.receivers: dict[str, int] = {}
        self.uploads: dict[str, int] = {}
        """No task of the machine has a picture; `tests/worker/test_uploads.py` is about them."""
        self.workers: dict[str, int] = {}
        self.outcomes: dict[str, object] = {}
        self.durations: dict[str, durations.Weights] = {}
        self.forgotten_at: dict[str, int] = {}
        self.told: list[tuple[str, str]] = []

    def tell(self, event: str, task_id: str = "") -> None:
        self.told.append((event, task_id))

    def change(self, task_id: str, **fields: object) -> Task:
        self.tasks[task_id] = replace(self.tasks[task_id], **fields)
        return self.tasks[task_id]

    def open_tasks(self) -> set[str]:
        return {*self.queued, *self.waiting, *self.leases}

    def position(self, task_id: str) -> int | None:
        if task_id in self.queued:
            return self.order().index(task_id) + 1
        return None if self.tasks[task_id].status is Status.QUEUED else 0  # it waits, or is on its way elsewhere

    def post(self, task_id: str, moment: str) -> None:
        if moment in self.tasks[task_id].webhook:
            self.outbox[f"{task_id}:{moment}"] = self.now

    def end(self, task_id: str, status: Status, **fields: object) -> None:
        self.post(task_id, "end")
        self.change(task_id, status=status, ended_ms=self.now, due_ms=0, **fields)
        if task_id in self.queued:
            self.leave(task_id)
        for place in (self.waiting, self.leases):
            place.pop(task_id, None)
        self.ended[task_id] = self.now
        if status is Status.FAILED:
            self.dead[task_id] = self.now
        self.forgotten_at[task_id] = self.now + round(self.settings.result_ttl_seconds * 1000)

    def give(self, task_id: str, consumer: str, **fields: object) -> Task:
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
        if self.paused_by or any(at_ms <= self.now for at_ms in self.deadlines.values()):
            return [], -1, due
        state, stop = laws.load(self.limit, law, self.now), -1
        taken: list[Task] = []
        while self.queued and len(taken) < count:
            kind = None
            stop = max(self._broken(), self.bucket.until_one(self.now))
            after = state
            if not stop:
                after, kind, stop = laws.grant(state, law, len(self.permits), self._pending(), self.now)
            if not kind:
                state = after
                break
            if not (first := self._first()):
                stop = -1
                break
            state = after
            self.bucket.take(self.now)
            permit = kind, getattr(state, "epoch", 0), len(self.permits) + 1
            taken.append(self._take(first, consumer, permit))
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

    def bound(self, minimum: int | None, maximum: int | None, highest: int) -> bool:
        if (minimum or 0) > (maximum or highest):
            raise InvalidRequest("minimum", "")
        told = {name: most for name, most in (("minimum", minimum), ("maximum", maximum)) if most}
        before, known = self.limit, {name: value for name, value in self.limit.items() if name not in Bounds._fields}
        self.limit = known | told
        if (old := known.get("threshold")) is not None:
            self.limit["threshold"] = max(minimum or 0, min(maximum or old, old))
            if self.limit["threshold"] != old:
                self.tell(Event.LIMIT)
        return any(before.get(name) != told.get(name) for name in Bounds._fields)

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

    def _first(self) -> str:
        """Return the first in the order whose tenant has room; empty if there is none."""
        live = Counter(self.tenants[task_id] for task_id in self.permits)
        return next((each for each in self.order() if live[self.tenants[each]] < self.cap_of(each)), "")

    def _save(self, state: laws.State) -> None:
        if state.threshold != self.limit.get("threshold"):
            self.tell(Event.LIMIT)
        self.limit = laws.save(self.limit, state)

    def _pending(self) -> int:
        return sum(granted_ms >= self.now - PENDING_MS for granted_ms in self.unanswered.values())

    def _broken(self) -> int:
        return max(0, min(self.breaker_until_ms, self.now + LONGEST_BREAK_MS) - self.now)

    def _take(self, task_id: str, consumer: str, permit: tuple[Kind, int, int]) -> Task:
        self.come_to(task_id)
        self.permits[task_id] = self.unanswered[task_id] = self.now
        self.granted[task_id] = permit
        self.tell(Event.CLAIM, task_id)
        started_ms = self.tasks[task_id].started_ms or self.now
        return self.give(task_id, consumer, status=Status.PROCESSING, phase=Phase.CLAIMED, started_ms=started_ms)
