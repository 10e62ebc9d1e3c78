"""openai-node as published makes its videos here, without a change."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cluster import Cluster
from tests.clients.proxy import TORN, UNAVAILABLE, spoiling
from tests.clients.sdks import HERE, node_sdk

pytestmark = pytest.mark.timeout(240)


def drive(sdk: Path, scenario: str, base_url: str) -> dict[str, Any]:
    """Return what the user's program tells."""
    home = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "AIGCQ_"))}
    command = ["node", str(HERE / "drive.mjs"), str(sdk), scenario, base_url]
    done = subprocess.run(command, env=home, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def sdk() -> Path:
    return node_sdk()


def test_a_video_is_made_downloaded_remixed_and_erased(sdk: Path, service: Cluster) -> None:
    told = drive(sdk, "everything", service.api_url)

    made = told["made"]
    assert (made["status"], made["progress"], made["error"]) == ("completed", 100, None)
    assert (made["model"], made["seconds"], made["size"]) == ("Hailuo-2.3", "6", "1280x720")
    assert told["is_mp4"]
    assert told["part_is_the_beginning"]
    assert told["remix"]["remixed_from_video_id"] == made["id"]
    assert told["erased"]["deleted"]
    assert told["after_erasing"]["class"] == "NotFoundError"
    asked = {name: service.status(told[name]["id"])["request"] for name in ("file", "object", "extras")}
    assert len(asked["file"]["upload"]) == 64
    assert asked["object"]["image_url"] == "https://example.com/1.png"
    assert (asked["extras"]["metadata"], asked["extras"]["aspect_ratio"]) == ({"a": "1"}, "9:16")


def test_pages_of_a_list_are_walked_through_and_a_queued_video_can_be_cancelled(sdk: Path, queue: Cluster) -> None:
    told = drive(sdk, "listing", queue.api_url)

    assert told["listed"][:7] == told["made"][::-1]
    assert told["cancelled"]["deleted"]
    assert (told["then"]["status"], told["then"]["error"]["code"]) == ("failed", "cancelled")


REFUSALS = {
    "seconds": ("BadRequestError", "Allowed: 6, 10."),
    "model": ("BadRequestError", "Hailuo-2.3"),
    "unknown": ("NotFoundError", "no task"),
    "not_ready": ("NotFoundError", "is queued"),
    "edit": ("InternalServerError", "not supported"),
    "extend": ("InternalServerError", "not supported"),
}


def test_errors_are_thrown_as_the_right_class_and_nothing_is_sent_again(sdk: Path, queue: Cluster) -> None:
    with spoiling(queue.api_url, TORN, 0) as proxy:
        told = drive(sdk, "errors", proxy.url)

    for name, (kind, words) in REFUSALS.items():
        assert told[name]["class"] == kind, name
        assert words in told[name]["message"], name
        assert told[name]["request_id"], name
    assert proxy.requests == len(told) + 1


@pytest.mark.parametrize("instead", [TORN, UNAVAILABLE], ids=["torn", "503"])
def test_a_create_that_is_sent_again_by_itself_is_one_video_and_is_paid_once(
    sdk: Path, service: Cluster, instead: bytes
) -> None:
    service.until(lambda: not service.info()["queue_length"] + service.info()["processing"])
    before = len(service.ledger()["tasks"])

    with spoiling(service.api_url, instead, 2) as proxy:
        made = drive(sdk, "once", proxy.url)

    assert proxy.requests == 3
    (ended,) = service.until_ended([made["id"]])
    assert ended["status"] == "completed"
    assert [job["SessionContext"] for job in service.ledger()["tasks"][before:]] == [made["id"]]
