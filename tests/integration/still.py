"""A queue whose time stands still but for `age`: every answer can be told beforehand, to the millisecond."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from secrets import token_hex
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.durations import Sketch, Weights
from aigcq.errors import AigcqError
from aigcq.limit import Law
from aigcq.limit.law import Bounds
from aigcq.model import Delivery, Status, Task
from aigcq.store import Store
from aigcq.store.answers import CancelledBeforeSending, OverdueBeforeSending, SessionExpired
from aigcq.store.connection import Connection
from aigcq.store.scripts import Scripts, composed, sources
from tests.integration.invariants import ZSETS, picture, violations
from tests.integration.model_of_workers import Model
from tests.integration.steps import beside

T = TypeVar("T")

POLICIES = ("step", "ceiling")
NOW_MS = 1_800_000_000_000
TIME = "redis.call('TIME')"
STANDS_STILL = f"{{{NOW_MS // 1000}, 0}}"
SETTINGS: dict[str, Any] = {
    "limit_policy": "step", "default_threshold": 4, "min_threshold": 1, "max_threshold": 6, "recovery_interval": 100,
    "hold_seconds": 20, "lease_seconds": 60, "backlog_limit": 8, "create_rate": 0.1, "create_burst": 8,
    "session_seconds": 105, "idempotency_ttl_seconds": 205, "result_ttl_seconds": 405, "priority_boost": 2,
    "webhook_disable_failures": 2, "webhook_disable_seconds": 15,
}  # fmt: skip
"""Time passes in tens of seconds. What must not be due by a hair ends between two tens."""


class Days(SystemClock):
    """A clock for the day on which money counts; it stands still until it is set."""

    def __init__(self) -> None:
        self.set(NOW_MS / 1000)

    def set(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now


class World:
    """A loop, a Redis, and the scripts with a clock that stands still."""

    def __init__(self, runner: asyncio.Runner, url: str, own: dict[str, Any]) -> None:
        self.runner = runner
        self.settings = Settings(**SETTINGS | own)
        self.connection = runner.run(_connection(self.settings, url))
        self.client = self.connection.client
        self.clock = Days()
        self.scripts = {policy: Scripts(self.client, self.connection.batches, policy) for policy in POLICIES}
        for verb in sources():
            self.alter(verb, "", "")

    def alter(self, verb: str, line: str, instead: str) -> None:
        """Let one verb run with `instead` in the place of `line`, which one of the laws may have alone."""
        texts = {policy: composed(verb, policy) for policy in POLICIES}
        counts = {text.count(line) for text in texts.values()} if line else {1}
        assert max(counts) == 1, f"{verb} has {counts} times: {line}"
        for policy, text in texts.items():
            altered = (text.replace(line, instead) if line else text).replace(TIME, STANDS_STILL)
            self.scripts[policy]._scripts[verb] = self.client.register_script(altered)

    def store(self, queue: str, law: dict[str, Any]) -> Store:
        """Return a process's way to one queue."""
        near = beside(Store.over(self.connection), queue, **law).connection
        return Store.over(replace(near, scripts=self.scripts[near.settings.limit_policy], clock=self.clock))


async def _connection(settings: Settings, url: str) -> Connection:
    return Connection.open(settings, url)


@contextmanager
def world(url: str, **own: Any) -> Iterator[World]:
    with asyncio.Runner() as runner:
        made = World(runner, url, own)
        try:
            yield made
        finally:
            runner.run(made.connection.close())


def outcome_of(told: Callable[[], Any]) -> Any:
    """Return what is returned, or the class of what is raised."""
    try:
        return told()
    except (AigcqError, CancelledBeforeSending, OverdueBeforeSending, SessionExpired) as error:
        return type(error)


