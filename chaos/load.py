"""The clients: they create tasks, repeat what was not answered, cancel some, and remember every promise."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from aigcq.clock import Clock
from chaos.inside import TOXIC

RETRY_SECONDS = 0.3
CANCELLED_SHARE = 0.03
PRIORITY_SHARE = 0.2
REPEATED_SHARE = 0.1
"""Of the creates that were answered: sent once more, as clients' libraries do."""


@dataclass
class Promises:
    """What clients were told."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Idempotency key -> task id, of every create that was answered 200."""
    unanswered: set[str] = field(default_factory=set)
    """Keys whose outcome the client never learnt."""
    cancels: dict[str, str] = field(default_factory=dict)
    """Task id -> the answer to its cancel."""
    toxic: set[str] = field(default_factory=set)
    """Ids of the tasks that kill their worker each time."""
    answers: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Promises that were seen to be broken at once: another id for the same key, an undocumented status."""


DOCUMENTED = {200, 429, 503}


@dataclass
class Load:
    """`tasks` creates, spread over `seconds`, over all APIs."""

    apis: list[str]
    tasks: int
    seconds: float
    rng: Random
    clock: Clock
    toxic: frozenset[int] = frozenset()
    """Which of them kill their worker."""
    promises: Promises = field(default_factory=Promises)
    held: bool = False
    """No further task is created until this ends."""

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Create every task; return when each create was answered, however often it had to be repeated."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.tasks):
                group.create_task(self._one(session, number))
                await self.clock.sleep(self.rng.expovariate(self.tasks / self.seconds))
                while self.held:
                    await self.clock.sleep(0.05)

    async def _one(self, session: aiohttp.ClientSession, number: int) -> None:
        key = f"key-{number}"
        body = {"prompt": f"视频 {number}", "duration": 6, "metadata": {"number": number}}
        if self.rng.random() < PRIORITY_SHARE:
            body["tasks_priority"] = self.rng.randint(-10, 10)
        cancel = self.rng.random() < CANCELLED_SHARE and number not in self.toxic
        if number in self.toxic:
            body["prompt"] = f"{TOXIC} {number}"
        self.promises.unanswered.add(key)
        for _ in range(2 if self.rng.random() < REPEATED_SHARE else 1):
            created = await self._until_answered(session, "/aigc/create", body, key)
            self._remember(key, created["task_id"])
        if number in self.toxic:
            self.promises.toxic.add(created["task_id"])
        if cancel:
            path = f"/aigc/tasks/{created['task_id']}/cancel"
            self.promises.cancels[created["task_id"]] = (await self._until_answered(session, path))["result"]

    def _remember(self, key: str, task_id: str) -> None:
        known = self.promises.acknowledged.setdefault(key, task_id)
        if known != task_id:
            self.promises.broken.append(f"{key} was answered with {known} and with {task_id}")
        self.promises.unanswered.discard(key)

    async def _until_answered(
        self, session: aiohttp.ClientSession, path: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> dict[str, Any]:
        """Call until the answer is 200, as a patient client does: the same key each time."""
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            url = self.rng.choice(self.apis) + path
            try:
                async with session.post(url, json=body, headers=headers) as response:
                    self.promises.answers[response.status] += 1
                    if response.status == 200:
                        return dict(await response.json())
                    if response.status not in DOCUMENTED:
                        self.promises.broken.append(f"{path} answered {response.status}")
            except (aiohttp.ClientError, TimeoutError):
                self.promises.answers[0] += 1
            await self.clock.sleep(RETRY_SECONDS * self.rng.uniform(0.5, 1.5))
