"""With a key, applications, people at a terminal and agents use a service as it runs; without one nobody does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client as Agent
from mcp import StdioServerParameters

from aigcq.client import Client, End
from aigcq.client.errors import AigcqError
from tests.acceptance import nursery
from tests.acceptance.cluster import Cluster, MakeCluster


@pytest.fixture
def cluster(make_cluster: MakeCluster, tmp_path: Path) -> Cluster:
    """A service that does not start without a key, and keeps its videos."""
    cluster = make_cluster(AIGCQ_AUTH="required", AIGCQ_STORAGE=str(tmp_path / "videos"), AIGCQ_SAVE_SECONDS="5")
    cluster.key = cluster.make_key("--tenant", "red")
    cluster.start_simulator(latency="1-2", concurrency="2")
    cluster.start_api()
    cluster.start_worker()
    return cluster


def test_where_keys_are_required_the_api_says_what_to_do_and_does_not_start(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(AIGCQ_AUTH="required")

    process = cluster.spawn("api", "-m", "aigcq", "api", "--port", cluster.api_url.rpartition(":")[2])

    assert process.wait(30)
    log = (cluster.folder / "api.log").read_text()
    assert "aigcq keys create" in log
    assert "Traceback" not in log


def test_an_application_with_a_key_has_its_video_and_one_without_is_told(cluster: Cluster, tmp_path: Path) -> None:
    with Client(cluster.api_url, api_key=cluster.key) as client:
        made = client.create("a fox in the snow")
        told = list(client.stream(made.task_id))
        path = client.download(told[-1].task, tmp_path / "fox.mp4")
        signed = told[-1].task.video_url

    assert isinstance(told[-1], End)
    assert path.read_bytes()[4:8] == b"ftyp"
    assert cluster.http.get(signed).content == path.read_bytes()
    assert cluster.http.get(signed.partition("?")[0]).status_code == 401
    with Client(cluster.api_url, api_key="") as nobody, pytest.raises(AigcqError) as refused:
        nobody.get(made.task_id)
    assert refused.value.code == "invalid_api_key"


def _run(cluster: Cluster, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = cluster.environment | {"AIGCQ_URL": cluster.api_url} | environment
    return nursery.run(["-m", "aigcq", *arguments], cluster.folder, own)


def test_at_a_terminal_the_key_is_read_from_the_environment(cluster: Cluster) -> None:
    made = _run(cluster, "create", "a fox", AIGCQ_API_KEY=cluster.key)
    refused = _run(cluster, "create", "a fox")

    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["task_id"]
    assert refused.returncode == 1
    assert "key" in refused.stderr


def test_an_agent_s_server_shows_the_key_of_its_environment(cluster: Cluster) -> None:
    async def agent() -> Any:
        command = ["-m", "aigcq", "mcp", "--url", cluster.api_url]
        env = cluster.environment | {"AIGCQ_API_KEY": cluster.key}
        parameters = StdioServerParameters(command=sys.executable, args=command, env=env, cwd=cluster.folder)
        async with Agent(parameters) as client:
            made = await client.call_tool("create_video", {"prompt": "a fox"})
            named = {"task_id": made.structured_content["task_id"], "seconds": 60}
            return (await client.call_tool("wait_for_video", named)).structured_content

    ended = asyncio.run(agent())

    assert ended["status"] == "completed"
    assert "signature=" in ended["video_url"]
