"""Two accounts with limits 3 and 5 in one process; one fails authentication for a while: everything is made once."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
import yaml

from aigcq.accounts import Accounts, Mover, OpenAccount, StoreOfAll, open_accounts
from aigcq.catalogue import load
from aigcq.cli.account import employ
from aigcq.cli.serve import deliverer_of, vendor_of
from aigcq.clock import SystemClock
from aigcq.model import ENDED
from aigcq.request import VideoRequest
from aigcq.simulator import SimulatorSettings, server
from aigcq.store import Store
from aigcq.worker import crew
from aigcq.worker.worker import Worker
from tests.acceptance.cluster import audit
from tests.conftest import forget, until
from tests.integration.steps import new

pytestmark = pytest.mark.asyncio
LIMITS = {"east": 3, "west": 5}
REQUEST = load().resolve(VideoRequest(prompt="a fox"))


@dataclass
class Vendors:
    """A simulator for each account, and how many ran at once, phase by phase."""

    urls: dict[str, str]
    http: aiohttp.ClientSession
    seen: Counter[tuple[str, int, int]] = field(default_factory=Counter)

    async def told(self, name: str, what: str) -> dict[str, Any]:
        async with self.http.get(f"{self.urls[name]}/_simulator/{what}") as answer:
            return dict(await answer.json())

    async def strike(self, name: str, **faults: float) -> None:
        async with self.http.patch(f"{self.urls[name]}/_simulator/settings", json={"faults": faults}) as answer:
            assert answer.status == 200, await answer.text()

    async def sample(self, phase: str) -> tuple[int, int]:
        east, west = [(await self.told(name, "counters"))["live"] for name in LIMITS]
        self.seen[phase, east, west] += 1
        return east, west

    def all_of(self, phase: str) -> set[tuple[int, int]]:
        return {(east, west) for name, east, west in self.seen if name == phase}


@asynccontextmanager
async def vendors() -> AsyncIterator[Vendors]:
    """Run a simulator with credentials of its own for each account."""
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
        servers, urls = [], {}
        for name, limit in LIMITS.items():
            listening = socket.create_server(("127.0.0.1", 0))
            host, port = listening.getsockname()
            own = SimulatorSettings(
                secret_id=f"AKID{name}", secret_key=f"key-of-{name}", concurrency=limit, latency=(0.6, 0.9),
                overflow="sync_reject", create_rate=1000, describe_rate=10_000,
            )  # fmt: skip
            simulator = server(own, host, port)
            servers.append((simulator, group.create_task(simulator.serve(sockets=[listening]))))
            while not simulator.started:
                await SystemClock().sleep(0.01)
            urls[name] = f"http://{host}:{port}"
        try:
            yield Vendors(urls, http)
        finally:
            for simulator, serving in reversed(servers):  # each puts the signal handlers back that it has found
                simulator.should_exit = True
                await serving


@asynccontextmanager
async def working(accounts: Accounts) -> AsyncIterator[None]:
    """Let two processes work for all accounts, each with a mover."""
    clock, models = SystemClock(), load()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        crews = []
        for _ in range(2):
            members = [await member(each, clock, models, stack) for each in accounts]
            crews.append(crew.Crew(members, Mover(accounts)))
            group.create_task(crews[-1].run())
        try:
            yield
        finally:
            for each in crews:
                each.stop()


async def member(each: OpenAccount, clock: SystemClock, models: Any, stack: AsyncExitStack) -> crew.Member:
    own = each.account.settings
    worker = Worker(each.store, await stack.enter_async_context(vendor_of(own, clock)), own, clock, models, Random())
    deliverer = deliverer_of(each.store, own, clock, worker.listener.posted)
    employed = partial(employ, each.store, own, worker.consumer, worker.stop)
    return crew.Member(account=each.name, worker=worker, deliverer=deliverer, employed=employed)


async def moved(accounts: Accounts, task_ids: list[str]) -> list[str]:
    return [task_id for task_id in task_ids if (await accounts[0].store.moves.trace(task_id)).moved_to]


async def test_one_of_two_accounts_fails_authentication_for_a_while_and_everything_is_made_once(
    settings, redis_url, monkeypatch
):
    monkeypatch.setattr(crew, "MOVE_SECONDS", 0.1)
    async with vendors() as simulated:
        entries = [
            {"name": f"{settings.queue}-{name}", "secret_id": f"AKID{name}", "secret_key": f"key-of-{name}",
             "endpoint": simulated.urls[name], "max_threshold": limit}
            for name, limit in LIMITS.items()
        ]  # fmt: skip
        write(entries)
        own = settings.model_copy(update={"accounts": "accounts.yaml", "lease_seconds": 3.0})
        async with open_accounts(own, redis_url, SystemClock()) as accounts:
            try:
                await told(simulated, accounts)
            finally:
                for each in accounts:
                    await forget(each.store)


def write(entries: list[dict[str, Any]]) -> None:
    Path("accounts.yaml").write_text(yaml.safe_dump({"accounts": entries}))


async def told(simulated: Vendors, accounts: Accounts) -> None:
    whole = StoreOfAll.of(accounts)

    async def create(count: int) -> list[str]:
        return [(await whole.tasks.enqueue(new(request=REQUEST.to_json()))).task.id for _ in range(count)]

    async def paused() -> list[bool]:
        return [bool((await each.store.control.overview()).paused) for each in accounts]

    async with working(accounts):
        await until(lambda: _works(accounts))
        task_ids = await create(48)
        await until(lambda: _is(simulated, "both", (3, 5)), 20)
        await simulated.strike("east", auth_failure=1.0)
        await until(paused, 20)
        await until(lambda: _is_out(simulated), 20)
        await until(lambda: _sampled_and_moved(simulated, accounts, task_ids), 20)
        assert await paused() == [True, False]
        await simulated.strike("east")
        await _is_time(accounts[0].store)
        await until(lambda: _all_go_on(accounts), 30)  # a free call has found out
        task_ids += await create(24)
        await until(lambda: _is(simulated, "back", (3, 5)), 20)
        await until(lambda: _all_ended(whole, task_ids), 30)
        went = await moved(accounts, task_ids)

    books = [await simulated.told(name, "ledger") for name in LIMITS]
    print(f"\n{len(task_ids)} tasks, {len(went)} moved; seen {dict(sorted(simulated.seen.items()))}")
    sessions: Counter[str] = Counter()
    for each in books:
        sessions.update(each["sessions"])
    jobs = [job for each in books for job in each["tasks"]]
    audited = audit({"tasks": jobs, "sessions": sessions, "now_ms": books[0]["now_ms"]}, task_ids)
    assert audited == dict.fromkeys(audited, 0) | {"succeeded": len(task_ids)}
    assert [each["max_live"] for each in books] == list(LIMITS.values())
    assert {east for east, _ in simulated.all_of("out")} == {0}
    assert max(west for _, west in simulated.all_of("out")) == 5
    assert len(went) >= 3


async def _is_time(store: Store) -> None:
    """Let the time of the next free call be now: fifteen seconds have passed since the last."""
    await store.connection.client.hset(store.connection.keys.meta, "probe_at_ms", 1)


async def _works(accounts: Accounts) -> bool:
    return all([(await each.store.control.overview()).workers for each in accounts])


async def _all_go_on(accounts: Accounts) -> bool:
    return not any([(await each.load.overview(anew=True)).paused for each in accounts])


async def _is(simulated: Vendors, phase: str, live: tuple[int, int]) -> bool:
    return await simulated.sample(phase) == live


async def _is_out(simulated: Vendors) -> bool:
    return (await simulated.sample("drains"))[0] == 0


async def _sampled_and_moved(simulated: Vendors, accounts: Accounts, task_ids: list[str]) -> bool:
    await simulated.sample("out")
    return len(await moved(accounts, task_ids)) >= 3 and (0, 5) in simulated.all_of("out")


async def _all_ended(whole: StoreOfAll, task_ids: list[str]) -> bool:
    return all([(await whole.tasks.get(task_id)).task.status in ENDED for task_id in task_ids])
