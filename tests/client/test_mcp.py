"""Agents ask for videos by the Model Context Protocol."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client as Agent

from aigcq.client import AsyncClient, driver
from aigcq.mcp.server import server
from tests.client.conftest import ID, URL, Face, Handler, completed, ok, problem, task

TOOLS = {"create_video", "get_video", "wait_for_video", "cancel_video", "list_models", "queue_info"}


def _agent(*answers: Handler, what: Callable[[Agent], Any]) -> tuple[Any, list[httpx2.Request]]:
    """Return what comes of `what(agent)`, and what the service was asked; it gives its answers in order."""
    left, asked = list(answers), []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        given = (left.pop(0) if len(left) > 1 else left[0])(request)
        assert isinstance(given, httpx2.Response)
        return given

    async def run() -> Any:
        offered = server(lambda: AsyncClient(URL, transport=httpx2.MockTransport(answer), retries=0))
        async with Agent(offered) as agent:
            return await what(agent)

    return anyio.run(run), asked


def test_every_tool_says_what_it_answers() -> None:
    listed, _ = _agent(task(), what=lambda agent: agent.list_tools())

    assert {tool.name for tool in listed.tools} == TOOLS
    assert all(tool.description and tool.output_schema for tool in listed.tools)
    assert {tool.name for tool in listed.tools if tool.annotations.read_only_hint} == TOOLS - {
        "create_video",
        "cancel_video",
    }


def test_a_video_is_asked_for_and_the_agent_told_what_to_do_next() -> None:
    wanted = {"prompt": "a fox", "model": "Kling-2.5", "duration": 5, "more": {"seed": 7}, "idempotency_key": "k"}

    made, (asked,) = _agent(task(position=3), what=lambda agent: agent.call_tool("create_video", wanted))

    assert json.loads(asked.content) == {
        "prompt": "a fox",
        "model_name": "Kling",
        "model_version": "2.5",
        "duration": 5,
        "seed": 7,
    }
    assert asked.headers["idempotency-key"] == "k"
    told = made.structured_content
    assert (told["task_id"], told["status"], told["position"]) == (ID, "queued", 3)
    assert "wait_for_video" in told["next_step"]


def test_who_waits_is_told_of_progress_and_given_the_video(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "anap", Face(asynchronous=True).anap)
    told: list[tuple[float, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    ended, _ = _agent(
        task(position=2),
        task(position=1),
        task("processing", progress=40, phase="generating"),
        completed(),
        what=lambda agent: agent.call_tool("wait_for_video", {"task_id": ID}, progress_callback=note),
    )

    assert ended.structured_content["video_url"] == f"{URL}/v/1.mp4"
    assert [message for _, message in told][:3] == ["position 2 in the queue", "position 1 in the queue", "generating"]
    figures = [progress for progress, _ in told]
    assert figures == sorted(set(figures))


def test_a_wait_is_bounded_and_may_be_repeated() -> None:
    waited, _ = _agent(
        task("processing", progress=40),
        what=lambda agent: agent.call_tool("wait_for_video", {"task_id": ID, "seconds": 0.001}),
    )

    assert (waited.is_error, waited.structured_content["progress"]) == (False, 40)
    assert waited.structured_content["next_step"] == "Call wait_for_video again."


def test_a_video_that_failed_is_an_answer_with_its_reason() -> None:
    fault = {"code": "vendor_rejected", "message": "No.", "advice": "Ask for another.", "billed": "no"}

    for tool in ("get_video", "wait_for_video"):
        told, _ = _agent(
            task("failed", error=fault), what=lambda agent, tool=tool: agent.call_tool(tool, {"task_id": ID})
        )

        assert told.structured_content["error"] == fault


def test_a_refusal_names_the_field_and_what_is_allowed_to_the_agent() -> None:
    wrong = [{"field": "resolution", "message": "There is no 9K.", "allowed": ["768P", "1080P"]}]

    refused, _ = _agent(
        problem(422, "invalid_request", errors=wrong),
        what=lambda agent: agent.call_tool("create_video", {"prompt": "a fox", "resolution": "9K"}),
    )

    assert refused.is_error
    assert "resolution: There is no 9K. Allowed: 768P, 1080P." in refused.content[0].text


def test_a_service_that_is_away_is_a_sentence_for_the_agent() -> None:
    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there")

    refused, _ = _agent(away, what=lambda agent: agent.call_tool("queue_info", {}))

    assert refused.is_error
    assert "Is the service up?" in refused.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments", "answer", "told"),
    [
        ("cancel_video", {"task_id": ID}, {"result": "cancelled", "billed": "no"}, {"result": "cancelled"}),
        ("queue_info", {}, {"queue_length": 3, "active_count": 1, "max_concurrency": 1}, {"queue_length": 3}),
        ("list_models", {}, {"models": [{"name": "Hailuo"}]}, {"models": [{"name": "Hailuo"}]}),
    ],
)
def test_the_other_tools_answer_as_the_service_does(tool: str, arguments: Any, answer: Any, told: Any) -> None:
    given, _ = _agent(ok(answer), what=lambda agent: agent.call_tool(tool, arguments))

    assert told.items() <= given.structured_content.items()


def test_without_the_sdk_the_command_says_how_to_install_it() -> None:
    code = "import sys\nsys.modules['mcp'] = None\nsys.argv = ['aigcq', 'mcp']\nfrom aigcq.cli import main\nmain()"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert 'pip install "mcp' in done.stderr
    assert "Traceback" not in done.stderr
