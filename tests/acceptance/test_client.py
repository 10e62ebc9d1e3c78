"""Applications, people at a terminal and agents get a video of the service as it runs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from mcp import Client as Agent
from mcp import StdioServerParameters

from aigcq.client import AsyncClient, Client, End, Snapshot, Task, TaskEvent
from tests.acceptance import nursery
from tests.acceptance.cluster import Cluster, MakeCluster


@pytest.fixture
def cluster(make_cluster: MakeCluster) -> Cluster:
    """A service whose videos take a second or two."""
    cluster = make_cluster()
    cluster.start_simulator(latency="1-2", concurrency="2")
    cluster.start_api()
    cluster.start_worker()
    return cluster


def _is_a_video(path: Path) -> bool:
    return path.read_bytes()[4:8] == b"ftyp"


def test_an_application_asks_waits_and_has_the_video(cluster: Cluster, tmp_path: Path) -> None:
    seen: list[Task] = []
    with Client(cluster.api_url) as client:
        made = client.create("a fox in the snow", duration=6, metadata={"order": "A-1"})
        ended = client.wait(made.task_id, timeout=60, on_progress=seen.append)
        path = client.download(ended, tmp_path / "fox.mp4")

    assert _is_a_video(path)
    assert ended.metadata == {"order": "A-1"}
    assert seen[-1] == ended
    assert [each.progress for each in seen] == sorted(each.progress for each in seen)


def test_many_videos_are_followed_at_once_in_an_event_loop(cluster: Cluster, tmp_path: Path) -> None:
    async def one(client: AsyncClient, number: int) -> list[Any]:
        made = await client.create(f"fox {number}")
        told = [event async for event in client.stream(made.task_id)]
        await client.download(told[-1].task, tmp_path / f"{number}.mp4")
        return told

    async def all_of_them() -> list[list[Any]]:
        async with AsyncClient(cluster.api_url) as client, asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(client, number)) for number in range(4)]
        return [task.result() for task in tasks]

    for number, told in enumerate(asyncio.run(all_of_them())):
        assert isinstance(told[0], Snapshot)
        assert isinstance(told[-1], End)
        assert "succeed" in [event.event for event in told if isinstance(event, TaskEvent)]
        assert _is_a_video(tmp_path / f"{number}.mp4")


def test_an_api_that_is_killed_costs_a_listener_and_a_waiter_nothing(cluster: Cluster) -> None:
    with Client(cluster.api_url) as client, ThreadPoolExecutor() as pool:
        made = [client.create(f"fox {number}") for number in range(4)]
        waits = Event()
        waiter = pool.submit(client.wait, made[-1].task_id, 90, lambda task: waits.set())
        listening = client.stream(made[-1].task_id)
        told: list[Any] = [next(listening)]
        assert waits.wait(30)
        cluster.kill("api")
        cluster.start_api()
        told += listening

        assert isinstance(told[-1], End)
        assert told[-1].task.status == "completed"
        assert waiter.result(60).task_id == made[-1].task_id
    names = [event.event for event in told if isinstance(event, TaskEvent)]
    assert names.count("succeed") == 1


def _run(cluster: Cluster, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = cluster.environment | {"AIGCQ_URL": cluster.api_url, "COLUMNS": "200"}
    return nursery.run(["-m", "aigcq", *arguments], cluster.folder, environment)


def test_at_a_terminal_a_video_is_watched_waited_for_and_fetched(cluster: Cluster, tmp_path: Path) -> None:
    made = json.loads(_run(cluster, "create", "a fox").stdout)

    watched = _run(cluster, "watch", made["task_id"])
    waited = _run(cluster, "wait", made["task_id"])
    fetched = _run(cluster, "download", made["task_id"], str(tmp_path / "fox.mp4"))

    assert watched.returncode == waited.returncode == fetched.returncode == 0, watched.stderr + fetched.stderr
    assert watched.stdout.splitlines()[-1] == f"{made['task_id']} completed {waited.stdout.strip()}"
    assert _is_a_video(tmp_path / "fox.mp4")


def test_at_a_terminal_what_is_not_in_time_has_an_exit_code_of_its_own(cluster: Cluster) -> None:
    cluster.change_simulator(latency=[60, 60])
    made = json.loads(_run(cluster, "create", "a fox").stdout)

    waited = _run(cluster, "wait", made["task_id"], "--timeout", "0.5")

    assert (waited.returncode, waited.stdout) == (3, "")
    assert "It goes on" in waited.stderr


def test_an_agent_gets_a_video_over_standard_input_and_output(cluster: Cluster) -> None:
    told: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async def agent() -> Sequence[Any]:
        command = [sys.executable, "-m", "aigcq", "mcp", "--url", cluster.api_url]
        parameters = StdioServerParameters(
            command=command[0], args=command[1:], env=cluster.environment, cwd=cluster.folder
        )
        async with Agent(parameters) as client:
            made = await client.call_tool("create_video", {"prompt": "a fox", "duration": 6})
            named = {"task_id": made.structured_content["task_id"]}
            ended = await client.call_tool("wait_for_video", named | {"seconds": 60}, progress_callback=note)
            refused = await client.call_tool("create_video", {"prompt": "a fox", "resolution": "9K"})
            return ended.structured_content, refused

    ended, refused = asyncio.run(agent())

    assert ended["status"] == "completed"
    assert ended["video_url"].endswith(".mp4")
    assert "completed" in told
    assert refused.is_error
    assert "Allowed: 768P" in refused.content[0].text
