"""What a worker learns of how long the vendor takes."""

from __future__ import annotations

import json

import pytest

from aigcq.durations import bucket_of
from aigcq.store import Store
from aigcq.vendors.base import Job, JobStatus
from tests.integration.steps import enqueue
from tests.worker.scripted import VIDEO, Scripted, failed
from tests.worker.steps import ended, working

A_MINUTE = Job(status=JobStatus.SUCCEEDED, progress=100, video=VIDEO, created_at=1000.0, finished_at=1063.0)


@pytest.mark.asyncio
@pytest.mark.parametrize(("off_peak", "kind"), [("", "Kling-2.5"), ("Enabled", "Kling-2.5:off-peak")])
async def test_the_vendor_s_own_clock_tells_how_long_a_video_of_its_kind_took(
    store: Store, vendor: Scripted, off_peak: str, kind: str
) -> None:
    request = json.dumps({"prompt": "a fox"} | ({"off_peak": off_peak} if off_peak else {}))
    (task_id,) = await enqueue(store, model="Kling-2.5", request=request)
    vendor.will("describe", A_MINUTE)

    async with working(store, vendor):
        await ended(store, task_id)

    assert (await store.observations.durations([kind]))[kind].weights == {bucket_of(63): 1}


@pytest.mark.asyncio
async def test_a_failure_teaches_nothing(store: Store, vendor: Scripted) -> None:
    (task_id,) = await enqueue(store, model="Kling-2.5")
    vendor.will("describe", failed(None))

    async with working(store, vendor):
        await ended(store, task_id)

    assert (await store.observations.durations(["Kling-2.5"]))["Kling-2.5"].total == 0


@pytest.mark.parametrize(("created", "finished"), [(None, 60.0), (60.0, None), (60.0, 60.0), (90.0, 60.0)])
def test_a_duration_that_makes_no_sense_is_none(created: float | None, finished: float | None) -> None:
    assert Job(status=JobStatus.SUCCEEDED, created_at=created, finished_at=finished).took_seconds is None
