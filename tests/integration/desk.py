"""The command line, as an operator types it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from aigcq.cli import app
from aigcq.config import Settings
from aigcq.model import Event
from aigcq.store import Store, open_store
from tests.conftest import age
from tests.integration.steps import submitted, take


class Desk:
    """An operator's desk: a queue, and commands on it."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._url = url
        self._settings = settings

    def on(self, verb: Callable[[Store], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with open_store(self._settings, self._url) as store:
                return await verb(store)

        return asyncio.run(run())

    def failed(self, code: str, message: str = "Input Prompt violates policy") -> str:
        async def fail(store: Store) -> str:
            delivery = await submitted(store, await take(store))
            error = {"code": code, "message": message, "advice": "see there"}
            await store.deliveries.settle(delivery, Event.FAIL, error, error_code=code)
            await age(store, 1)
            return delivery.task_id

        return str(self.on(fail))

    def status(self, task_id: str) -> tuple[str, int]:
        task = self.on(lambda store: store.tasks.get(task_id)).task
        return str(task.status), task.attempt

    def run(self, *words: str, columns: int = 200, typed: str = "") -> Result:
        environment = {
            "REDIS_URL": self._url,
            "AIGCQ_QUEUE": self._settings.queue,
            "COLUMNS": str(columns),
            "TENCENTCLOUD_SECRET_ID": "id",
            "TENCENTCLOUD_SECRET_KEY": "key",
        }
        return CliRunner(env=environment).invoke(app, words, input=typed)