async def outcome_of_call(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except (AigcqError, CancelledBeforeSending, OverdueBeforeSending, SessionExpired) as error:
        return type(error)


def ms_of(seconds: float | None) -> int:
    return -1 if seconds is None else round(seconds * 1000)


def moved(value: Any, by_ms: int) -> Any:
    """Return `value` with every time in it moved; what has not happened stays at 0."""
    if isinstance(value, list | tuple):
        return type(value)(moved(each, by_ms) for each in value)
    if isinstance(value, dict):
        return {name: at + by_ms if at and name.endswith("_ms") else at for name, at in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        times = [field.name for field in fields(value) if field.name.endswith("_ms")]
        return replace(value, **{name: at + by_ms for name in times if (at := getattr(value, name))})
    return value


@dataclass(slots=True)
class Seen:
    """What Redis holds of a queue, in the words of the model."""

    tasks: dict[str, Task]
    unproven: set[str]
    scores: dict[str, float]
    zsets: dict[str, dict[str, float]]
    pending: dict[str, str]
    """Task id -> consumer."""
    stream: list[str]
    outcomes: set[str]
    granted: dict[str, str]
    limit: dict[str, int]
    tokens: float
    meta: dict[str, str]
    told: list[tuple[str, str]]
    durations: dict[str, Weights]
    purses: dict[str, dict[str, int]]
    shares: dict[str, float]
    """Tenant -> where what it has queued ends; the moment of the order."""


async def look(store: Store, after_event: str) -> tuple[Seen, list[str], str]:
    """Return what Redis holds, the invariants that are violated, and the id of the newest event."""
    client, keys = store.connection.client, store.connection.keys
    it = await picture(client, keys)
    limit, meta, bucket = (it.others.get(name, {}) for name in (keys.limit, keys.meta, keys.rate("create")))
    events = await client.xrange(keys.events, min=f"({after_event}")
    task_of = dict(it.entries)
    seen = Seen(
        tasks={task_id: Task.from_record(task_id, record) for task_id, record in it.tasks.items()},
        unproven={task_id for task_id, record in it.tasks.items() if "unproven" in record},
        scores={task_id: float(record["score"]) for task_id, record in it.tasks.items()},
        zsets=it.zsets,
        pending={task_of[entry_id]: consumer for entry_id, consumer in it.pending.items()},
        stream=sorted(task_of.values()),
        outcomes={task_id for task_id in it.tasks if keys.result(task_id) in it.ttls},
        granted={task_id: record["permit"] for task_id, record in it.tasks.items() if "permit" in record},
        limit={name: int(value) for name, value in limit.items()},
        tokens=float(bucket.get("tokens", -1)),
        meta={name: meta[name] for name in MEMORIES if name in meta},
        told=[(fields["event"], fields.get("task", "")) for _, fields in events],
        durations={
            name.removeprefix(keys.durations("")): Sketch.from_record(record).weights
            for name, record in it.others.items()
            if name.startswith(keys.durations(""))
        },
        purses={
            name.removeprefix(keys.spend_prefix + ":"): {
                what: int(amount) for what, amount in purse.items() if amount != "0"
            }
            for name, purse in it.others.items()
            if name.startswith(keys.spend_prefix + ":")
        },
        shares=_shares(it.others.get(keys.finish, {}), meta.get("vtime")),
    )
    return seen, violations(it, keys), events[-1][0] if events else after_event


def _shares(finish: Mapping[str, float | str], moment: float | str | None) -> dict[str, float]:
    """Return what counts: a tenant that ends before the moment of the order begins there anew."""
    now = float(moment or 0)
    return {"now": now} | {f"of {tenant}": float(end) for tenant, end in finish.items() if float(end) > now}


MEMORIES = ("seq", "paused_by", "unknown_in_a_row", "breaker_until_ms")


def expected(model: Model, aged_ms: int) -> Seen:
    """Return what the model says that Redis holds, and forget what was told."""
    told, model.told = model.told, []
    zsets = {name: getattr(model, name) for name in ZSETS}
    memories = {
        "seq": model.seq,
        "paused_by": model.paused_by,
        "unknown_in_a_row": model.unknown_in_a_row,
        "breaker_until_ms": model.breaker_until_ms and model.breaker_until_ms - aged_ms,
    }
    return Seen(
        tasks={task_id: moved(task, -aged_ms) for task_id, task in model.tasks.items()},
        unproven=model.unproven & set(model.tasks),
        scores=model.scores,
        zsets={
            name: {each: at - aged_ms * (name != "queued" and at > 0) for each, at in zset.items()}
            for name, zset in zsets.items()
        },
        pending={task_id: model.tasks[task_id].consumer for task_id in model.leases},
        stream=sorted(model.open_tasks()),
        outcomes=set(model.outcomes),
        granted={task_id: ":".join(map(str, permit)) for task_id, permit in model.granted.items()},
        limit=moved(model.limit, -aged_ms),
        tokens=model.bucket.tokens if model.bucket.used else -1,
        meta={name: str(value) for name, value in memories.items() if value},
        told=told,
        durations=dict(model.durations),
        purses={name: {what: n for what, n in purse.items() if n} for name, purse in model.purses.items()},
        shares=_shares(model.finish, model.moment),
    )


class Twins(RuleBasedStateMachine):
    """A queue in Redis and the model of one, which are told the same."""

    world: World
    steps: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.queue = f"test-{token_hex(6)}"
        self.stores: dict[str, Store] = {}
        self.model = Model(self.world.settings, NOW_MS)
        self.aged_ms = 0
        self.newest_event = "0-0"
        self.given: list[Delivery] = []
        self.task_ids: list[str] = []

    @property
    def any(self) -> Store:
        return next(iter(self.stores.values()))

    def run(self, call: Awaitable[T]) -> T:
        return self.world.runner.run(call)

    def current(self) -> list[Delivery]:
        return [delivery for delivery in self.given if self.model.owns(delivery)]

    def having(self, status: Status) -> list[str]:
        return [task_id for task_id, task in self.model.tasks.items() if task.status is status]

    def law(self, consumer: str = "worker-0") -> Law:
        told = Bounds(*(self.model.limit.get(name) for name in Bounds._fields))
        return Law.of(self.stores[consumer].connection.settings).within(told)

    def both(self, verb: str, real: Awaitable[Any], told: Callable[[], Any]) -> Any:
        """Let Redis and the model do it; what both answer is returned."""
        self.steps[verb] += 1
        model_says = moved(outcome_of(told), -self.aged_ms)
        redis_says = self.run(outcome_of_call(real))
        assert redis_says == model_says, verb
        return redis_says
