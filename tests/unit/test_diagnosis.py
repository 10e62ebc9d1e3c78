"""Each finding appears exactly when it should, and is told with what to do about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aigcq.config import Settings
from aigcq.diagnosis import Code, Seen, Severity, Shelf, findings, status_of
from aigcq.store.control import Overview
from aigcq.store.server import Condition, read_condition

NOW = 1_800_000_000_000
MINUTE = 60_000
SETTINGS = Settings()
WELL = Overview(
    now_ms=NOW, queued=0, waiting=0, processing=0, live=0, threshold=12, maximum=12, minimum=1, paused="", paused_by="",
    workers={"w": NOW - 1000}, vendor={"ok_ms": str(NOW - 2000), "flowing_ms": str(NOW - 1000)},
)  # fmt: skip
BUSY = replace(WELL, queued=3, live=2, processing=2)
STUCK = {"queued": 3, "vendor": {"ok_ms": str(NOW), "flowing_ms": str(NOW - 2 * MINUTE)}}
GIB = 1024**3


def codes(seen: Seen, settings: Settings = SETTINGS) -> list[str]:
    return [str(each.code) for each in findings(seen, settings)]


def vendor(**told: Any) -> dict[str, str]:
    return {name: str(value) for name, value in ({"ok_ms": NOW - 2000, "flowing_ms": NOW - 1000} | told).items()}


def refused(threshold: int = 1, **state: int) -> Overview:
    return replace(BUSY, live=0, threshold=threshold, state={name: str(value) for name, value in state.items()})


def test_nothing_is_found_where_all_is_well() -> None:
    seen = Seen(now_ms=NOW, overview=WELL, condition=Condition(), shelf=Shelf(free_bytes=100 * GIB))

    assert codes(seen) == []
    assert codes(replace(seen, overview=BUSY)) == []
    assert status_of(()) == "ok"


QUEUES = [
    ("no beat of a worker for a lease", replace(WELL, workers={"w": NOW - 15_001}), ["no_worker"]),
    ("no worker at all", replace(WELL, workers={}), ["no_worker"]),
    ("a person's pause", replace(BUSY, paused="lunch", paused_by="operator"), ["paused"]),
    ("the machine's pause", replace(BUSY, paused="AuthFailure", paused_by="vendor"), ["vendor_auth"]),
    ("a key refused last", replace(WELL, paused="x", paused_by="vendor", vendor=vendor(error_ms=NOW)), ["vendor_auth"]),
    ("silence", replace(WELL, vendor=vendor(error_ms=NOW, error_code="timeout")), ["vendor_unreachable"]),
    ("silence that is over", replace(WELL, vendor=vendor(error_ms=NOW - 3000)), []),
    ("submissions in doubt", replace(WELL, unknown_in_a_row=3), ["submissions_unanswered"]),
    ("one submission in doubt", replace(WELL, unknown_in_a_row=1), []),
    ("doubt because of silence", replace(WELL, unknown_in_a_row=9, vendor=vendor(error_ms=NOW)),
     ["vendor_unreachable"]),
    ("old tasks", replace(WELL, overdue=2), ["near_horizon"]),
    ("nothing claimed for long", replace(WELL, **STUCK), ["queue_stuck"]),
    ("nothing claimed, by one that tells it not", replace(WELL, **STUCK | {"vendor": {}}), []),
    ("nothing claimed, but a permit is new", replace(WELL, **STUCK, granted_ms=NOW - 1000), []),
    ("nothing claimed, there is no room", replace(WELL, **STUCK, live=12), []),
    ("nothing claimed, models have no room", replace(WELL, **STUCK, passed=True), []),
    ("nothing claimed, the breaker is open", replace(WELL, **STUCK, broken_until_ms=NOW + 1), []),
    ("nothing claimed, the law holds", replace(WELL, **STUCK, state={"hold_until_ms": str(NOW)}), []),
    ("nothing claimed, by nobody", replace(WELL, **STUCK, workers={}), ["no_worker"]),
    ("nothing claimed, it is paused", replace(WELL, **STUCK, paused="x", paused_by="operator"), ["paused"]),
    ("refused at the floor", refused(refusals=3, hold_until_ms=NOW + 8000), ["threshold_at_floor"]),
    ("refused above it", refused(4, refusals=3, hold_until_ms=NOW + 8000), ["throttled"]),
    ("refused twice: how a limit is found", refused(4, refusals=2, hold_until_ms=NOW + 4000), []),
    ("refused long ago", refused(refusals=9, hold_until_ms=NOW - 11 * MINUTE), []),
    ("a probe was refused", refused(4, refused_ms=NOW, known=1), []),
    ("accepted and failed", refused(late_ms=NOW - 1000, ended_ms=NOW - 2000), ["threshold_at_floor"]),
    ("failed once, others end well", refused(late_ms=NOW - 1000, ended_ms=NOW), []),
    ("refused for calling too often", replace(BUSY, vendor=vendor(refused_in_a_row=5, refused_ms=NOW)), ["throttled"]),
    ("refused now and then", replace(BUSY, vendor=vendor(refused_in_a_row=4, refused_ms=NOW)), []),
    ("refused a while ago", replace(BUSY, vendor=vendor(refused_in_a_row=9, refused_ms=NOW - 2 * MINUTE)), []),
    ("refused, but nothing is to be done", replace(refused(refusals=3, hold_until_ms=NOW), queued=0, processing=0), []),
    ("a worker's clock", replace(WELL, vendor=vendor(skewed_ms=NOW - 4000, skew_ms=-30_000)), ["clock_skew"]),
    ("a clock that was mended", replace(WELL, vendor=vendor(skewed_ms=NOW - 6 * MINUTE, skew_ms=-30_000)), []),
    ("leases lost", replace(WELL, vendor=vendor(lost_ms=NOW - 4000, lost=2)), ["lease_losses"]),
    ("leases lost long ago", replace(WELL, vendor=vendor(lost_ms=NOW - 6 * MINUTE, lost=2)), []),
    ("many failures", replace(WELL, dead_lately=10, ended_lately=40), ["dead_letters"]),
    ("few failures", replace(WELL, dead_lately=9, ended_lately=9), []),
    ("few of very many", replace(WELL, dead_lately=10, ended_lately=51), []),
    ("a storage that fails", replace(WELL, vendor=vendor(storage_error_ms=NOW - 9)), ["storage_failing"]),
    ("one of two workers fails",
     replace(WELL, vendor=vendor(storage_error_ms=NOW - 9, storage_ok_ms=NOW, storage_error_by="a", storage_ok_by="b")),
     ["storage_failing"]),
    ("one that failed is well",
     replace(WELL, vendor=vendor(storage_error_ms=NOW - 9, storage_ok_ms=NOW, storage_error_by="a", storage_ok_by="a")),
     []),
    ("a storage that works again",
     replace(WELL, vendor=vendor(storage_error_ms=NOW - 4 * MINUTE, storage_ok_ms=NOW, storage_ok_by="b")), []),
    ("a storage that is full",
     replace(WELL, vendor=vendor(storage_error_ms=NOW - 9, storage_full=1)), ["storage_full"]),
    ("a worker's folder is full", replace(WELL, vendor=vendor(storage_free=1024)), ["storage_full"]),
]  # fmt: skip


@pytest.mark.parametrize(("overview", "expected"), [case[1:] for case in QUEUES], ids=[case[0] for case in QUEUES])
def test_what_is_wrong_with_a_queue_is_found_exactly_when_it_is(overview: Overview, expected: list[str]) -> None:
    assert codes(Seen(now_ms=NOW, overview=overview)) == expected


STEPS = [
    ("refused at the floor", 0, NOW - 10_000, ["threshold_at_floor"]),
    ("as many run as may", 2, NOW - 10_000, []),
    ("refused an interval ago", 0, NOW - 63_000, []),
]


@pytest.mark.parametrize(("live", "refused_ms", "expected"), [case[1:] for case in STEPS], ids=[c[0] for c in STEPS])
def test_under_the_law_step_the_floor_is_found_too(live: int, refused_ms: int, expected: list[str]) -> None:
    overview = replace(BUSY, live=live, threshold=2, minimum=2, state={"hold_until_ms": str(refused_ms + 2000)})

    assert codes(Seen(now_ms=NOW, overview=overview), Settings(limit_policy="step")) == expected


SERVERS = [
    ("a replica", Condition(refusal="READONLY"), ["redis_read_only"]),
    ("without its replicas", Condition(refusal="NOREPLICAS"), ["redis_read_only"]),
    ("that cannot write to disk", Condition(refusal="MISCONF", disk_error="its snapshot"), ["redis_disk_full"]),
    ("that could not, and takes writes", Condition(disk_error="its snapshot"), ["redis_disk_full"]),
    ("that is full", Condition(refusal="OOM", used_bytes=99, limit_bytes=100), ["redis_memory_full"]),
    ("nearly full", Condition(used_bytes=91, limit_bytes=100), ["redis_memory_full"]),
    ("half full", Condition(used_bytes=50, limit_bytes=100), []),
    ("that evicts", Condition(maxmemory=100, eviction="allkeys-lru"), ["redis_eviction"]),
    ("that evicts what has a TTL", Condition(maxmemory=100, eviction="volatile-lru"), ["redis_eviction"]),
    ("that would evict, but has no limit", Condition(eviction="allkeys-lru"), []),
]


@pytest.mark.parametrize(("condition", "expected"), [case[1:] for case in SERVERS], ids=[case[0] for case in SERVERS])
def test_what_is_wrong_with_redis_is_found(condition: Condition, expected: list[str]) -> None:
    assert codes(Seen(overview=WELL, condition=condition)) == expected


SHELVES = [
    ("cannot be written", Shelf(error="this process may not write to its folder"), ["storage_failing"]),
    ("is full", Shelf(free_bytes=1024), ["storage_full"]),
    ("is nearly full", Shelf(free_bytes=GIB - 1), ["storage_full"]),
    ("has room", Shelf(free_bytes=GIB), []),
]


@pytest.mark.parametrize(("shelf", "expected"), [case[1:] for case in SHELVES], ids=[case[0] for case in SHELVES])
def test_what_is_wrong_with_the_folder_here_is_found(shelf: Shelf, expected: list[str]) -> None:
    assert codes(Seen(overview=WELL, shelf=shelf)) == expected


def test_the_clock_of_this_host_is_compared_with_that_of_redis() -> None:
    assert codes(Seen(now_ms=NOW + 11_000, overview=WELL)) == ["clock_skew"]
    assert codes(Seen(now_ms=NOW - 9_000, overview=WELL)) == []


def test_without_redis_it_is_said_why_and_the_folder_is_looked_at_all_the_same() -> None:
    seen = Seen(away="Redis does not answer: ConnectionError", shelf=Shelf(free_bytes=1024))

    assert codes(seen) == ["redis_unavailable", "storage_full"]
    assert "ConnectionError" in findings(seen, SETTINGS)[0].detail


def test_what_stops_everything_comes_first_and_names_the_status() -> None:
    overview = replace(
        WELL, workers={}, paused="lunch", paused_by="operator", overdue=1, dead_lately=20, vendor=vendor(error_ms=NOW)
    )
    found = findings(Seen(overview=overview, condition=Condition(disk_error="x"), shelf=Shelf(free_bytes=0)), SETTINGS)

    assert [str(each.code) for each in found] == [
        "no_worker", "paused", "storage_full", "redis_disk_full", "vendor_unreachable", "near_horizon", "dead_letters",
    ]  # fmt: skip
    assert status_of(found) == "unavailable"
    assert status_of(found[1:]) == "paused"
    assert status_of(found[2:]) == "degraded"


def test_a_vendor_that_has_been_silent_for_a_minute_is_an_error() -> None:
    for ago, severity in ((2000, Severity.WARNING), (MINUTE, Severity.ERROR)):
        overview = replace(WELL, vendor=vendor(ok_ms=NOW - ago, error_ms=NOW))

        assert findings(Seen(overview=overview), SETTINGS)[0].severity is severity


def test_of_several_accounts_a_finding_names_the_one_that_it_is_about() -> None:
    each = {"prod": WELL, "spare": replace(WELL, workers={})}

    (found,) = findings(Seen(overview=replace(WELL, accounts=each), condition=Condition()), SETTINGS)

    assert (found.code, found.account) == (Code.NO_WORKER, "spare")
    assert found.detail.startswith("spare: ")


@pytest.mark.parametrize("code", list(Code))
def test_each_code_has_a_page_that_says_what_to_do_and_how_to_verify_it(code: Code) -> None:
    page = Path(__file__).parents[2] / "docs" / "runbooks" / f"{code.replace('_', '-')}.md"

    text = page.read_text("utf-8")

    assert text.startswith("# ")
    assert f"`{code}`" in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## What it means", "## What you see", "## What to do", "## How to verify",
    ]  # fmt: skip


def test_what_redis_tells_of_itself_is_read_as_it_is() -> None:
    info = {
        "redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.0", "used_memory": 10,
        "maxmemory": 100, "total_system_memory": 1000, "maxmemory_policy": "volatile-lru", "aof_enabled": 1,
        "aof_last_write_status": "err", "role": "slave", "connected_slaves": 0,
    }  # fmt: skip

    seen = read_condition(info, "MISCONF Errors writing to the AOF file: No space left on device")

    assert (seen.version, seen.engine, seen.role, seen.full) == ("9.1.0", "valkey", "slave", 0.1)
    assert (seen.refusal, seen.aof, seen.disk_error) == ("MISCONF", True, "the append-only file")


def test_a_server_that_tells_nothing_is_as_if_it_were_well() -> None:
    assert read_condition({}, "") == Condition()
