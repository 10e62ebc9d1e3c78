"""A SessionId and its date: what the vendor goes by when the same submission comes twice, or late."""

from __future__ import annotations

import pytest

from aigcq.errors import VendorDuplicate, VendorThrottled, VendorUnknown
from aigcq.model import session_id
from aigcq.store import Store
from tests.integration.steps import enqueue, record
from tests.worker.scripted import Scripted
from tests.worker.steps import Clock, ended, working

pytestmark = pytest.mark.asyncio


async def test_a_submission_is_dated_by_the_leave_and_not_by_this_machine(store: Store, vendor: Scripted) -> None:
    clock = Clock()
    clock.off_seconds = -3600
    (task_id,) = await enqueue(store)

    async with working(store, vendor, clock):
        await ended(store, task_id)

    assert vendor.signed_at == int((await record(store, task_id))["sent_ms"]) / 1000


async def test_a_session_that_is_in_although_nobody_knows_of_a_send_is_never_given_up_for_a_new_one(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", VendorDuplicate("session"))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.error_code, view.task.attempt) == ("submission_unknown", 1)


async def test_a_session_that_was_refused_and_then_unknown_is_never_given_up_for_a_new_one(
    store: Store, vendor: Scripted
) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", VendorThrottled("too many"), VendorUnknown("no answer"), VendorDuplicate("session"))

    async with working(store, vendor):
        view = await ended(store, task_id)

    assert (view.task.error_code, view.task.attempt) == ("submission_unknown", 1)
    assert set(vendor.asked("submit")) == {session_id(task_id, 1)}
