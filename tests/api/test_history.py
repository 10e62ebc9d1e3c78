"""What has happened, over HTTP: the queue in columns, its thresholds, the timeline of a task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aigcq.accounts import Accounts, Historian, complete
from aigcq.caller import Scope
from aigcq.errors import TaskNotFound
from aigcq.history import DAY_MS, HOUR_MS, MINUTE_MS, Gauges, Row
from tests.api.conftest import Service
from tests.api.keyed import key
from tests.api.several import served
from tests.conftest import forget
from tests.integration.several import with_workers
from tests.integration.steps import claim, enqueue, fail, submitted

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}
Pair = tuple[Service, Accounts]


@pytest.fixture(autouse=True)
def _only_the_test_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_: Historian) -> int:
        return 0

    monkeypatch.setattr(Historian, "turn", nothing)


@pytest.fixture
def pair(settings, redis_url) -> Iterator[Pair]:
    with served(settings, redis_url) as (service, accounts):
        service.on_store(with_workers, accounts)
        yield service, accounts
        for each in accounts:
            service.on_store(forget, each.store)


def fold(service: Service, store: Any = None) -> None:
    service.on_store((store or service.store).history.fold, 0.0)


def metrics(service: Service, **asked: Any) -> dict[str, Any]:
    answer = service.http.get("/aigc/metrics/history", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_last_three_hours_are_told_by_the_minute_in_columns_without_a_gap(service: Service) -> None:
    for _ in range(3):
        service.http.post("/aigc/create", json=VIDEO)
    (first, *_) = service.on_store(claim, service.store)
    service.on_store(fail, service.store, service.on_store(submitted, service.store, first))
    fold(service)

    found = metrics(service)

    at = found["at"]
    assert (found["step_seconds"], [b - a for a, b in zip(at, at[1:], strict=False)]) == (60, [60] * (len(at) - 1))
    assert 180 <= len(at) <= 181
    for name in ("created", "refused"):
        assert len(found[name]) == len(at)
        assert found[name][0] is None  # nobody has counted then
    assert (found["created"][-1], found["failed"][-1]) == (3, 1)
    assert found["by_model"]["Hailuo-2.3"]["created"][-1] == 3
    assert found["by_code"]["vendor_rejected"][-1] == 1
    assert (found["threshold"]["max"][-1], found["queued"]["max"][-1]) == (12, 0)
    waits = found["wait_seconds"]
    assert (len(waits["counts"][-1]), sum(waits["counts"][-1])) == (len(waits["bounds"]) + 1, 1)
    assert waits["p50"][-1] <= waits["p90"][-1] <= 1
    assert found["missed"] == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-11-24T12:00:00Z", "to": "2026-11-24T12:00:00Z"}, "from"),
        ({"from": "2026-11-01T12:00:00Z", "to": "2026-11-24T12:00:00Z"}, "from"),
        ({"from": "2026-01-01T12:00:00Z", "to": "2026-11-24T12:00:00Z", "step": "hour"}, "from"),
        ({"from": "1960-01-01T12:00:00Z", "to": "1960-01-01T13:00:00Z"}, "from"),
        ({"from": "9999-12-31T23:00:00Z", "to": "9999-12-31T23:59:59Z"}, "to"),
        ({"from": "yesterday"}, "from"),
        ({"step": "second"}, "step"),
    ],
)
def test_a_time_that_cannot_be_told_is_refused_by_name(service: Service, asked: dict[str, str], field: str) -> None:
    answer = service.http.get("/aigc/metrics/history", params=asked)

    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])


def test_a_quiet_step_is_zero_and_one_in_which_events_were_lost_is_null(service: Service) -> None:
    now = service.on_store(service.store.control.overview).now_ms // MINUTE_MS * MINUTE_MS
    keys, client = service.store.connection.keys, service.store.connection.client
    gap = [now - 5 * MINUTE_MS, now - 5 * MINUTE_MS + 1000, 7]
    state = {"cursor": "1-0", "since_ms": now - 20 * MINUTE_MS, "folded_ms": now + 1, "gaps": f"[{gap}]"}
    service.on_store(client.hset, keys.historian, mapping=state)

    found = metrics(service, **{"from": (now - 30 * MINUTE_MS) / 1000, "to": (now + MINUTE_MS) / 1000})

    assert found["created"] == [None] * 10 + [0] * 15 + [None] + [0] * 5
    assert found["queued"]["avg"] == [None] * 31
    assert [each["lost"] for each in found["missed"]] == [7]


def test_a_week_by_the_hour_is_read_from_eight_or_nine_keys(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    now = service.on_store(service.store.control.overview).now_ms
    asked: list[int] = []
    row = Row()
    row.sample(Gauges(queued=5, waiting=0, live=2, threshold=4))
    for hour in range(now // HOUR_MS - 170, now // HOUR_MS + 1):
        key_of_day = service.store.connection.keys.hours_of(hour * HOUR_MS // DAY_MS)
        service.on_store(service.store.connection.client.hset, key_of_day, hour, row.written())
    hours_of = type(service.store.connection.keys).hours_of
    monkeypatch.setattr(
        type(service.store.connection.keys), "hours_of", lambda keys, day: asked.append(day) or hours_of(keys, day)
    )

    found = metrics(service, step="hour")

    assert found["queued"]["avg"] == [5.0] * len(found["at"])
    assert len(found["at"]) in (168, 169)
    assert len(asked) in (8, 9)


def test_changes_of_thresholds_are_paged_and_one_scope_can_be_asked_for(service: Service) -> None:
    keys, client = service.store.connection.keys, service.store.connection.client
    for n in range(7):
        scope = "model:Hailuo" if n == 3 else "account"
        change = {"cause": "refused", "old": "" if n == 0 else n, "new": n + 1, "live": 2, "scope": scope}
        service.on_store(client.xadd, keys.history, change)

    seen: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = service.http.get("/aigc/queue/history", params={"limit": 3, "cursor": cursor, "scope": "account"}).json()
        seen, cursor = seen + page["changes"], page["next_cursor"]

    assert [each["new"] for each in seen] == [7, 6, 5, 3, 2, 1]
    assert (seen[-1]["old"], seen[0]["old"], seen[0]["cause"], seen[0]["account"]) == (None, 6, "refused", None)
    (of_model,) = service.http.get("/aigc/queue/history", params={"scope": "model:Hailuo"}).json()["changes"]
    assert of_model["new"] == 4


@pytest.mark.parametrize("asked", [{"cursor": "x"}, {"scope": "tenant"}, {"limit": 501}])
def test_what_no_page_of_changes_can_be_is_refused_by_name(service: Service, asked: dict[str, Any]) -> None:
    answer = service.http.get("/aigc/queue/history", params=asked)

    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, list(asked))


def test_a_timeline_names_the_worker_to_administrators_only(service: Service) -> None:
    admin, client, other = key(service, "ops", Scope.ADMIN), key(service, "shop"), key(service, "red")
    task_id = service.http.post("/aigc/create", json=VIDEO, headers=client).json()["task_id"]
    service.on_store(submitted, service.store, service.on_store(claim, service.store)[0])
    path = f"/aigc/tasks/{task_id}/timeline"

    told = {name: service.http.get(path, headers=who) for name, who in (("admin", admin), ("client", client))}

    assert service.http.get(path, headers=other).status_code == 404
    consumers = {name: [each["consumer"] for each in answer.json()["events"]] for name, answer in told.items()}
    assert consumers == {"admin": [None, "worker-a", None], "client": [None, None, None]}
    body = told["client"].json()
    assert [(each["event"], each["status"], each["phase"]) for each in body["events"]] == [
        ("create", "queued", None), ("claim", "processing", "claimed"), ("submit", "processing", "generating"),
    ]  # fmt: skip
    assert body["complete"] is True
    (attempt,) = body["attempts"]
    assert (attempt["vendor_task_id"], attempt["outcome"], attempt["ended_at"]) == ("vod-1", None, None)
    assert body["events"][2]["session_id"] == attempt["session_id"]


def test_several_accounts_add_up_and_the_changes_of_each_are_named(pair: Pair) -> None:
    service, accounts = pair
    for each in accounts:
        service.on_store(enqueue, each.store, 2, model="Hailuo-2.3")
        for n in range(3):
            change = {"cause": "refused", "old": n, "new": n + 1, "live": 2, "scope": "account"}
            service.on_store(
                each.store.connection.client.xadd, each.store.connection.keys.history, change, id=f"{n + 1}-0"
            )
        fold(service, each.store)

    found = metrics(service)
    pages = []
    cursor: str | None = ""
    while cursor is not None:
        page = service.http.get("/aigc/queue/history", params={"limit": 1, "cursor": cursor}).json()
        pages, cursor = pages + page["changes"], page["next_cursor"]

    assert (found["created"][-1], found["threshold"]["min"][-1], found["queued"]["max"][-1]) == (4, 24, 4)
    assert found["by_model"]["Hailuo-2.3"]["created"][-1] == 4
    assert sorted((each["new"], each["account"]) for each in pages) == [
        (new, each.name) for new in (1, 2, 3) for each in accounts
    ]
    assert [each["new"] for each in pages] == [3, 3, 2, 2, 1, 1]


@pytest.mark.parametrize("folded", [True, False])
def test_the_timeline_of_a_task_that_has_moved_has_both_lives(pair: Pair, folded: bool) -> None:
    service, accounts = pair
    (task_id,) = service.on_store(enqueue, accounts[0].store)
    service.on_store(complete, accounts, accounts[0], task_id, accounts[1].name)
    for each in accounts:
        if folded:
            fold(service, each.store)

    found = service.http.get(f"/aigc/tasks/{task_id}/timeline").json()

    events = [(each["event"], each["account"]) for each in found["events"]]
    assert sorted(events, key=str) == [("create", None), ("create", None), ("move", accounts[1].name)]
    assert found["complete"] is True
    with pytest.raises(TaskNotFound):
        service.on_store(accounts[0].store.history.line, task_id)
    created = metrics(service)["created"][-1] if folded else 1
    assert created == 1
