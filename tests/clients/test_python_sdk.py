"""openai-python as published makes its videos here, without a change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cluster import Cluster, running
from tests.clients.proxy import TORN, UNAVAILABLE, spoiling
from tests.clients.sdks import HERE, PYTHON_VERSIONS, python_sdk

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("clients")]


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
def queue(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]  # a generator of a cluster
    """A queue in which nothing runs: there is no worker."""
    with running(tmp_path_factory.mktemp("queue")) as cluster:
        cluster.start_api()
        yield cluster


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]  # a generator of a cluster
    """Everything: API, worker, simulator."""
    with running(tmp_path_factory.mktemp("service")) as cluster:
        cluster.start_simulator(latency="0.5-1", concurrency="8", seed="1")
        cluster.start_api()
        cluster.start_worker()
        yield cluster


def test_a_video_is_made_downloaded_remixed_and_erased(service: Cluster, version: str, tmp_path: Path) -> None:
    told = drive(version, "everything", service.api_url, tmp_path)

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


def test_pictures_and_extras_arrive(service: Cluster, version: str, tmp_path: Path) -> None:
    told = drive(version, "everything", service.api_url, tmp_path)

    asked = {name: service.status(told[name]["id"])["request"] for name in ("file", "object", "extras")}
    assert len(asked["file"]["upload"]) == 64
    assert asked["object"]["image_url"] == "https://example.com/first.png"
    assert asked["extras"]["metadata"] == {"tenant": "a", "urgent": "true"}
    assert (asked["extras"]["negative_prompt"], asked["extras"]["tasks_priority"]) == ("rain", 3)
    assert (told["extras"]["model"], asked["extras"]["aspect_ratio"]) == ("sora-2", "9:16")
    (ended,) = service.until_ended([told["file"]["id"]])
    assert ended["status"] == "completed"


def test_pages_of_a_list_are_walked_through(queue: Cluster, version: str, tmp_path: Path) -> None:
    told = drive(version, "listing", queue.api_url, tmp_path)

    made = told["made"]
    assert [each for each in told["newest_first"] if each in made[1:]] == made[:0:-1]
    assert told["oldest_first"] == made[1:]
    assert told["after"] == made[2:0:-1]
    assert (len(told["page"]), told["has_more"]) == (3, True)


def test_a_queued_video_that_is_deleted_is_cancelled(queue: Cluster, version: str, tmp_path: Path) -> None:
    told = drive(version, "listing", queue.api_url, tmp_path)

    assert told["cancelled"]["deleted"]
    assert (told["then"]["status"], told["then"]["error"]["code"]) == ("failed", "cancelled")
    assert 2000 <= int(told["raw"]["openai-poll-after-ms"]) <= 30_000
    assert told["raw"]["x-request-id"]


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


def test_errors_are_raised_as_the_right_class_and_say_what_to_do(
    queue: Cluster, version: str, tmp_path: Path
) -> None:
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
    before = len(service.ledger()["tasks"])
    service.until(lambda: not service.info()["queue_length"] + service.info()["processing"])
    before = len(service.ledger()["tasks"])

    with spoiling(service.api_url, instead, 2) as proxy:
        made = drive(version, "once", proxy.url, tmp_path)

    assert proxy.requests == 3
    (ended,) = service.until_ended([made["id"]])
    assert ended["status"] == "completed"
    jobs = service.ledger()["tasks"][before:]
    assert [job["SessionContext"] for job in jobs] == [made["id"]]
