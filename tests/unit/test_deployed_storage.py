"""The containers keep videos where all of them see them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aigcq import config
from aigcq.storage import refuse_unshared
from tests.unit.test_deployment import compose, dockerfile, service, text

FOLDER = "/var/lib/aigcq/videos"


def _default(written: str) -> str:
    """Return what Compose makes of `${NAME:-default}` where NAME is not set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", written)


@pytest.mark.parametrize("name", ["api", "worker"])
def test_api_and_workers_keep_videos_on_one_volume(name: str) -> None:
    (mounted,) = service(name)["volumes"]

    assert mounted == f"videos:{_default(service(name)['environment']['AIGCQ_STORAGE'])}"
    assert "videos" in compose()["volumes"]
    assert mounted.endswith(FOLDER)


@pytest.mark.parametrize("name", ["api", "worker"])
def test_a_container_starts_although_its_redis_is_elsewhere(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AIGCQ_STORAGE", "AIGCQ_STORAGE_SHARED"):
        monkeypatch.setenv(variable, _default(service(name)["environment"][variable]))

    refuse_unshared(config.read(), "redis://redis:6379/0")


def test_the_users_own_storage_comes_before_the_volume() -> None:
    assert service("worker")["environment"]["AIGCQ_STORAGE"].startswith("${AIGCQ_STORAGE:-")


def test_the_image_has_the_folder_for_its_user() -> None:
    (made,) = [line for line in dockerfile("RUN") if FOLDER in line]

    assert "-o aigcq -g aigcq" in made
    assert text("Dockerfile").index(FOLDER) < text("Dockerfile").index("USER 10001")


def test_development_keeps_the_volume_beside_the_mounted_source() -> None:
    """Compose merges lists of volumes by where they are mounted: no file may put something else there."""
    dev: dict[str, Any] = compose("docker-compose.dev.yml")["services"]

    for name in ("api", "worker"):
        assert not any(volume.split(":")[1].startswith("/var/lib/aigcq") for volume in dev[name]["volumes"])


def test_a_worker_reaches_the_simulators_videos() -> None:
    command = service("simulator")["command"]

    assert command[command.index("--public-url") + 1] == "http://simulator:8090"
