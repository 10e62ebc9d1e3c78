"""Anything, in any order, by two workers of which some are late: nothing is ever broken, and fences decide."""

from __future__ import annotations

from secrets import token_hex

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aigcq.errors import LeaseLost
from aigcq.model import ENDED, Delivery, Event, Status
from aigcq.store import Store
from aigcq.store.deliveries import CancelledBeforeSending
from tests.conftest import age, broken, forget
from tests.integration.steps import A_LEASE, WORKER_A, WORKER_B, beside, claim, complete, enqueue, fail, put_back

pytestmark = pytest.mark.asyncio

VERBS = ["begin", "record", "progress", "release", "succeed", "fail", "give_up", "abort", "retry", "later", "hand_back"]
CHORES = ["enqueue", "claim", "reclaim", "promote", "cancel", "requeue", "repair", "minute", "lease", "pause", "resume"]
STEPS = st.lists(
    st.tuples(st.sampled_from(VERBS * 2 + CHORES * 2 + ["claim"] * 10), st.integers(0, 99)), min_size=15, max_size=60
)


class Machine:
    """A queue, and what must be true of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.task_ids: list[str] = []
        self.given: list[Delivery] = []
        self.owner: dict[str, Delivery] = {}
        """Who holds what, as far as workers were told."""
        self.ended: dict[str, tuple[Status, int]] = {}

    def own(self, delivery: Delivery) -> None:
        before = self.owner.get(delivery.task_id)
        assert not before or delivery.fence > before.fence
        self.given.append(delivery)
        self.owner[delivery.task_id] = delivery

    async def step(self, name: str, number: int) -> None:
        if name in VERBS:
            if self.given:
                await self.write(name, self.given[number % len(self.given)])
        elif name in ("cancel", "requeue"):
            if self.task_ids:
                await self.of_clients(name, self.task_ids[number % len(self.task_ids)])
        else:
            await self.chore(name, (WORKER_A, WORKER_B)[number % 2], number)

    async def write(self, name: str, delivery: Delivery) -> None:
        mine = self.owner.get(delivery.task_id) == delivery
        try:
            going_on = await self.call(name, delivery)
        except LeaseLost:
            assert not mine, f"{name} was refused to the owner"
            return
        assert mine, f"{name} was granted to a stranger"
        if not going_on:
            del self.owner[delivery.task_id]

    async def call(self, name: str, delivery: Delivery) -> bool:
        """Call the verb; return whether the delivery goes on."""
        verbs, task = self.store.deliveries, delivery
        match name:
            case "begin":
                try:
                    await verbs.begin_submission(task)
                except CancelledBeforeSending:
                    await verbs.settle(task, Event.ABORT, {})
                    return False
            case "record":
                await verbs.record_submission(task, "vod-1")
            case "progress":
                await verbs.record_progress(task, 50)
            case "release":
                await verbs.release(task)
            case _:
                return await self.end(name, task)
        return True

    async def end(self, name: str, task: Delivery) -> bool:
        store = self.store
        match name:
            case "succeed":
                await complete(store, task)
            case "fail":
                await fail(store, task, throttled=True)
            case "give_up":
                await fail(store, task, quarantine_seconds=30)
            case "abort":
                await store.deliveries.settle(task, Event.ABORT, {})
            case "hand_back":
                await store.deliveries.hand_back(task)
            case "retry":
                return not await put_back(store, task, next_attempt=True)
            case "later":
                return not await put_back(store, task, delay_seconds=30, tried=True, throttled=True)
        return False

    async def of_clients(self, name: str, task_id: str) -> None:
        if name == "cancel":
            await self.store.tasks.cancel(task_id)
        elif await self.store.tasks.requeue(task_id):
            assert self.ended.pop(task_id)[0] is Status.FAILED

    async def chore(self, name: str, worker: str, number: int) -> None:
        store = self.store
        match name:
            case "enqueue":
                self.task_ids += await enqueue(store, 2, priority=number % 21 - 10)
            case "claim":
                for delivery in await claim(store, worker, 3):
                    self.own(delivery)
            case "reclaim":
                for delivery in (await store.deliveries.reclaim(worker, 3))[0]:
                    self.own(delivery)
            case "repair":
                assert await store.deliveries.repair(page=3) == 0
            case "minute" | "lease":
                await age(store, A_LEASE if name == "lease" else 60)
            case _:
                await self.operate(name, worker)

    async def operate(self, name: str, worker: str) -> None:
        match name:
            case "promote":
                await self.store.deliveries.promote(2)
            case "pause":
                await self.store.control.pause("why", by="vendor")
            case "resume":
                await self.store.control.resume()
                await self.store.control.beat(worker, {})

    async def check(self) -> None:
        assert await broken(self.store) == []
        overview = await self.store.control.overview()
        assert overview.live <= 5
        for task_id in self.task_ids:
            task = (await self.store.tasks.get(task_id)).task
            if task_id in self.ended:
                assert (task.status, task.ended_ms > 0) == (self.ended[task_id][0], True)
            elif task.status in ENDED:
                self.ended[task_id] = (task.status, task.fence)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_nothing_that_happens_breaks_the_queue(store, steps):
    law = {"default_threshold": 5, "max_threshold": 5, "hold_seconds": 0.0001}
    machine = Machine(beside(store, f"test-{token_hex(6)}", **law))
    await machine.store.connection.prepare()
    machine.task_ids += await enqueue(machine.store, 3)

    for name, number in steps:
        await machine.step(name, number)
        await machine.check()

    await forget(machine.store)
