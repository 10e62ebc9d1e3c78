"""`aigcq explain`, as an operator types it."""

from __future__ import annotations

import json

import pytest

from aigcq.errors import TaskNotFound
from aigcq.store import Store
from aigcq.tenant import Tenant
from tests.integration.desk import Desk
from tests.integration.steps import WORKER_A, claim, enqueue, new


def test_of_a_task_that_waits_it_is_told_who_is_before_it_and_what_it_waits_for(desk: Desk) -> None:
    async def crowd(store: Store) -> list[str]:
        ids = list(await enqueue(store, 15))
        await claim(store)
        await store.control.beat(WORKER_A, {})
        return ids

    ids = desk.on(crowd)

    said = desk.run("explain", ids[-1])

    assert said.exit_code == 0
    assert f"position 3: 2 tasks are before it, the next of which is {ids[-2]}." in said.output
    assert "12 videos run, and 12 may (MAX_THRESHOLD=12)" in said.output
    document = json.loads(desk.run("explain", ids[-1], "--json").output)
    assert (document["position"], document["ahead"], document["findings"]) == (3, ids[-3:-1], [])


def test_a_tenant_at_its_cap_is_told(desk: Desk) -> None:
    async def capped(store: Store) -> str:
        await store.tenants.put(Tenant(name="red", max_live=1))
        for _ in range(2):
            made = new(tenant="red")
            await store.tasks.enqueue(made)
        await claim(store)
        await store.control.beat(WORKER_A, {})
        return made.id

    assert "1 of its 1 videos run" in desk.run("explain", desk.on(capped)).output


def test_of_what_failed_the_error_is_told(desk: Desk) -> None:
    task_id = desk.failed("vendor_rejected")

    assert "with `vendor_rejected`: Input Prompt violates policy. see there" in desk.run("explain", task_id).output


def test_a_task_that_is_not_is_no_traceback(desk: Desk) -> None:
    said = desk.run("explain", "550e8400-e29b-41d4-a716-446655440000")

    with pytest.raises(BaseExceptionGroup) as errors:
        raise BaseExceptionGroup("", [said.exception])  # type: ignore[list-item]
    assert errors.group_contains(TaskNotFound) or isinstance(said.exception, TaskNotFound)
