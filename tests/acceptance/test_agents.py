"""Agents of several tenants share one MCP server over HTTP, and each is its own tenant to the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from mcp import Client as Agent
from mcp.client.streamable_http import streamable_http_client

from aigcq.client import Client
from tests.acceptance.cluster import Cluster, MakeCluster, free_port

INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip
HEADERS = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def cluster(make_cluster: MakeCluster) -> Cluster:
    """A service that has keys; its worker does nothing here, for there is none."""
    cluster = make_cluster()
    cluster.key = cluster.make_key("--scope", "admin")
    cluster.start_api()
    return cluster


def _served(cluster: Cluster) -> str:
    """Start `aigcq mcp --http`, in whose environment an admin's key is; return its address."""
    port = free_port()
    words = ["-m", "aigcq", "mcp", "--http", "--port", str(port), "--url", cluster.api_url]
    cluster.spawn("mcp", *words, AIGCQ_API_KEY=cluster.key)
    url = f"http://127.0.0.1:{port}/mcp"
    cluster.until(lambda: _answers(url))
    return url


def _answers(url: str) -> bool:
    try:
        return bool(httpx2.get(url, timeout=5).status_code)
    except httpx2.TransportError:
        return False


def _as(url: str, key: str, what: Callable[[Agent], Any]) -> Any:
    """Return what comes of `what(agent)` for an agent that shows a key."""

    async def run() -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Agent(streamable_http_client(url, http_client=http)) as agent,
        ):
            return await what(agent)

    return asyncio.run(run())


def test_two_tenants_over_one_server_see_only_their_own(cluster: Cluster) -> None:
    url = _served(cluster)
    red, blue = cluster.make_key("--tenant", "red"), cluster.make_key("--tenant", "blue")

    made = {
        key: _as(url, key, lambda agent: agent.call_tool("create_video", {"prompt": "a fox"})).structured_content
        for key in (red, blue)
    }

    for key, other in ((red, blue), (blue, red)):
        own, others = made[key]["task_id"], made[other]["task_id"]
        assert _as(url, key, lambda agent, own=own: agent.call_tool("get_video", {"task_id": own})).is_error is False
        for tool in ("get_video", "wait_for_video", "cancel_video"):
            named = {"task_id": others}
            refused = _as(url, key, lambda agent, tool=tool, named=named: agent.call_tool(tool, named))
            assert refused.is_error
            assert others in refused.content[0].text
        with Client(cluster.api_url, api_key=key) as client:
            assert [task.task_id for task in client.list()] == [own]


def test_who_shows_no_key_or_a_wrong_one_is_told_401_and_uses_nobody_else_s(cluster: Cluster) -> None:
    url = _served(cluster)
    wrong = [{}, {"Authorization": "Bearer aigcq_no_such"}, {"Authorization": f"Basic {cluster.key}"}]

    for shown in wrong:
        refused = httpx2.post(url, json=INITIALIZE, headers=HEADERS | shown)

        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.json()["code"] == "invalid_api_key"
    assert httpx2.post(url, json=INITIALIZE, headers=HEADERS | _bearer(cluster.key)).status_code == 200


def test_who_takes_up_another_one_s_session_is_still_who_its_own_key_says(cluster: Cluster) -> None:
    url = _served(cluster)
    red = cluster.make_key("--tenant", "red")
    begun = httpx2.post(url, json=INITIALIZE, headers=HEADERS | _bearer(cluster.key))
    session = {"Mcp-Session-Id": begun.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    httpx2.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=HEADERS | session)
    wanted = {"name": "create_video", "arguments": {"prompt": "a fox"}}
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": wanted}

    nobody = httpx2.post(url, json=call, headers=HEADERS | session)
    taken = httpx2.post(url, json=call, headers=HEADERS | session | _bearer(red))

    assert '"isError":true' in nobody.text
    assert '"isError":false' in taken.text
    with Client(cluster.api_url, api_key=red) as client:
        assert len(list(client.list())) == 1


def test_a_service_that_is_open_takes_whoever_comes(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_api()
    url = _served(cluster)

    made = _as(url, "", lambda agent: agent.call_tool("create_video", {"prompt": "a fox"}))

    assert made.structured_content["status"] == "queued"


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
