"""Workers look whether a deadline is over, even while nothing may start."""

from __future__ import annotations

import pytest

from aigcq.model import Status
from aigcq.store import Store
from tests.integration.steps import enqueue
from tests.worker.scripted import Scripted
from tests.worker.steps import ended, working

pytestmark = pytest.mark.asyncio


async def test_a_task_whose_deadline_is_over_is_failed_by_any_worker(store: Store, vendor: Scripted) -> None:
    await store.control.pause("maintenance")
    now_ms = (await store.control.overview()).now_ms
    (task_id,) = await enqueue(store, 1, start_by_ms=now_ms + 100)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "deadline_exceeded")
