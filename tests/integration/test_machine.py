"""Anything, in any order, by several processes of which some are late: every answer is what the model says.

The time of Redis stands still but for `age`, so that the model can tell each answer exactly.
With AIGCQ_FULL=1 there are many more steps, and others every time; -s shows how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, multiple, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from aigcq.model import Delivery, Event, Task
from aigcq.store.tasks import NewTask
from tests.conftest import age, forget
from tests.integration import moves, moves_of_accounts, moves_of_limit, moves_of_money, moves_of_shares, still

T = TypeVar("T")

once_something_was_given = precondition(lambda machine: machine.given)


class Machine(moves_of_shares.Sharing, moves_of_money.Paying, moves_of_accounts.Leaving, moves_of_limit.Bounding):
    """All that may happen to them."""

    consumers = Bundle("consumers")

    @initialize(target=consumers)
    def three_workers_of_which_one_has_something(self) -> Any:
        names = [f"worker-{number}" for number in range(3)]
        self.stores = {name: self.world.store(self.queue, {}) for name in names}
        self.run(self.any.connection.prepare())
        for _ in range(3):
            self._enqueue(NewTask(id=self._new_id(), request='"x"'))
        self.claim(names[0], 2)
        return multiple(*names)

    @rule(consumer=consumers, law=st.sampled_from(moves.LAWS))
    def an_operator_changes_the_law_of_one_process(self, consumer: str, law: dict[str, int]) -> None:
        self.stores[consumer] = self.world.store(self.queue, law)

    @rule(
        priority=st.integers(-3, 3),
        key=moves.KEYS,
        body=st.sampled_from("xy"),
        later=st.sampled_from([0, 0, 0, 40_000]),
        webhook=st.sampled_from(["", "end", "start,end"]),
        whose=moves_of_shares.WHOSE,
    )
    def enqueue(self, priority: int, key: str, body: str, later: int, webhook: str, whose: dict[str, Any]) -> None:
        fields = {"idempotency_key": key, "fingerprint": body if key else "", "due_ms": later and still.NOW_MS + later}
        fields |= whose
        self._enqueue(NewTask(id=self._new_id(), request=f'"{body}"', priority=priority, webhook=webhook, **fields))

    @rule(start=st.sampled_from([0, 10_000]), end=st.sampled_from([0, 20_000, 90_000]))
    def enqueue_with_deadlines(self, start: int, end: int) -> None:
        deadlines = {"start_by_ms": start and still.NOW_MS + start, "end_by_ms": end and still.NOW_MS + end}
        self._enqueue(NewTask(id=self._new_id(), request='"x"', **deadlines))

    @rule(count=moves.COUNTS, receiver=st.sampled_from(["", "r1"]), then=st.sampled_from(["take", "done", "again"]))
    def one_ends_and_its_client_is_told(self, count: int, receiver: str, then: str) -> None:
        self._enqueue(NewTask(id=self._new_id(), request='"x"', webhook="start,end"))
        self.cancel(self.task_ids[-1])
        self.take_notes(count)
        self.go_on_with_the_last_note(receiver, then)

    @rule()
    def expire(self) -> None:
        self.both("expire", self.any.upkeep.expire(), self.model.expire)

    @rule(task_id=moves.TASKS, priority=st.integers(-3, 3))
    def reorder(self, task_id: str, priority: int) -> None:
        self.both("reorder", self.any.tasks.reorder(task_id, priority), lambda: self.model.reorder(task_id, priority))

    @rule(task_id=moves.TASKS)
    def erase(self, task_id: str) -> None:
        self.both("erase", self.any.tasks.erase(task_id), lambda: self.model.erase(task_id))

    @rule()
    def enqueue_two_for_later(self) -> None:
        for _ in range(2):
            self._enqueue(NewTask(id=self._new_id(), request='"x"', due_ms=still.NOW_MS + 40_000))

    @rule(task_id=moves.TASKS)
    def enqueue_the_same_id_again(self, task_id: str) -> None:
        if task_id in self.model.tasks:
            self._enqueue(NewTask(id=task_id, request='"again"'))

    def _new_id(self) -> str:
        """Return an id that is the same when the example is told again, and in no order."""
        return str(UUID(int=(len(self.task_ids) + 1) * moves.SCATTER % 2**128))

    def _enqueue(self, new: NewTask) -> None:
        async def view() -> Any:
            view = await self.any.tasks.enqueue(new)
            return view.task.id if view.replayed else view.task, view.position, view.replayed

        times = {name: getattr(new, name) for name in ("due_ms", "start_by_ms", "end_by_ms")}
        told = replace(new, **{name: ms and ms + self.aged_ms for name, ms in times.items()})
        self.note_today()
        self.both("enqueue", view(), lambda: self.model.enqueue(told))
        self.task_ids.append(new.id)

    @rule(consumer=consumers, count=moves.COUNTS)
    def claim(self, consumer: str, count: int) -> None:
        async def claimed() -> Any:
            claimed = await self.stores[consumer].deliveries.claim(consumer, count)
            return self._take(claimed.deliveries), still.ms_of(claimed.wait_seconds), still.ms_of(claimed.due_seconds)

        self.both("claim", claimed(), lambda: self.model.claim(consumer, count, self.law(consumer)))

    @rule(consumer=consumers)
    def claim_as_much_as_there_is(self, consumer: str) -> None:
        self.claim(consumer, 10)

    @rule(consumer=consumers, count=moves.COUNTS, expired=st.booleans(), unproven=st.integers(0, 1))
    def reclaim(self, consumer: str, count: int, expired: bool, unproven: int) -> None:
        how = {"expired": expired, "unproven": unproven}

        async def reclaimed() -> Any:
            deliveries, next_seconds = await self.stores[consumer].leases.reclaim(consumer, count, **how)
            return self._take(deliveries), still.ms_of(next_seconds)

        self.both("reclaim", reclaimed(), lambda: self.model.reclaim(consumer, count, **how))

    @rule(consumer=consumers)
    def everyone_has_died_and_one_takes_over(self, consumer: str) -> None:
        self.time_passes(60)
        self.reclaim(consumer, 10, True, 0)

    def _take(self, deliveries: Sequence[Delivery]) -> list[Task]:
        self.given += deliveries
        return [delivery.task for delivery in deliveries]

    @once_something_was_given
    @rule(consumer=consumers, deliveries=st.lists(moves.DELIVERIES, min_size=1, max_size=4))
    def renew(self, consumer: str, deliveries: list[Delivery]) -> None:
        real = self.any.leases.renew(consumer, deliveries)
        self.both("renew", real, lambda: self.model.renew(consumer, deliveries))

    @once_something_was_given
    @rule(delivery=moves.DELIVERIES)
    def begin_submission(self, delivery: Delivery) -> None:
        real = self.any.deliveries.begin_submission(delivery)
        self.both("begin_submission", real, lambda: self.model.begin(delivery))

    @once_something_was_given
    @rule(delivery=moves.DELIVERIES)
    def record_submission(self, delivery: Delivery) -> None:
        real, law, aged = self.any.deliveries.record_submission(delivery, "vod-1"), self.law(), self.aged_ms
        self.both("record_submission", real, lambda: self.model.record_submission(delivery, "vod-1", law) - aged)

    @once_something_was_given
    @rule(delivery=moves.DELIVERIES, progress=st.integers(1, 99))
    def record_progress(self, delivery: Delivery, progress: int) -> None:
        real = self.any.deliveries.record_progress(delivery, progress)
        self.both("record_progress", real, lambda: self.model.record_progress(delivery, progress))

    @once_something_was_given
    @rule(delivery=moves.DELIVERIES)
    def record_waiting(self, delivery: Delivery) -> None:
        real, law = self.any.deliveries.record_waiting(delivery), self.law()
        self.both("record_waiting", real, lambda: self.model.record_waiting(delivery, law))

    @once_something_was_given
    @rule(delivery=moves.DELIVERIES, seconds=moves.TENS, took=st.sampled_from([None, 70.0]))
    def release(self, delivery: Delivery, seconds: int, took: float | None = None) -> None:
        real = self.any.deliveries.release(delivery, ended_seconds=seconds, kind="m", took_seconds=took)
        law = self.law()
        self.both("release", real, lambda: self.model.release(delivery, law, seconds, took))

    @once_something_was_given
    @rule(
        delivery=moves.DELIVERIES, consumer=consumers, end=st.sampled_from(moves.ENDS),
        cost=st.sampled_from(moves_of_money.COSTS),
    )  # fmt: skip
    def settle(self, delivery: Delivery, consumer: str, end: tuple[Event, dict[str, Any]], cost: Any = None) -> None:
        (event, how), law, outcome = end, self.law(consumer), {"by": consumer}
        how = how | (cost or {})
        real = self.stores[consumer].deliveries.settle(delivery, event, outcome, **how)
        self.both("settle", real, lambda: self.model.settle(delivery, event, outcome, law, **how))

    @once_something_was_given
    @rule(delivery=moves.DELIVERIES, consumer=consumers, how=st.sampled_from(moves.RETRIES))
    def retry(self, delivery: Delivery, consumer: str, how: dict[str, Any]) -> None:
        real, law = self.stores[consumer].deliveries.retry(delivery, error_code="why", **how), self.law(consumer)
        self.both("retry", real, lambda: self.model.retry(delivery, "why", law, **how))

    @once_something_was_given
    @rule(delivery=moves.DELIVERIES)
    def hand_back(self, delivery: Delivery) -> None:
        self.both("hand_back", self.any.deliveries.hand_back(delivery), lambda: self.model.hand_back(delivery))

    @once_something_was_given
    @rule(
        delivery=moves.DELIVERIES,
        steps=st.lists(st.sampled_from(moves.STEPS_OF_ONE), min_size=2, max_size=6),
        consumer=consumers,
        end=st.sampled_from(moves.ENDS),
        how=st.sampled_from(moves.RETRIES),
    )
    def one_goes_its_way(self, delivery: Delivery, steps: list[str], consumer: str, end: Any, how: Any) -> None:
        for step in steps:
            match step:
                case "settle":
                    self.settle(delivery, consumer, end)
                case "retry":
                    self.retry(delivery, consumer, how)
                case "cancel" | "requeue":
                    getattr(self, step)(delivery.task_id)
                case "claim":
                    self.claim(consumer, 4)
                case "release":
                    self.release(delivery, 10)
                case _:
                    getattr(self, step)(delivery)

    @rule(task_id=st.one_of(moves.TASKS, moves.RUNNING))
    def cancel(self, task_id: str) -> None:
        self.both("cancel", self.any.tasks.cancel(task_id), lambda: self.model.cancel(task_id))

    @rule(task_id=st.one_of(moves.TASKS, moves.FAILED))
    def requeue(self, task_id: str) -> None:
        self.note_today()
        self.both("requeue", self.any.tasks.requeue(task_id), lambda: self.model.requeue(task_id))

    @rule(task_id=moves.TASKS)
    def look(self, task_id: str) -> None:
        async def view() -> Any:
            view = await self.any.tasks.get(task_id)
            return view.task, view.position, view.outcome

        self.both("look", view(), lambda: self.model.look(task_id))

    @rule(count=moves.COUNTS)
    def promote(self, count: int) -> None:
        self.both("promote", self.any.upkeep.promote(count), lambda: self.model.promote(count))

    @rule()
    def what_waited_is_due_one_by_one(self) -> None:
        self.time_passes(100)
        self.promote(1)

    @rule(chore=st.sampled_from(moves.CHORES), consumer=consumers, count=moves.COUNTS)
    def chore(self, chore: str, consumer: str, count: int) -> None:
        one, model, by = self.any, self.model, ("operator", "operator", "vendor")[count % 3]

        async def beaten() -> None:
            await one.control.beat(consumer, {})

        match chore:
            case "repair":
                self.both(chore, one.upkeep.repair(page=3), lambda: 0)
            case "pause":
                self.both(chore, one.control.pause("why", by=by), lambda: model.pause(by))
            case "resume":
                self.both(chore, one.control.resume(by=by), lambda: model.resume(by))
            case "beat":
                self.both(chore, beaten(), lambda: model.beat(consumer))

    @rule(seconds=moves.TENS)
    def time_passes(self, seconds: int) -> None:
        self.both("age", age(self.any, seconds), lambda: self.model.age(seconds * 1000))
        self.aged_ms += seconds * 1000
        self.notes_age(seconds * 1000)

    @invariant()
    def redis_holds_what_the_model_says(self) -> None:
        if not self.stores:
            return
        seen, broken, self.newest_event = self.run(still.look(self.any, self.newest_event))
        assert broken == []
        model_says = still.expected(self.model, self.aged_ms)
        for name in still.Seen.__slots__:
            assert getattr(seen, name) == getattr(model_says, name), name

    def teardown(self) -> None:
        if self.stores:
            self.run(forget(self.any))


@pytest.mark.timeout(1800 if moves.FULL else 300)
@pytest.mark.parametrize("policy", ["step", "ceiling"])
def test_every_answer_and_all_that_redis_holds_is_what_the_model_says(
    redis_url: str, policy: str, record_property: Callable[[str, object], None]
) -> None:
    with still.world(redis_url, limit_policy=policy) as one:
        machine = type("Queue", (Machine,), {"world": one, "steps": Counter()})
        run_machine(machine, settings=moves.PROFILE)

    record_property("steps", steps := machine.steps.total())
    print(f"\n{steps} steps: {dict(machine.steps.most_common())}")
    assert steps > moves.PROFILE.max_examples * moves.STEPS / 2
