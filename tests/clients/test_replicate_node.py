"""Replicate's Node library as published, and the Vercel AI SDK's, make their videos here without a change."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cluster import Cluster
from tests.clients.sdks import HERE, node_sdk

pytestmark = pytest.mark.timeout(240)


def drive(sdk: Path, scenario: str, base_url: str) -> dict[str, Any]:
    """Return what the user's program tells."""
    home = {name: value for name, value in os.environ.items() if not name.startswith(("REPLICATE_", "AIGCQ_"))}
    command = ["node", str(HERE / "replicate_drive.mjs"), str(sdk), scenario, base_url]
    done = subprocess.run(command, env=home, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def sdk() -> Path:
    return node_sdk("node-replicate")


def test_a_run_ends_with_the_address_of_a_video_however_it_waits(sdk: Path, service: Cluster) -> None:
    service.change_simulator(latency=[1, 1.5])  # longer than the shortest wait

    told = drive(sdk, "everything", service.api_url)

    for way in ("url", "by_version", "polled", "outlasted"):
        assert service.http.get(told[way]).content[4:8] == b"ftyp"
    assert (told["seen"][0], told["seen"][-1]) == ("starting", "succeeded")
    assert set(told["seen"]) <= {"starting", "processing", "succeeded"}
    for way in ("file", "buffer"):
        assert told[way]["status"] == "succeeded"
        assert len(service.status(told[way]["id"])["request"]["upload"]) == 64


def test_what_needs_no_video_is_read_by_the_library(sdk: Path, queue: Cluster) -> None:
    told = drive(sdk, "asking", queue.api_url)

    made = told["made"]
    assert [each for each in told["listed"] if each in made] == made[::-1]
    assert told["hooked"]["status"] == told["held"]["status"] == "starting"
    assert told["canceled"]["status"] == told["then"]["status"] == "canceled"
    assert told["model"]["latest_version"]["id"] == "hailuo-2.3"
    assert told["progress"] == {"percentage": 0.5, "current": 50, "total": 100}


def test_a_refusal_says_what_is_allowed(sdk: Path, queue: Cluster) -> None:
    told = drive(sdk, "errors", queue.api_url)

    assert {each["class"] for each in told.values()} == {"ApiError"}
    assert {name: each["status"] for name, each in told.items()} == {
        "input": 422, "file": 422, "model": 404, "unknown": 404,
    }  # fmt: skip
    assert "input has no fps. Allowed: prompt," in told["input"]["message"]


def test_the_ai_sdk_of_vercel_makes_a_video(sdk: Path, service: Cluster) -> None:
    told = drive(sdk, "vercel", service.api_url)

    assert told["status"] == "completed", told
    (video,) = told["videos"]
    assert service.http.get(video["url"]).content[4:8] == b"ftyp"
    asked = service.status(told["url"].rpartition("/")[2])["request"]
    assert (asked["seed"], asked["resolution"], len(asked["upload"])) == (3, "768P", 64)
