"""The account is at fault: nothing is burnt, claims stop, and go on by themselves."""

from __future__ import annotations

import pytest

from aigcq.errors import VendorAccount
from aigcq.model import Status, session_id
from aigcq.store import Store
from tests.conftest import age, until
from tests.integration.steps import enqueue
from tests.worker.scripted import RUNNING, SUCCEEDED, Scripted
from tests.worker.steps import ended, put_back, spy, until_phase, working

pytestmark = pytest.mark.asyncio

WRONG_KEY = VendorAccount("no such key", vendor_code="AuthFailure.SecretIdNotFound")


async def test_a_wrong_account_pauses_the_queue_and_burns_no_attempt(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", WRONG_KEY)

    async with working(store, vendor):
        view = await put_back(store, task_id)
    overview = await store.control.overview()

    assert (view.position, view.task.attempt, view.task.tries) == (1, 1, 0)
    assert (overview.paused, overview.paused_by) == ("AuthFailure.SecretIdNotFound: no such key", "vendor")
    assert len(vendor.asked("submit")) == 1


@pytest.mark.settings(lease_seconds=1.5)
async def test_a_free_call_finds_out_that_the_account_works_again(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("submit", WRONG_KEY, "vod-1")
    vendor.will("probe", WRONG_KEY, None)

    async with working(store, vendor):
        await put_back(store, task_id)
        await age(store, 16)
        await until(lambda: vendor.asked("probe"))
        await until(lambda: _not_yet(store))
        await age(store, 16)
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED
    assert len(vendor.asked("probe")) == 2
    assert vendor.asked("submit") == [session_id(task_id, 1)] * 2


async def _not_yet(store: Store) -> bool:
    """Whether the next free call is some time away."""
    client, keys = store.connection.client, store.connection.keys
    seconds, _ = await client.time()
    return int(await client.hget(keys.meta, "probe_at_ms")) > seconds * 1000 + 10_000


async def test_an_operators_pause_is_not_the_machines_to_end(
    store: Store, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = spy(monkeypatch, store.deliveries, "claim")
    await store.control.pause("maintenance")
    await age(store, 3600)
    (task_id,) = await enqueue(store)

    async with working(store, vendor):
        await until(lambda: len(claims) >= 3)

    assert vendor.calls == []
    assert (await store.tasks.get(task_id)).position == 1


async def test_what_runs_goes_on_while_the_account_is_closed(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store)
    vendor.will("describe", RUNNING)

    async with working(store, vendor):
        await until_phase(store, task_id, "generating")
        vendor.will("describe", WRONG_KEY)

        async def paused() -> bool:
            return bool((await store.control.overview()).paused)

        await until(paused)
        vendor.will("describe", SUCCEEDED)
        view = await ended(store, task_id)

    assert view.task.status is Status.COMPLETED


@pytest.mark.settings(lease_seconds=1.5)
async def test_a_quota_that_is_used_up_pauses_the_queue_with_its_reason_until_the_vendor_takes_videos_again(
    store: Store, vendor: Scripted
) -> None:
    used_up = VendorAccount("The AIGC quota of the account is used up.", vendor_code="LimitExceeded.Quota")
    first, second = await enqueue(store, 2)
    vendor.will("submit", used_up, used_up, "vod-1", "vod-2")

    async with working(store, vendor):
        await put_back(store, first)

        async def paused() -> bool:
            return (await store.control.overview()).paused == f"LimitExceeded.Quota: {used_up}"

        await until(paused)
        await age(store, 301)  # a quota does not show in a free call: one task tries it
        views = [await ended(store, task_id) for task_id in (first, second)]

    assert [(view.task.status, view.task.attempt, view.task.tries) for view in views] == [(Status.COMPLETED, 1, 0)] * 2
    assert not (await store.control.overview()).paused
