"""What `aigcq doctor` finds without asking anybody: contradictions, and how it tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from click import unstyle

from aigcq.cli.checks import Check, State, bounded, fail, ok, warn
from aigcq.cli.checks_of_redis import _kept, _memory, _replicas, _version
from aigcq.cli.checks_of_settings import of_settings
from aigcq.cli.doctor import _text
from aigcq.config import Settings
from aigcq.store.server import Condition


def test_defaults_do_not_contradict_each_other() -> None:
    assert [check.state for check in of_settings(Settings())] == [State.OK]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"create_rate": 21.0}, "AIGCQ_CREATE_RATE"),
        ({"describe_rate": 101.0}, "AIGCQ_DESCRIBE_RATE"),
        ({"threshold_decrease": 3}, "THRESHOLD_DECREASE"),
        ({"rate_limit_action": "fail"}, "RATE_LIMIT_ACTION=fail"),
        ({"storage_retention_seconds": 86400.0}, "AIGCQ_STORAGE_RETENTION_SECONDS"),
        ({"idempotency_ttl_seconds": 60.0}, "AIGCQ_IDEMPOTENCY_TTL_SECONDS"),
        ({"webhook_url": "https://example.com/hook"}, "AIGCQ_PUBLIC_URL"),
        ({"public_url": "http://video.example.com"}, "plain HTTP"),
        ({"budget_day": "10"}, "no model has a price"),
    ],
)
def test_a_contradiction_is_told_by_the_names_of_its_settings(settings: dict[str, Any], word: str) -> None:
    found = of_settings(Settings(**settings))

    assert [check.state for check in found] == [State.WARN]
    assert word in found[0].detail
    assert found[0].action


@pytest.mark.parametrize(
    ("condition", "told", "state"),
    [
        (Condition(aof=True), {"appendfsync": "always"}, State.OK),
        (Condition(aof=True), {"appendfsync": "everysec"}, State.OK),
        (Condition(aof=True), {"appendfsync": "no"}, State.WARN),
        (Condition(aof=True), {}, State.OK),
        (Condition(), {"save": "3600 1"}, State.WARN),
        (Condition(), {"save": ""}, State.WARN),
    ],
)
def test_a_redis_that_may_forget_is_warned_of(condition: Condition, told: dict[str, str], state: State) -> None:
    assert _kept(condition, told).state is state


@pytest.mark.parametrize(
    ("engine", "version", "state"),
    [("redis", "6.2.14", State.FAIL), ("redis", "7.0.15", State.OK), ("valkey", "9.1.0", State.OK)],
)
def test_a_redis_that_is_too_old_fails(engine: str, version: str, state: State) -> None:
    assert _version(Condition(engine=engine, version=version)).state is state


@pytest.mark.parametrize(
    ("wanted", "there", "states"), [(1, 0, ["fail"]), (0, 1, ["warn"]), (1, 1, ["ok"]), (0, 0, [])]
)
def test_replicas_are_counted_against_what_a_write_waits_for(wanted: int, there: int, states: list[str]) -> None:
    assert [str(check.state) for check in _replicas(Condition(replicas=there), Settings(min_replicas=wanted))] == states


def test_a_redis_without_a_bound_is_warned_of() -> None:
    assert _memory(Condition(used_bytes=1)).state is State.WARN
    assert _memory(Condition(used_bytes=1, maxmemory=2)).state is State.OK


def test_a_check_that_breaks_keeps_no_other_from_being_made_and_tells_no_traceback() -> None:
    async def broken() -> Iterable[Check]:
        raise RuntimeError("hush-hush")

    (check,) = asyncio.run(bounded("storage", broken()))

    assert (check.name, check.state) == ("storage", State.FAIL)
    assert "RuntimeError" in check.detail
    assert "hush-hush" not in check.detail


def test_each_line_says_how_it_is_and_below_it_what_to_change() -> None:
    text = unstyle(
        _text([ok("Redis", "fine"), warn("settings", "odd", "change it"), fail("storage", "gone", "mend it")])
    )

    assert text.splitlines() == [
        "ok   Redis               fine",
        "warn settings            odd", "      → change it",
        "fail storage             gone", "      → mend it",
        "1 failed, 1 warned, of 3 checks.",
    ]  # fmt: skip
