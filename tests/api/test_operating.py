"""What an operator does over HTTP: `/aigc/queue/pause|resume` and `/aigc/workers`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aigcq.config import Settings
from aigcq.durations import bucket_of
from aigcq.errors import StoreUnavailable
from aigcq.model import Phase
from tests.api.conftest import Service
from tests.api.several import served
from tests.conftest import age

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}


def deeds(service: Service) -> list[tuple[str, ...]]:
    entries = service.http.get("/aigc/audit").json()["entries"]
    return [(each["did"], each["on"], each["detail"], each["result"]) for each in entries]


def created(service: Service) -> str:
    return str(service.http.post("/aigc/create", json=VIDEO).json()["task_id"])


async def taken(service: Service, consumer: str, count: int = 1) -> Any:
    """Let a worker say that it lives, and claim."""
    await service.store.control.beat(consumer, {})
    return (await service.store.deliveries.claim(consumer, count)).deliveries


def test_a_pause_over_http_stops_claims_until_it_is_resumed_and_both_are_written_down(service: Service) -> None:
    created(service)

    paused = service.http.post("/aigc/queue/pause", json={"reason": " moving house "})
    held = service.on_store(taken, service, "w-1")
    info = service.http.get("/aigc/queue/info").json()
    resumed = [service.http.post("/aigc/queue/resume").json() for _ in range(2)]

    assert paused.json() == {"paused": True, "pause_reason": "moving house", "changed": True, "accounts": []}
    assert (info["paused"], info["pause_reason"], held) == (True, "moving house", [])
    assert [(each["paused"], each["changed"]) for each in resumed] == [(False, True), (False, False)]
    assert len(service.on_store(taken, service, "w-1")) == 1
    assert deeds(service) == [
        ("resume", "", "", "nothing changed"),
        ("resume", "", "", "done"),
        ("pause", "", "moving house", "done"),
    ]


@pytest.mark.parametrize(
    ("body", "query", "field"),
    [
        ({}, "", "reason"),
        ({"reason": " "}, "", "reason"),
        ({"reason": "x" * 501}, "", "reason"),
        ({"reason": "x", "move": "perhaps"}, "", "move"),
        ({"reason": "x"}, "?account=nobody", "account"),
    ],
)
def test_a_pause_that_cannot_be_meant_is_refused_by_name(
    service: Service, body: dict[str, Any], query: str, field: str
) -> None:
    answer = service.http.post(f"/aigc/queue/pause{query}", json=body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert service.http.get("/aigc/queue/info").json()["paused"] is False


def test_workers_are_shown_with_what_each_holds_and_what_was_handed_back_is_nobody_s(service: Service) -> None:
    ids = [created(service) for _ in range(3)]
    first, second = service.on_store(taken, service, "w-1", 2)
    service.on_store(service.store.deliveries.begin_submission, first)
    service.on_store(service.store.deliveries.record_submission, first, "vod-1")
    service.on_store(service.store.deliveries.begin_submission, second)
    service.on_store(service.store.deliveries.hand_back, second)
    service.on_store(service.store.deliveries.claim, "w-gone", 1)  # it has never said that it lives

    answer = service.http.get("/aigc/workers").json()

    living, gone = answer["workers"]
    assert (living["consumer"], living["alive"], living["draining"]) == ("w-1", True, False)
    assert [(each["task_id"], each["phase"], each["vendor_task_id"]) for each in living["holds"]] == [
        (ids[0], Phase.GENERATING, "vod-1")
    ]
    assert living["holds"][0]["since"] >= living["last_beat_at"]  # it has beaten, and then claimed
    assert (gone["consumer"], gone["alive"], gone["last_beat_at"], gone["seconds_ago"]) == ("w-gone", False, None, None)
    assert [each["task_id"] for each in gone["holds"]] == [ids[2]]


def test_a_worker_that_is_to_drain_learns_of_it_with_its_next_beat_and_takes_the_wish_along(service: Service) -> None:
    service.on_store(taken, service, "w-1")
    service.on_store(taken, service, "w-2")

    answers = [service.http.post("/aigc/workers/w-1/drain") for _ in range(2)]
    beats = [service.on_store(service.store.control.beat, each, {}) for each in ("w-1", "w-2")]
    shown = service.http.get("/aigc/workers").json()["workers"]
    service.on_store(service.store.control.leave, "w-1")

    assert [each.json()["changed"] for each in answers] == [True, False]
    assert [beat.drain for beat in beats] == [True, False]
    assert {each["consumer"]: each["draining"] for each in shown} == {"w-1": True, "w-2": False}
    assert service.on_store(service.store.control.beat, "w-1", {}).drain is False
    assert deeds(service) == [("drain", "w-1", "", "nothing changed"), ("drain", "w-1", "", "done")]


def test_who_is_no_worker_cannot_be_drained_and_nothing_is_written_down(service: Service) -> None:
    answer = service.http.post("/aigc/workers/nobody/drain")

    assert (answer.status_code, answer.json()["code"]) == (404, "worker_not_found")
    assert deeds(service) == []


def test_of_several_accounts_each_is_paused_or_the_one_that_is_named(settings: Settings, redis_url: str) -> None:
    with served(settings, redis_url) as (service, accounts):
        a, b = service.store.names

        one = service.http.post("/aigc/queue/pause", params={"account": a}, json={"reason": "a rests"})
        after_one = [each["paused"] for each in service.http.get("/aigc/queue/info").json()["accounts"]]
        everything = service.http.post("/aigc/queue/pause", json={"reason": "all rest"})
        after_all = service.http.get("/aigc/queue/info").json()["paused"]
        service.http.post("/aigc/queue/resume")
        unknown = service.http.post("/aigc/queue/resume", params={"account": "c"})

        assert (one.json()["accounts"], after_one) == ([], [True, False])
        assert (everything.json()["accounts"], after_all) == ([a, b], True)
        assert service.http.get("/aigc/queue/info").json()["paused"] is False
        assert (unknown.status_code, unknown.json()["errors"][0]["allowed"]) == (422, [a, b])

        service.on_store(accounts[1].store.control.beat, "w-of-b", {})
        (worker,) = service.http.get("/aigc/workers").json()["workers"]
        assert (worker["consumer"], worker["account"]) == ("w-of-b", b)
        assert service.http.post("/aigc/workers/w-of-b/drain").json()["changed"] is True
        assert service.on_store(accounts[1].store.control.beat, "w-of-b", {}).drain is True


def test_one_look_at_the_queue_tells_how_long_the_oldest_waits_and_when_a_new_task_would_be_done(
    service: Service,
) -> None:
    empty = service.http.get("/aigc/queue/info").json()
    created(service), created(service)
    service.on_store(taken, service, "w-1")
    service.on_store(age, service.store, 60)
    service.on_store(service.store.control.beat, "w-1", {})
    service.on_store(observed, service, "Hailuo-2.3", 100, 20)
    measured = service.http.app.state.measured  # type: ignore[attr-defined]  # Starlette's
    measured._read_at = measured._aged_at = float("-inf")
    measured._sketches.clear()

    told = service.http.get("/aigc/queue/info").json()
    models = {each["name"]: each for each in service.http.get("/aigc/models").json()["models"]}
    hailuo = {each["version"]: each["expected_seconds"] for each in models["Hailuo"]["versions"]}

    assert (empty["oldest_queued_seconds"], empty["eta"]["reason"]) == (None, "no_worker")
    assert 60 <= told["oldest_queued_seconds"] < 90
    assert 90 < told["eta"]["p50_seconds"] <= told["eta"]["p90_seconds"] < 130
    assert 90 < hailuo["2.3"]["p50"] <= hailuo["2.3"]["p90"] < 110
    assert (hailuo["2.3"]["samples"], hailuo["02"]) == (20, None)


async def observed(service: Service, kind: str, seconds: float, times: int) -> None:
    """Let the vendor have taken so long, so many times."""
    client, keys = service.store.connection.client, service.store.connection.keys
    await client.hset(keys.durations(kind), str(bucket_of(seconds)), times)


@pytest.mark.settings(prices=str(Path(__file__).parents[1] / "prices.yaml"))
def test_each_model_tells_what_is_known_of_its_price(service: Service) -> None:
    answer = service.http.get("/aigc/models").json()
    versions = {f"{m['name']}-{v['version']}": v["price"] for m in answer["models"] for v in m["versions"]}

    assert versions["Hailuo-2.3"] == {
        "currency": "CNY", "least": "0.35", "most": "0.7000001", "least_seconds": 5.0, "assumed_seconds": None,
        "elsewise": None,
        "rows": [{"resolution": "768P", "price": "0.35"}, {"resolution": "1080P", "price": "0.7000001"}],
    }  # fmt: skip
    assert (versions["Hailuo-02"], versions["Kling-2.1"]["most"]) == (None, "3")
    assert (versions["GV-omni"]["rows"], versions["GV-omni"]["elsewise"]) == ([], "it is billed by tokens")


def test_the_catalogue_needs_no_redis(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: Any) -> None:
        raise StoreUnavailable("Redis does not answer")

    monkeypatch.setattr(service.store.observations, "durations", away)

    answer = service.http.get("/aigc/models")

    assert answer.status_code == 200
    assert {v["expected_seconds"] for m in answer.json()["models"] for v in m["versions"]} == {None}


def limit(service: Service, method: str = "GET", status: int = 200, **asked: Any) -> Any:
    answer = service.http.request(method, "/aigc/queue/limit", **asked)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.settings(max_threshold=2, default_threshold=2)
def test_bounds_are_set_shown_and_taken_away_over_http_and_each_is_written_down(service: Service) -> None:
    for _ in range(6):
        created(service)

    put = limit(service, "PUT", json={"maximum": 5, "minimum": 3})
    claimed = len(service.on_store(taken, service, "w-1", 9))
    bound = service.http.get("/aigc/queue/info").json()
    shown = limit(service)
    deleted = limit(service, "DELETE")

    assert (put["minimum"], put["maximum"], put["threshold"], claimed) == (3, 5, 3, 3)
    assert (bound["max_concurrency"], bound["limited_by"]) == (3, "vendor")
    assert (shown["operator"], shown["settings"]) == ({"minimum": 3, "maximum": 5}, {"minimum": 2, "maximum": 2})
    assert (deleted["maximum"], deleted["operator"]) == (2, {"minimum": None, "maximum": None})
    assert limit(service, "PUT", json={"maximum": 1})["threshold"] == 1
    assert service.http.get("/aigc/queue/info").json()["limited_by"] == "operator"
    assert deeds(service) == [
        ("limit", "", "maximum 1", "done"),
        ("limit", "", "as the settings say", "done"),
        ("limit", "", "minimum 3, maximum 5", "done"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"minimum": 5, "maximum": 4}, "minimum"),
        ({"minimum": 13}, "minimum"),
        ({"minimum": 0}, "minimum"),
        ({"maximum": 100_001}, "maximum"),
        ({"maximum": 2.5}, "maximum"),
        ({"maximum": True}, "maximum"),
        ({}, "maximum"),
        ({"most": 3}, "most"),
    ],
)
def test_bounds_that_cannot_be_are_refused_by_name_and_nothing_changes(
    service: Service, body: dict[str, Any], field: str
) -> None:
    problem = limit(service, "PUT", 422, json=body)

    assert [each["field"] for each in problem["errors"]] == [field]
    assert limit(service)["operator"] == {"minimum": None, "maximum": None}
    assert deeds(service) == []


def test_of_several_accounts_each_has_bounds_of_its_own(settings: Settings, redis_url: str) -> None:
    with served(settings, redis_url) as (service, _):
        a, b = service.store.names

        nobody = limit(service, "PUT", 422, json={"maximum": 4})
        limit(service, "PUT", json={"maximum": 4}, params={"account": a})
        every = limit(service)
        both = limit(service, "DELETE")

        assert (nobody["errors"][0]["field"], nobody["errors"][0]["allowed"]) == ("account", [a, b])
        assert [(each["account"], each["maximum"]) for each in every["accounts"]] == [(a, 4), (b, 12)]
        assert (every["maximum"], both["maximum"]) == (16, 24)
