"""`aigcq doctor`, as an operator types it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigcq.config import Settings
from aigcq.store import Store, open_store
from tests.conftest import redis_server
from tests.integration.desk import Desk
from tests.servers import Server

NOBODY = "http://127.0.0.1:1"


def examined(desk: Desk, monkeypatch: pytest.MonkeyPatch, **environment: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code, and the checks by name."""
    for name, value in {"TENCENTCLOUD_ENDPOINT": NOBODY, "AIGCQ_STORAGE": "videos", **environment}.items():
        monkeypatch.setenv(name, value)
    said = desk.run("doctor", "--json")
    return said.exit_code, {check["name"]: check for check in json.loads(said.output)["checks"]}


def test_what_is_well_and_what_is_not_is_told_each_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    exit_code, checks = examined(desk, monkeypatch)

    states = {name: check["state"] for name, check in checks.items()}
    assert exit_code == 1
    assert [states[name] for name in ("Redis writes", "schema", "clock, Redis", "storage", "disk space")] == ["ok"] * 5
    assert [states[name] for name in ("workers", "no_worker", "credentials", "clock, vendor")] == ["fail"] * 4
    assert "docs/runbooks/no-worker.md" in checks["no_worker"]["action"]


def test_without_redis_the_rest_is_looked_at_and_no_secret_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk("redis://:hush-hush@127.0.0.1:1/0", settings)

    exit_code, checks = examined(desk, monkeypatch, TENCENTCLOUD_TOKEN="hush-hush")

    assert (exit_code, checks["redis_unavailable"]["state"], checks["storage"]["state"]) == (1, "fail", "ok")
    assert "hush-hush" not in json.dumps(checks)


def test_a_setting_that_cannot_be_is_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    exit_code, checks = examined(desk, monkeypatch, MAX_THRESHOLD="many")

    assert exit_code == 1
    assert list(checks) == ["settings"]
    assert "MAX_THRESHOLD" in checks["settings"]["detail"]


def test_a_storage_that_cannot_be_written_is_told_where_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, checks = examined(desk, monkeypatch, AIGCQ_STORAGE="/proc/videos")

    assert checks["storage"]["state"] == "fail"
    assert "/proc/videos" in checks["storage"]["detail"]


@pytest.mark.asyncio
async def test_a_replica_is_seen_to_take_no_writes(servers: list[Server], settings: Settings) -> None:
    async with open_store(settings, servers[1].url) as store:
        seen = await store.server.look()

    assert (seen.refusal, seen.role) == ("READONLY", "slave")


@pytest.mark.asyncio
async def test_a_redis_that_is_full_or_lacks_its_replicas_is_seen_to_take_no_writes(settings: Settings) -> None:
    with redis_server() as url:
        async with open_store(settings, url) as store:
            client = store.connection.client
            assert (await store.server.look()).refusal == ""
            await client.config_set("maxmemory", "1mb")
            assert (await store.server.look()).refusal == ""  # what was seen is good for a moment
            assert (await store.server.look(fresh=True)).refusal == "OOM"
            await client.config_set("maxmemory", "0")
            await client.config_set("min-replicas-to-write", "1")
            assert (await store.server.look(fresh=True)).refusal == "NOREPLICAS"


@pytest.mark.asyncio
async def test_a_probe_leaves_nothing_that_stays(store: Store) -> None:
    await store.server.look(fresh=True)

    assert 0 < await store.connection.client.pttl(store.connection.keys.probe) <= 60_000
