"""The vendor's own count of videos, as its SDK and our adapter read it from the simulator."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.vod.v20180717 import models, vod_client

from aigcq.simulator.describe import _usage
from tests.conformance.bench import APP, SETTINGS, TASK, Bench

pytestmark = pytest.mark.asyncio

ZONE = ZoneInfo("Asia/Shanghai")


async def made(bench: Bench) -> tuple[datetime, datetime]:
    """Two videos, of six and of five billed seconds, and one that fails; return the day on which they finished."""
    vendor = await bench.adapter()
    await bench.submit(vendor, f"{TASK}:1", duration=6, resolution="768P")
    await bench.submit(vendor, f"{TASK}:2", model_name="Kling", model_version="3.0", duration=5, resolution="720P")
    await bench.submit(vendor, f"{TASK}:3", prompt="gore")
    await bench.pass_seconds(61)
    finished = datetime.fromtimestamp(bench.clock.now() + 60, ZONE)
    start = finished.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


async def ask_sdk(bench: Bench, **params: Any) -> Any:
    """Ask with the vendor's own SDK, which warns of every member that it does not know."""
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=bench.url.removeprefix("http://")))
    client = vod_client.VodClient(Credential(SETTINGS.secret_id, SETTINGS.secret_key), "ap-guangzhou", profile)
    request = models.DescribeAigcUsageDataRequest()
    request._deserialize({"SubAppId": APP, "AigcType": "Video"} | params)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return await asyncio.to_thread(client.DescribeAigcUsageData, request)


async def test_the_adapter_counts_what_was_made_and_not_what_failed(bench: Bench) -> None:
    start, end = await made(bench)
    vendor = await bench.adapter()

    usage = await vendor.usage(start=start, end=end)
    before = await vendor.usage(start=start - timedelta(days=1), end=start)

    assert (usage.count, usage.seconds) == (2, 11)
    assert (before.count, before.seconds) == (0, 0)


@pytest.mark.parametrize(
    ("days", "step"),
    [(0, lambda at: at.minute % 5 == 0), (3, lambda at: (at.hour, at.minute) == (0, 0))],
    ids=["by five minutes", "by days"],
)
async def test_the_sdk_reads_what_the_simulator_answers(
    bench: Bench, days: int, step: Callable[[datetime], bool]
) -> None:
    start, end = await made(bench)
    begin, last = start - timedelta(days=days), end - timedelta(seconds=1)

    answer = await ask_sdk(bench, StartTime=begin.isoformat(), EndTime=last.isoformat())

    sets = {each.Specification: each.DataSet for each in answer.AigcUsageDataSet}
    assert {name: [(row.Count, row.Usage) for row in rows] for name, rows in sets.items()} == {
        "Hailuo2.3_768P": [(1, 6)],
        "Kling3.0_720P": [(1, 5)],
    }
    assert all(step(datetime.fromisoformat(row.Time)) for rows in sets.values() for row in rows)


@pytest.mark.parametrize(
    "params",
    [
        {"StartTime": "2026-11-20T00:00:00+08:00", "EndTime": "2026-11-19T00:00:00+08:00"},
        {"StartTime": "2026-06-01T00:00:00+08:00", "EndTime": "2026-11-19T00:00:00+08:00"},
        {"StartTime": "2020-06-01T00:00:00+08:00", "EndTime": "2020-06-02T00:00:00+08:00"},
        {"StartTime": "yesterday", "EndTime": "2026-11-19T00:00:00+08:00"},
    ],
)
async def test_a_time_that_the_vendor_does_not_tell_of_is_refused(bench: Bench, params: dict[str, str]) -> None:
    with pytest.raises(TencentCloudSDKException) as refused:
        await ask_sdk(bench, **params)

    assert refused.value.code == "InvalidParameterValue"


async def test_a_task_tells_its_seconds_in_the_members_that_the_sdk_knows(bench: Bench) -> None:
    vendor = await bench.adapter()
    task_id = await bench.submit(vendor, duration=6, resolution="768P")
    await bench.pass_seconds(61)

    assert (await vendor.describe(task_id)).video["output_seconds"] == 6

    known = {name.removeprefix("_") for name in vars(models.AigcVideoTaskUsage())}
    assert set(_usage(task_of(6), succeeded=True)) == known


def task_of(seconds: float) -> Any:
    """A task, as far as its usage is concerned."""
    return SimpleNamespace(video_seconds=seconds)
