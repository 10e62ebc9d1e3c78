"""Replicate's Python library as published, both generations, makes its videos here without a change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cluster import Cluster
from tests.clients.proxy import TORN, UNAVAILABLE, spoiling
from tests.clients.sdks import HERE, REPLICATE_VERSIONS, python_sdk

pytestmark = pytest.mark.timeout(240)
SECOND = REPLICATE_VERSIONS[-1]


def drive(version: str, scenario: str, base_url: str, folder: Path) -> dict[str, Any]:
    """Return what the user's program tells."""
    home = {name: value for name, value in os.environ.items() if not name.startswith(("REPLICATE_", "AIGCQ_"))}
    sdk = python_sdk(version, "replicate")
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / "replicate_drive.py"), scenario, base_url],
        env=home | {"PYTHONPATH": str(sdk), "NO_PROXY": "127.0.0.1"},
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    return dict(json.loads(done.stdout))


@pytest.fixture(params=REPLICATE_VERSIONS, scope="module")
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def asked(queue: Cluster, version: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program tells that asks for everything that needs no video."""
    return drive(version, "asking", queue.api_url, tmp_path_factory.mktemp("program"))


def test_a_run_ends_with_the_address_of_a_video_however_it_waits(
    service: Cluster, version: str, tmp_path: Path
) -> None:
    service.change_simulator(latency=[1, 1.5])  # longer than the shortest wait

    told = drive(version, "everything", service.api_url, tmp_path)

    assert told["version"] == version
    for way in ("url", "by_version", "polled", "outlasted"):
        assert service.http.get(told[way]).content[4:8] == b"ftyp"
    made = told["made"]
    assert (made["status"], made["error"], made["model"]) == ("succeeded", None, "minimax/hailuo-2.3")
    assert made["metrics"]["predict_time"] > 0
    assert service.http.get(made["output"]).status_code == 200
    for way in ("file", "data"):
        assert told[way]["status"] == "succeeded"
        assert len(service.status(told[way]["id"])["request"]["upload"]) == 64


def test_pages_of_a_list_are_walked_through(asked: dict[str, Any]) -> None:
    made = asked["made"]
    assert asked["first"] == 50
    assert [each for each in asked["listed"] if each in made] == made[::-1]


def test_a_queued_one_is_canceled(asked: dict[str, Any]) -> None:
    assert (asked["canceled"]["id"], asked["canceled"]["status"]) == (asked["made"][0], "canceled")
    assert asked["then"]["status"] == "canceled"


def test_the_rest_is_read_by_the_library(asked: dict[str, Any]) -> None:
    assert asked["hooked"]["status"] == asked["held"]["status"] == "starting"
    assert asked["by_version"]["version"] == "hailuo-2.3"
    assert asked["model"]["latest_version"]["id"] == "hailuo-2.3"
    assert asked["account"]["username"] == "aigcq"


REFUSALS = {
    "input": (422, "input has no fps. Allowed: prompt,"),
    "duration": (422, "Hailuo 2.3 makes no video of 7 s. Allowed: 6, 10."),
    "model": (404, "There is no nobody/nothing."),
    "version": (422, "There is no version 5c7d5dc6."),
    "unknown": (404, "There is no task of this id"),
    "file": (422, "content is neither a JPEG nor a PNG."),
    "secret": (404, "is not told over HTTP"),
}


def test_a_refusal_says_what_is_allowed(queue: Cluster, version: str, tmp_path: Path) -> None:
    told = drive(version, "errors", queue.api_url, tmp_path)

    assert {name: each["status"] for name, each in told.items()} == {name: each for name, (each, _) in REFUSALS.items()}
    assert {name for name, (_, words) in REFUSALS.items() if words not in told[name]["detail"]} == set()


@pytest.mark.parametrize("instead", [TORN, UNAVAILABLE], ids=["torn", "unavailable"])
def test_what_the_second_generation_sends_again_by_itself_is_made_once(
    queue: Cluster, instead: bytes, tmp_path: Path
) -> None:
    before = queue.info()["queue_length"]

    with spoiling(queue.api_url, instead, 2) as proxy:
        made = drive(SECOND, "once", proxy.url, tmp_path)

    assert made["status"] == "starting"
    assert proxy.requests == 3
    assert queue.info()["queue_length"] == before + 1
