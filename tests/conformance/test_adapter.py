"""Our adapter and the simulator, which were written apart, agree on the vendor's wire."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from tencentcloud.vod.v20180717 import models

from aigcq.errors import (
    VendorError,
    VendorFailed,
    VendorRateLimited,
    VendorRejected,
    VendorTaskGone,
    VendorThrottled,
    VendorUnavailable,
)
from aigcq.request import VideoRequest
from aigcq.vendors.base import JobStatus
from aigcq.vendors.vod_request import create_body
from tests.conformance.bench import APP, SETTINGS, TASK, Bench

pytestmark = pytest.mark.asyncio

SESSION = f"{TASK}:1"
MISSING_TASK = f"{APP}-AigcVideoTask-{TASK}t"


async def test_a_video_from_submission_to_file(bench: Bench) -> None:
    vendor = await bench.adapter()

    task_id = await bench.submit(vendor, duration=6, resolution="768P")
    begun = await vendor.describe(task_id)
    await bench.pass_seconds(61)
    ended = await vendor.describe(task_id)

    assert begun.status is JobStatus.RUNNING
    assert (ended.status, ended.progress, ended.error) == (JobStatus.SUCCEEDED, 100, None)
    assert ended.finished_at == pytest.approx(bench.clock.now() + 60, abs=30)
    assert ended.video["duration"] == pytest.approx(6, abs=0.1)
    async with bench.http.get(str(ended.video["video_url"])) as file:
        assert (await file.read())[4:8] == b"ftyp"
    (task,) = await bench.tasks()
    assert (task["SessionId"], task["SessionContext"]) == (SESSION, TASK)


async def test_every_field_is_taken_by_the_vendor(bench: Bench) -> None:
    vendor = await bench.adapter()

    await vendor.submit(EVERY_FIELD, task_id=TASK, session_id=SESSION, signed_at=bench.clock.now())

    assert await bench.requests("CreateAigcVideoTask") == {"ok": 1}


async def test_a_refused_rate_is_throttling_and_creates_nothing(bench: Bench) -> None:
    vendor = await bench.adapter()
    await bench.strike("throttle_storm")

    with pytest.raises(VendorRateLimited):
        await bench.submit(vendor)

    assert await bench.tasks() == []


async def test_a_full_account_may_refuse(bench: Bench) -> None:
    vendor = await bench.adapter()
    await bench.set(concurrency=1, overflow="sync_reject")
    await bench.submit(vendor, "a:1")

    with pytest.raises(VendorThrottled) as refused:
        await bench.submit(vendor, "b:1")

    assert refused.type is VendorThrottled


async def test_a_full_account_may_accept_and_fail(bench: Bench) -> None:
    vendor = await bench.adapter()
    await bench.set(concurrency=1, overflow="async_fail")
    await bench.submit(vendor, "a:1")
    over = await bench.submit(vendor, "b:1")
    await bench.pass_seconds(9)

    job = await vendor.describe(over)

    assert job.status is JobStatus.FAILED
    assert type(job.error) is VendorThrottled
    assert job.error.vendor_code == "RequestLimitExceeded"


async def test_a_full_account_may_let_wait_which_can_be_aborted(bench: Bench) -> None:
    vendor = await bench.adapter()
    await bench.set(concurrency=1, overflow="queue")
    running = await bench.submit(vendor, "a:1")
    waiting = await bench.submit(vendor, "b:1")

    assert (await vendor.describe(waiting)).status is JobStatus.WAITING
    assert [await vendor.abort(task) for task in (waiting, running, MISSING_TASK)] == [True, False, False]
    assert (await vendor.describe(waiting)).status is JobStatus.ABORTED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("RequestLimitExceeded", VendorThrottled),
        ("FailedOperation", VendorThrottled),
        ("InvalidParameter.VoilationContent", VendorRejected),
        ("ContentModerationFailed", VendorRejected),
        ("InternalError", VendorFailed),
        ("TaskTimeout", VendorFailed),
    ],
)
async def test_a_task_fails_for_the_reason_that_the_vendor_gives(
    bench: Bench, code: str, kind: type[VendorError]
) -> None:
    vendor = await bench.adapter()
    await bench.strike(f"async_fail:{code}")
    task_id = await bench.submit(vendor)
    await bench.pass_seconds(9)

    job = await vendor.describe(task_id)

    assert (job.status, type(job.error), job.video) == (JobStatus.FAILED, kind, {})
    assert job.error is not None and job.error.vendor_code == code


async def test_a_model_that_does_not_exist_is_rejected(bench: Bench) -> None:
    vendor = await bench.adapter()
    request = VideoRequest(prompt="fox", model_name="SV", model_version="1")

    with pytest.raises(VendorRejected):
        await vendor.submit(request, task_id=TASK, session_id=SESSION, signed_at=bench.clock.now())


async def test_a_task_that_the_vendor_does_not_know_is_gone(bench: Bench) -> None:
    vendor = await bench.adapter()
    old = await bench.submit(vendor)
    await bench.pass_seconds(SETTINGS.retention_seconds + 1)

    for task_id in (MISSING_TASK, old):
        with pytest.raises(VendorTaskGone):
            await vendor.describe(task_id)


async def test_a_task_is_found_on_any_page(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigcq.vendors.tencent_vod.PAGE_SIZE", 2)
    vendor = await bench.adapter()
    made = {f"{n}:1": await bench.submit(vendor, f"{n}:1") for n in range(5)}

    assert {session_id: await bench.find(vendor, session_id) for session_id in made} == made
    assert await bench.find(vendor, "5:1") is None
    assert await bench.find(vendor, "4:10") is None


async def test_a_list_that_does_not_end_does_not_say_that_a_task_is_not_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigcq.vendors.tencent_vod.PAGE_SIZE", 1)
    monkeypatch.setattr("aigcq.vendors.tencent_vod.MAX_PAGES", 2)
    vendor = await bench.adapter()
    for session_id in ("a:1", "b:1", "c:1"):
        await bench.submit(vendor, session_id)

    with pytest.raises(VendorUnavailable):
        await bench.find(vendor, "c:1")


async def test_tasks_outside_the_window_are_not_looked_at(bench: Bench) -> None:
    vendor = await bench.adapter()
    await bench.submit(vendor)
    now = bench.clock.now()

    assert await vendor.find(SESSION, after=now - 900, before=now - 450) is None
    assert await vendor.find(SESSION, after=now - 0.1, before=now + 0.1)  # whole seconds, rounded outwards


EVERY_FIELD = VideoRequest(
    prompt="一只狐狸",
    negative_prompt="blur",
    model_name="Vidu",
    model_version="q3-turbo",
    duration=5,
    resolution="720P",
    aspect_ratio="16:9",
    image_url="https://example.com/first.png",
    last_frame_url="https://example.com/last.png",
    last_frame_file_id="529",
    reference_images=[{"url": "https://example.com/a.png", "text": "cat"}, {"file_id": "530"}],  # type: ignore[arg-type]
    enhance_prompt="Disabled",
    enhance_switch="Enabled",
    frame_interpolate="Enabled",
    audio_generation="Enabled",
    person_generation="AllowAdult",
    off_peak="Enabled",
    seed=7,
    scene_type="template_effect",
    tasks_priority=10,
)


@pytest.mark.parametrize("fields", [{}, {"last_frame_file_id": None}, {"image_url": None, "file_id": "528"}])
async def test_the_vendors_sdk_knows_every_field_that_is_sent(fields: dict[str, Any]) -> None:
    body = create_body(EVERY_FIELD.model_copy(update=fields), sub_app_id=APP, session_id="s", session_context="c")
    request = models.CreateAigcVideoTaskRequest()

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it warns of fields that it does not know
        request.from_json_string(json.dumps(body))

    assert given(json.loads(request.to_json_string())) == body


def given(value: Any) -> Any:
    """Return `value` without its nulls: the SDK has one for every field that was not sent."""
    if isinstance(value, list):
        return [given(item) for item in value]
    return (
        {name: given(inner) for name, inner in value.items() if inner is not None} if isinstance(value, dict) else value
    )


async def test_the_event_of_a_video_that_has_ended_is_taken_once(bench: Bench) -> None:
    vendor = await bench.adapter()
    await bench.set(speed=20)  # of the long poll, too
    task_id = await bench.submit(vendor)
    nothing_yet = list(await vendor.pull_ends())
    await bench.pass_seconds(61)

    taken = list(await vendor.pull_ends())
    await bench.pass_seconds(31)
    again = list(await vendor.pull_ends())

    assert (nothing_yet, taken, again) == ([], [task_id], [])


async def test_what_has_finished_is_listed_page_by_page_the_first_first(bench: Bench) -> None:
    vendor = await bench.adapter()
    await bench.set(concurrency=200)
    begun = bench.clock.now()
    task_ids = [await bench.submit(vendor, f"{number}:1") for number in range(101)]
    nothing_yet = await vendor.finished(after=begun - 10)
    await bench.pass_seconds(61)
    await bench.submit(vendor, "runs:1")

    first = await vendor.finished(after=begun - 10)
    rest = await vendor.finished(after=begun - 10, token=first.next_token)
    later = await vendor.finished(after=begun + 1000)

    assert (dict(nothing_yet.ends), nothing_yet.next_token, dict(later.ends)) == ({}, "", {})
    assert (len(first.ends), rest.next_token) == (100, "")
    assert sorted([*first.ends, *rest.ends]) == sorted(task_ids)
    assert all(begun + 59 <= finished_at <= begun + 120 for finished_at in first.ends.values())
