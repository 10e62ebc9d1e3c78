"""What a worker does with a vendor task that the vendor will soon have forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import structlog

from aigcq.errors import StoreUnavailable, VendorDuplicate, VendorTaskGone, VendorUnavailable, VendorUnknown
from aigcq.model import Status, session_id
from aigcq.store import Store
from tests.conftest import age, until
from tests.integration.steps import claim, enqueue, live, submitted, told
from tests.worker.scripted import RUNNING, SUCCEEDED, WAITING, Scripted
from tests.worker.steps import Clock, ended, spy, working

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("measured_often")]

HOUR = 3600.0
SILENT = VendorUnavailable("no connection")
GONE = VendorTaskGone("what task")


@pytest.fixture
def measured_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigcq.worker.worker.MEASURE_SECONDS", 0.02)


async def sent(store: Store, hours: float) -> str:
    """Return a task whose vendor task was made so long ago, and which its worker has handed back."""
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await store.deliveries.hand_back(await submitted(store, delivery))
    await age(store, hours * HOUR)
    return task_id


async def sent_and_unknown(store: Store, hours: float) -> str:
    """Return a task that was sent so long ago; nobody knows what became of it."""
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    await store.deliveries.begin_submission(delivery)
    await store.deliveries.hand_back(delivery)
    await age(store, hours * HOUR)
    return task_id


async def until_measured(store: Store) -> None:
    async def alarmed() -> bool:
        return bool((await store.control.overview()).overdue)

    await until(alarmed)


async def test_a_task_that_is_overdue_is_polled_on_and_warned_of_once(store: Store, vendor: Scripted) -> None:
    task_id = await sent(store, hours=49)
    vendor.will("describe", RUNNING)

    with structlog.testing.capture_logs() as lines:
        async with working(store, vendor):
            await until_measured(store)
            await until(lambda: any(line["event"] == "overdue" for line in lines))
            looks = len(vendor.asked("describe"))
            await until(lambda: len(vendor.asked("describe")) > looks + 5)
            vendor.will("describe", SUCCEEDED)
            view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    (warning,) = [line for line in lines if line["event"] == "overdue"]
    assert (warning["task"], warning["log_level"], warning["sent_hours_ago"]) == (task_id, "warning", 49)
    assert "console" in warning["todo"]
    assert "71 hours" in warning["todo"]
    assert len(await told(store, "alarm")) == 1


async def test_what_has_ended_is_collected_however_old_it_is(store: Store, vendor: Scripted) -> None:
    task_id = await sent(store, hours=100)
    vendor.will("describe", *[SILENT] * 20, SUCCEEDED)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


async def test_before_the_horizon_nothing_is_given_up(store: Store, vendor: Scripted) -> None:
    task_id = await sent(store, hours=70.9)
    vendor.will("describe", RUNNING, GONE, SILENT, RUNNING, WAITING)

    async with working(store, vendor):
        await until_measured(store)
        looks = len(vendor.asked("describe"))
        await until(lambda: len(vendor.asked("describe")) > looks + 10)

        assert (await store.tasks.get(task_id)).task.status is Status.PROCESSING


@pytest.mark.parametrize("job", [RUNNING, WAITING], ids=["running", "waiting"])
async def test_what_has_not_ended_at_the_horizon_expires_with_an_explanation_and_keeps_its_permit(
    store: Store, vendor: Scripted, job: Any
) -> None:
    task_id = await sent(store, hours=71.1)
    vendor.will("describe", SILENT, SILENT, job)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "expired")
    error = explained(view.outcome)
    assert "vod-1 has not ended" in error["message"]
    assert "71.1 hours ago" in error["message"]
    assert f"{job.status}, {job.progress} %" in error["message"]
    assert await live(store) == 1


async def test_a_silent_vendor_is_asked_on_at_the_horizon_for_it_may_still_know(store: Store, vendor: Scripted) -> None:
    clock = Clock()
    task_id = await sent(store, hours=71.5)
    vendor.will("describe", SILENT)

    async with working(store, vendor, clock):
        await until_measured(store)
        clock.ahead_seconds = HOUR
        looks = len(vendor.asked("describe"))
        await until(lambda: len(vendor.asked("describe")) > looks + 5)

        assert (await store.tasks.get(task_id)).task.status is Status.PROCESSING


async def test_a_silent_vendor_is_not_waited_for_when_it_has_forgotten(store: Store, vendor: Scripted) -> None:
    clock = Clock()
    task_id = await sent(store, hours=72.1)
    vendor.will("describe", SILENT)

    async with working(store, vendor, clock):
        await until_measured(store)
        looks = len(vendor.asked("describe"))
        await until(lambda: len(vendor.asked("describe")) > looks + 5)
        assert (await store.tasks.get(task_id)).task.status is Status.PROCESSING
        clock.ahead_seconds = 601
        view = await ended(store, task_id)

    assert view.task.error_code == "expired"
    assert "no connection" in explained(view.outcome)["message"]
    assert await live(store) == 1


async def test_what_the_vendor_has_forgotten_expires_at_once_and_holds_no_permit(
    store: Store, vendor: Scripted
) -> None:
    task_id = await sent(store, hours=100)
    vendor.will("describe", GONE)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.status, view.task.error_code) == (Status.FAILED, "expired")
    message = explained(view.outcome)["message"]
    assert "100 hours ago" in message
    assert "what task" in message
    assert await live(store) == 0


async def test_what_a_worker_takes_over_is_measured_at_once(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigcq.worker.worker.MEASURE_SECONDS", 1000)
    task_id = await sent(store, hours=100)
    vendor.will("describe", GONE)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert "100 hours ago" in explained(view.outcome)["message"]
    assert len(vendor.asked("describe")) == 1


async def test_a_redis_that_is_away_when_age_is_measured_costs_nothing(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await sent(store, hours=1)
    measured = spy(monkeypatch, store.horizon, "measure", *[StoreUnavailable("away")] * 3)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert measured


async def test_what_the_vendor_denies_too_early_may_run_all_the_same_and_keeps_its_permit(
    store: Store, vendor: Scripted
) -> None:
    clock = Clock()
    task_id = await sent(store, hours=0)
    vendor.will("describe", GONE)

    async with working(store, vendor, clock):
        await until(lambda: len(vendor.asked("describe")) >= 3)
        clock.ahead_seconds = 61
        view = await ended(store, task_id)

    assert view.task.error_code == "expired"
    assert await live(store) == 1


async def test_a_session_that_is_too_old_is_searched_and_then_given_up_with_an_explanation(
    store: Store, vendor: Scripted
) -> None:
    task_id = await sent_and_unknown(store, hours=61)

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert view.task.error_code == "submission_unknown"
    message = explained(view.outcome)["message"]
    assert session_id(task_id, 1) in message
    assert "61 hours ago" in message
    assert vendor.asked("submit") == []
    assert await live(store) == 1


async def test_a_search_in_a_silent_vendor_ends_when_it_has_forgotten(store: Store, vendor: Scripted) -> None:
    task_id = await sent_and_unknown(store, hours=71.9)
    vendor.will("find", SILENT)

    async with working(store, vendor):
        await until_measured(store)
        looks = len(vendor.asked("find"))
        await until(lambda: len(vendor.asked("find")) > looks)
        assert (await store.tasks.get(task_id)).task.status is Status.PROCESSING
        await age(store, 0.2 * HOUR)
        view = await ended(store, task_id)

    assert view.task.error_code == "submission_unknown"
    assert "72.1 hours ago" in explained(view.outcome)["message"]
    assert vendor.asked("submit") == []


async def test_a_vendor_task_that_was_found_is_as_old_as_its_first_send(store: Store, vendor: Scripted) -> None:
    task_id = await sent_and_unknown(store, hours=59)
    vendor.will("submit", VendorDuplicate("already in"))
    vendor.will("find", "vod-1")
    vendor.will("describe", RUNNING)

    async with working(store, vendor):
        await until(lambda: vendor.asked("describe"))
        await age(store, 12.1 * HOUR)
        view = await ended(store, task_id)

    assert view.task.error_code == "expired"
    assert "71.1 hours ago" in explained(view.outcome)["message"]


async def test_a_vendor_task_that_was_made_by_a_late_send_is_young(store: Store, vendor: Scripted) -> None:
    task_id = await sent_and_unknown(store, hours=59)
    vendor.will("submit", VendorUnknown("no answer"), "vod-1")
    vendor.will("describe", RUNNING)

    async with working(store, vendor):
        await until(lambda: vendor.asked("describe"))
        await age(store, 12.1 * HOUR)
        looks = len(vendor.asked("describe"))
        await until(lambda: len(vendor.asked("describe")) > looks + 10)

        assert (await store.tasks.get(task_id)).task.status is Status.PROCESSING


def explained(outcome: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the error of a task that tells a person what to do."""
    assert outcome
    assert "--force" in outcome["advice"]
    assert outcome["billed"] == "unknown"
    return outcome
