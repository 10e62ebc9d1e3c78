"""The libraries as published show their keys as they always do: here the key of a tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.cluster import Cluster, running
from tests.clients import test_python_sdk as openai
from tests.clients import test_replicate_python as replicate
from tests.clients.sdks import PYTHON_VERSIONS, REPLICATE_VERSIONS

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A service for which a key is needed, with a video a second."""
    with running(tmp_path_factory.mktemp("keyed")) as cluster:
        cluster.make_key("--scope", "admin")
        cluster.start_simulator(latency="0.5-1", concurrency="8", seed="1")
        cluster.start_api()
        cluster.start_worker()
        yield cluster


def test_openai_s_library_makes_videos_with_a_key(
    keyed: Cluster, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_HERE", keyed.make_key("--tenant", "red"))

    told = openai.drive(PYTHON_VERSIONS[-1], "everything", keyed.api_url, tmp_path)

    assert told["made"]["status"] == "completed"
    assert told["is_mp4"]
    assert told["after_erasing"]["class"] == "NotFoundError"


def test_openai_s_library_tells_its_user_that_the_key_is_none(
    keyed: Cluster, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_HERE", "sk-nothing")

    told = openai.drive(PYTHON_VERSIONS[-1], "refused", keyed.api_url, tmp_path)

    assert (told["class"], told["code"]) == ("AuthenticationError", "invalid_api_key")


@pytest.mark.parametrize("version", REPLICATE_VERSIONS)
def test_replicate_s_library_makes_videos_with_a_key(
    keyed: Cluster, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("KEY_HERE", keyed.make_key("--tenant", "red"))

    told = replicate.drive(version, "everything", keyed.api_url, tmp_path)

    assert (told["made"]["status"], told["file"]["status"]) == ("succeeded", "succeeded")
