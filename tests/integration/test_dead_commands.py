"""`aigcq dead` and `aigcq requeue`, as an operator types them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from aigcq.model import session_id
from aigcq.store import Store
from tests.integration.desk import Desk
from tests.integration.steps import NOBODY_KNOWS, claim, complete, submitted, take


class Vendor:
    """Knows these SessionIds, and remembers what it was asked."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.asked: list[str] = []

    async def find(self, session: str, *, after: float, before: float) -> str | None:
        self.asked.append(session)
        return self.known.get(session)


@pytest.fixture(autouse=True)
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    one = Vendor()

    @asynccontextmanager
    async def vendor_of(*_: Any) -> AsyncIterator[Vendor]:
        yield one

    monkeypatch.setattr("aigcq.cli.dead.vendor_of", vendor_of)
    return one


def test_a_failed_task_is_listed_with_what_a_person_needs(desk: Desk) -> None:
    first, second = desk.failed("vendor_rejected"), desk.failed(NOBODY_KNOWS, "[red]no\nanswer[/]")

    listed = desk.run("dead")

    assert listed.exit_code == 0
    lines = [line for line in listed.output.splitlines() if "vendor_rejected" in line or NOBODY_KNOWS in line]
    assert [line.split()[0] for line in lines] == [second, first]
    assert "[red]no answer[/]" in lines[0]
    assert "Input Prompt violates policy" in lines[1]
    assert "aigcq requeue TASK_ID" in listed.output


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_a_task_id_is_whole_however_narrow_the_terminal(desk: Desk, columns: int) -> None:
    task_id = desk.failed("vendor_rejected", "x" * 300)

    listed = desk.run("dead", columns=columns)

    assert task_id in listed.output
    assert max(map(len, listed.output.splitlines())) <= max(columns, 92)


def test_the_list_is_bounded_and_says_so(desk: Desk) -> None:
    task_ids = [desk.failed("vendor_rejected") for _ in range(3)]

    listed = desk.run("dead", "--limit", "2")

    assert task_ids[0] not in listed.output
    assert "--limit shows more" in listed.output


def test_machines_get_all_that_is_known(desk: Desk) -> None:
    desk.failed("vendor_rejected")
    task_id = desk.failed(NOBODY_KNOWS)

    (document,) = json.loads(desk.run("dead", "--json", "--code", NOBODY_KNOWS).output)

    assert (document["task_id"], document["session_id"]) == (task_id, session_id(task_id, 1))
    assert (document["attempt"], document["tries"], document["vendor_task_id"]) == (1, 0, "vod-1")
    assert (document["error"]["code"], document["error"]["advice"]) == (NOBODY_KNOWS, "see there")
    assert document["ended_at"].endswith("Z")


def test_an_empty_list_says_what_that_means(desk: Desk) -> None:
    assert "No task has failed" in desk.run("dead").output
    assert "code expired; without --code" in desk.run("dead", "--code", "expired").output
    assert json.loads(desk.run("dead", "--json").output) == []


def test_several_tasks_are_requeued_each_as_a_new_attempt(desk: Desk) -> None:
    task_ids = [desk.failed("vendor_failed") for _ in range(3)]

    requeued = desk.run("requeue", *task_ids[:2])

    assert requeued.exit_code == 0
    assert "2 of 2 were requeued." in requeued.output
    assert [desk.status(task_id) for task_id in task_ids] == [("queued", 2), ("queued", 2), ("failed", 1)]


def test_one_that_cannot_be_requeued_leaves_the_others_alone_and_the_exit_code_says_so(desk: Desk) -> None:
    task_id = desk.failed("vendor_failed")

    async def make(store: Store) -> str:
        delivery = await submitted(store, await take(store))
        await complete(store, delivery)
        return delivery.task_id

    done = desk.on(make)

    requeued = desk.run("requeue", "no-such-task", done, task_id)

    assert requeued.exit_code == 1
    assert "There is no task no-such-task" in requeued.output
    assert f"{done}  Only a failed task" in requeued.output
    assert (desk.status(task_id), desk.status(done)) == (("queued", 2), ("completed", 1))


def test_all_of_a_code_are_requeued_and_no_others(desk: Desk) -> None:
    wanted = [desk.failed("vendor_failed") for _ in range(2)]
    other = desk.failed("vendor_rejected")

    requeued = desk.run("requeue", "--all", "--code", "vendor_failed", "--yes")

    assert requeued.exit_code == 0
    assert [desk.status(task_id)[0] for task_id in [*wanted, other]] == ["queued", "queued", "failed"]
    again = desk.run("requeue", "--all", "--code", "vendor_failed", "--yes")
    assert (again.exit_code, "No failed task has the code" in again.output) == (0, True)


@pytest.mark.parametrize(("typed", "status"), [("y\n", "queued"), ("n\n", "failed"), ("", "failed")])
def test_all_are_requeued_only_if_a_person_says_yes(desk: Desk, typed: str, status: str) -> None:
    task_id = desk.failed("vendor_failed")

    asked = desk.run("requeue", "--all", "--code", "vendor_failed", typed=typed)

    assert "1 tasks" in asked.output
    assert desk.status(task_id)[0] == status


@pytest.mark.parametrize("code", [NOBODY_KNOWS, "expired", "no_video", "poisoned", "internal"])
def test_what_may_have_been_paid_for_is_looked_up_one_by_one_and_stays(desk: Desk, vendor: Vendor, code: str) -> None:
    found, missing = desk.failed(code), desk.failed(code)
    vendor.known[session_id(found, 1)] = "vod-7"

    kept = desk.run("requeue", "--all", "--code", code, "--yes")

    assert kept.exit_code == 1
    assert vendor.asked == [session_id(missing, 1), session_id(found, 1)]
    assert "The vendor has it as vod-7." in kept.output
    assert f"does not list SessionId {session_id(missing, 1)}" in kept.output
    assert [desk.status(task_id) for task_id in (found, missing)] == [("failed", 1)] * 2


def test_force_is_for_tasks_that_are_named(desk: Desk, vendor: Vendor) -> None:
    task_id = desk.failed(NOBODY_KNOWS)

    refused = desk.run("requeue", "--all", "--code", NOBODY_KNOWS, "--yes", "--force")
    assert (refused.exit_code, desk.status(task_id)) == (2, ("failed", 1))
    forced = desk.run("requeue", task_id, "--force")

    assert (forced.exit_code, desk.status(task_id)) == (0, ("queued", 2))
    assert vendor.asked == []


@pytest.mark.parametrize(
    "words", [[], ["--all"], ["--code", "vendor_failed"], ["id", "--all", "--code", "x"], ["id", "--code", "x"]]
)
def test_what_is_not_clear_is_not_done(desk: Desk, words: list[str]) -> None:
    desk.failed("vendor_failed")

    refused = desk.run("requeue", *words)

    assert refused.exit_code == 2
    assert "aigcq dead" in refused.output


def test_the_new_attempt_is_sent_under_a_new_session(desk: Desk) -> None:
    task_id = desk.failed("vendor_failed")
    desk.run("requeue", task_id)

    (delivery,) = desk.on(claim)

    assert delivery.task.session_id == session_id(task_id, 2)
