"""The law in Redis is the law of limit/step.py: the same steps, the same state, the same permits."""

from __future__ import annotations

import json
from secrets import token_hex

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aigcq.limit import Law, News
from aigcq.limit.step import State, grant, recover, refused
from aigcq.model import Delivery
from aigcq.store import Store
from tests.conftest import age, forget
from tests.integration.steps import (
    WORKER_A,
    alter,
    beside,
    claim,
    complete,
    enqueue,
    fail,
    live,
    put_back,
    submitted,
    take,
    threshold,
)

pytestmark = pytest.mark.asyncio

CLOCK = """
local real, clock = redis, '{clock}'
local redis = {{pcall = real.pcall, call = function(command, ...)
    if command ~= 'TIME' then return real.call(command, ...) end
    local ms = tonumber(real.call('GET', clock))
    return {{math.floor(ms / 1000), ms % 1000 * 1000}}
end}}
"""
"""Puts the time of Redis into the hands of the test."""

LAWS = st.fixed_dictionaries(
    {
        "default_threshold": st.integers(1, 20),
        "min_threshold": st.integers(1, 8),
        "max_threshold": st.integers(1, 20),
        "threshold_decrease": st.integers(1, 5),
        "threshold_increase": st.integers(1, 3),
        "recovery_interval": st.sampled_from([0.0001, 1, 60]),
        "hold_seconds": st.sampled_from([0.0001, 2, 30]),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("time"), st.integers(-5_000, 200_000)),
        st.tuples(st.just("claim"), st.integers(1, 8)),
        st.tuples(st.sampled_from(["retry", "settle", "complete"]), st.integers(0, 20)),
    ),
    min_size=5,
    max_size=30,
)


class Twin:
    """The store on a clock of ours, and the pure law beside it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.law = Law.of(store.connection.settings)
        self.now_ms = 1_800_000_000_000
        self.state: State | None = None
        self.held: list[Delivery] = []
        self.queued = 0
        self._clock = store.connection.keys.prefix + "clock"
        for verb in ("claim", "retry", "settle", "enqueue"):
            alter(store, verb, CLOCK.format(clock=self._clock))

    async def time(self, ms: int) -> None:
        self.now_ms += ms
        await self.store.connection.client.set(self._clock, self.now_ms)

    async def claim(self, count: int) -> None:
        state = self.state or State(threshold=self.law.default, quiet_ms=self.now_ms)
        self.state = recover(state, self.law, self.now_ms)
        expected = 0
        while expected < min(count, self.queued):
            granted, _ = grant(self.state, self.law, len(self.held) + expected, self.now_ms)
            if not granted:
                break
            expected += 1

        given_now = await claim(self.store, WORKER_A, count)

        assert len(given_now) == expected
        self.held += given_now
        self.queued -= len(given_now)

    async def throttled(self, how: str, number: int) -> None:
        delivery = self.held.pop(number % len(self.held))
        granted = await self.store.connection.client.zscore(self.store.connection.keys.permits, delivery.task_id)
        if how == "complete":
            await complete(self.store, delivery)
            return
        assert self.state is not None
        self.state = refused(self.state, self.law, self.now_ms, int(granted))
        if how == "retry":
            await put_back(self.store, delivery, news=News.REFUSED)
            self.queued += 1
        else:
            await fail(self.store, delivery, news=News.REFUSED)

    async def agree(self) -> None:
        stored = await self.store.connection.client.hgetall(self.store.connection.keys.limit)
        if self.state is None:
            assert stored == {}
            return
        in_redis = recover(State.from_record(stored, self.law, self.now_ms), self.law, self.now_ms)
        assert in_redis == recover(self.state, self.law, self.now_ms)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(law=LAWS, steps=STEPS)
async def test_the_law_in_redis_is_the_pure_law(store, law, steps):
    twin = Twin(beside(store, f"test-{token_hex(6)}", **law))
    await twin.store.connection.prepare()
    await twin.time(0)
    await enqueue(twin.store, 15)
    twin.queued = 15

    for name, number in steps:
        if name == "time":
            await twin.time(number)
        elif name == "claim":
            await twin.claim(number)
        elif twin.held:
            await twin.throttled(name, number)
        await twin.agree()

    await forget(twin.store)


async def history(store: Store) -> list[tuple[str, str, str]]:
    entries = await store.connection.client.xrange(store.connection.keys.history)
    return [(entry[1]["cause"], entry[1]["old"], entry[1]["new"]) for entry in entries]


async def test_every_change_is_on_record_with_its_cause(store):
    await enqueue(store, 2)
    first, second = await claim(store)
    await put_back(store, first, news=News.REFUSED)
    await put_back(store, second, news=News.REFUSED)
    await age(store, 60)
    await claim(store)

    assert await history(store) == [("started", "", "12"), ("refused", "12", "10"), ("recovered", "10", "11")]


async def test_one_burst_of_refusals_is_one_cut(store):
    await enqueue(store, 12)
    for delivery in await claim(store):
        await put_back(store, delivery, news=News.REFUSED)

    assert await threshold(store) == 10


async def test_one_burst_of_failures_is_one_cut(store):
    await enqueue(store, 12)
    for delivery in await claim(store):
        await fail(store, delivery, news=News.REFUSED)

    assert await threshold(store) == 10


@pytest.mark.settings(hold_seconds=0.001)
async def test_refusals_of_permits_given_after_the_cut_cut_again_down_to_the_minimum(store):
    found = []
    for _ in range(6):
        (delivery,) = await claim(store) or [await take(store)]
        await put_back(store, delivery, news=News.REFUSED)
        await age(store, 1)
        found.append(await threshold(store))

    assert found == [10, 8, 6, 4, 2, 2]


async def test_a_throttled_task_that_fails_feeds_the_law_like_one_that_goes_back(store):
    await fail(store, await submitted(store, await take(store)), error_code="vendor_throttled", news=News.REFUSED)

    assert await threshold(store) == 10
    assert await live(store) == 0


async def test_what_is_stored_of_the_law_is_whole_numbers(store):
    await put_back(store, await take(store), news=News.REFUSED)

    stored = await store.connection.client.hgetall(store.connection.keys.limit)
    assert all(json.loads(value) == int(value) for value in stored.values())
