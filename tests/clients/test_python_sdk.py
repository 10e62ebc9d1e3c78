"""openai-python as published makes its videos here, without a change."""

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
from tests.clients.sdks import HERE, PYTHON_VERSIONS, python_sdk

pytestmark = pytest.mark.timeout(240)


def drive(version: str, scenario: str, base_url: str, folder: Path) -> dict[str, Any]:
    """Return what the user's program tells."""
    home = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "AIGCQ_"))}
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / "drive.py"), scenario, base_url],
        env=home | {"PYTHONPATH": str(python_sdk(version)), "NO_PROXY": "127.0.0.1"},
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    return dict(json.loads(done.stdout))


@pytest.fixture(params=PYTHON_VERSIONS, scope="module")
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def told(service: Cluster, version: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program tells that calls everything once."""
    return drive(version, "everything", service.api_url, tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="module")
def listed(queue: Cluster, version: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program tells that asks for lists."""
    return drive(version, "listing", queue.api_url, tmp_path_factory.mktemp("program"))


def test_a_video_is_made_downloaded_remixed_and_erased(told: dict[str, Any], version: str) -> None:
    assert told["version"] == version
    made = told["made"]
    assert (made["status"], made["progress"], made["error"]) == ("completed", 100, None)
    assert (made["model"], made["seconds"], made["size"]) == ("Hailuo-2.3", "6", "1280x720")
    assert made["completed_at"] >= made["created_at"]
    assert told["is_mp4"]
    assert told["part_is_the_beginning"]
    assert (told["remix"]["remixed_from_video_id"], told["remix"]["prompt"]) == (made["id"], "a fox sleeps")
    assert (told["remix"]["model"], told["remix"]["seconds"]) == ("Hailuo-2.3", "6")
    assert told["erased"]["deleted"]
    assert told["after_erasing"]["class"] == "NotFoundError"


def test_pictures_and_extras_arrive(service: Cluster, told: dict[str, Any]) -> None:
    asked = {name: service.status(told[name]["id"])["request"] for name in ("file", "object", "extras")}
    assert len(asked["file"]["upload"]) == 64
    assert asked["object"]["image_url"] == "https://example.com/first.png"
    assert asked["extras"]["metadata"] in (
        {"tenant": "a", "urgent": "true"},
        {"tenant": "a", "urgent": True},  # 2.3.0 sends JSON where there is no file
    )
    assert (asked["extras"]["negative_prompt"], asked["extras"]["tasks_priority"]) == ("rain", 3)
    assert (told["extras"]["model"], asked["extras"]["aspect_ratio"]) == ("sora-2", "9:16")
    (ended,) = service.until_ended([told["file"]["id"]])
    assert ended["status"] == "completed"


def test_the_library_polls_as_often_as_it_is_told(service: Cluster, tmp_path: Path) -> None:
    made = drive(PYTHON_VERSIONS[-1], "patiently", service.api_url, tmp_path)

    assert made["status"] == "completed"
    assert made["told_ms"] in made["pauses_ms"]


def test_pages_of_a_list_are_walked_through(listed: dict[str, Any]) -> None:
    made = listed["made"]
    assert [each for each in listed["newest_first"] if each in made[1:]] == made[:0:-1]
    assert listed["oldest_first"] == made[1:]
    assert listed["after"] == made[2:0:-1]
    assert (len(listed["page"]), listed["has_more"]) == (3, True)


def test_a_queued_video_that_is_deleted_is_cancelled(listed: dict[str, Any]) -> None:
    assert listed["cancelled"]["deleted"]
    assert (listed["then"]["status"], listed["then"]["error"]["code"]) == ("failed", "cancelled")
    assert 2000 <= int(listed["raw"]["openai-poll-after-ms"]) <= 30_000
    assert listed["raw"]["x-request-id"]


REFUSALS = {
    "seconds": ("BadRequestError", "seconds", "Allowed: 6, 10."),
    "size": ("BadRequestError", "size", "Allowed: 1366x768, 1920x1080."),
    "model": ("BadRequestError", "model", "Hailuo-2.3"),
    "extra": ("BadRequestError", "colour", "no such field"),
    "not_a_picture": ("BadRequestError", "input_reference", "image/png"),
    "unknown": ("NotFoundError", None, "no task"),
    "not_ready": ("NotFoundError", None, "is queued"),
    "key": ("UnprocessableEntityError", None, "different request"),
    "edit": ("InternalServerError", None, "not supported"),
    "extend": ("InternalServerError", None, "not supported"),
    "character": ("InternalServerError", None, "not supported"),
}


def test_errors_are_raised_as_the_right_class_and_say_what_to_do(queue: Cluster, version: str, tmp_path: Path) -> None:
    with spoiling(queue.api_url, TORN, 0) as proxy:
        told = drive(version, "errors", proxy.url, tmp_path)
        requests = proxy.requests

    for name, error in told.items():
        kind, param, words = REFUSALS[name]
        assert (error["class"], error["param"]) == (kind, param), name
        assert words in error["message"], name
        assert error["request_id"], name
    assert told["not_ready"]["code"] == "video_not_ready"
    assert len(told) >= 8
    assert requests <= len(told) + 2  # the first create and the key's first use; nothing was sent again


@pytest.mark.parametrize("instead", [TORN, UNAVAILABLE], ids=["torn", "503"])
def test_a_create_that_is_sent_again_by_itself_is_one_video_and_is_paid_once(
    service: Cluster, version: str, tmp_path: Path, instead: bytes
) -> None:
    service.until(lambda: not service.info()["queue_length"] + service.info()["processing"])
    before = len(service.ledger()["tasks"])

    with spoiling(service.api_url, instead, 2) as proxy:
        made = drive(version, "once", proxy.url, tmp_path)

    assert proxy.requests == 3
    (ended,) = service.until_ended([made["id"]])
    assert ended["status"] == "completed"
    jobs = service.ledger()["tasks"][before:]
    assert [job["SessionContext"] for job in jobs] == [made["id"]]
