"""What the handler of every peer does: the two calls that our worker makes, and nothing around them."""

from __future__ import annotations

import json
import os
from typing import Any

import aiohttp

from aigcq.clock import SystemClock

VENDOR = os.environ["TENCENTCLOUD_ENDPOINT"]
POLL_SECONDS = float(os.environ.get("BENCH_POLL_SECONDS", "0.3"))
CONCURRENCY = int(os.environ.get("BENCH_CONCURRENCY", "100"))
LEASE_SECONDS = float(os.environ.get("BENCH_LEASE_SECONDS", "60"))

_sessions: list[aiohttp.ClientSession] = []


async def make(task_id: str, request: str) -> str:
    """Create a vendor task and look at it until it has ended; return where its file is."""
    created = await _call("CreateAigcVideoTask", create_body(task_id, request))
    clock = SystemClock()
    while True:
        seen = await _call("DescribeTaskDetail", {"TaskId": created["TaskId"]})
        if url := url_of(seen):
            return url
        await clock.sleep(POLL_SECONDS)


def create_body(task_id: str, request: str) -> dict[str, Any]:
    wanted = json.loads(request)
    body = {"SubAppId": 1, "SessionId": task_id, "SessionContext": task_id, "Prompt": wanted["prompt"]}
    return body | {"ModelName": wanted["model_name"], "ModelVersion": wanted["model_version"]}


def url_of(seen: dict[str, Any]) -> str:
    return str(seen["AigcVideoTask"]["Output"]["FileInfos"][0]["FileUrl"]) if seen["Status"] == "FINISH" else ""


async def _call(action: str, body: dict[str, Any]) -> dict[str, Any]:
    if not _sessions:  # one for the process, in its loop
        _sessions.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
    async with _sessions[0].post(VENDOR, json=body, headers={"X-TC-Action": action}) as answer:
        return dict((await answer.json(content_type=None))["Response"])
