"""`/aigc/dead`: failed tasks over HTTP, listed and requeued; and whose and where every task is."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.caller import Scope
from aigcq.config import Settings
from aigcq.model import Event
from aigcq.store import Store
from aigcq.store import dead as dead_letters
from aigcq.store.outbox import Call
from tests.api.conftest import Service
from tests.api.keyed import key
from tests.api.several import served
from tests.integration.steps import new

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}
CERTAIN, UNCERTAIN = "vendor_rejected", "submission_unknown"


def failed(service: Service, code: str = CERTAIN, store: Store | None = None, **headers: str) -> str:
    """Create a task, and let it fail."""
    made = service.http.post("/aigc/create", json=VIDEO, headers=headers).json()
    (delivery,) = service.on_store((store or service.store).deliveries.claim, "w", 1).deliveries
    assert delivery.task_id == made["task_id"]
    error = {"code": code, "message": "It was not to be."}
    service.on_store((store or service.store).deliveries.settle, delivery, Event.FAIL, error, error_code=code)
    return str(made["task_id"])


def pages(service: Service, path: str, name: str, **query: Any) -> list[list[dict[str, Any]]]:
    """Return every page of a list."""
    found, cursor = [], ""
    while cursor is not None:
        answer = service.http.get(path, params=query | {"cursor": cursor}).json()
        found.append(answer[name])
        cursor = answer["next_cursor"]
    return found


def test_dead_letters_come_in_pages_each_once_with_why_and_whether_they_may_have_been_made(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "PAGE", 2)
    ids = [failed(service, code) for code in (CERTAIN, UNCERTAIN, CERTAIN, CERTAIN, UNCERTAIN)]

    everything = pages(service, "/aigc/dead", "tasks", limit=2)
    uncertain = pages(service, "/aigc/dead", "tasks", limit=1, code=UNCERTAIN)

    assert sorted(each["task_id"] for page in everything for each in page) == sorted(ids)
    ended = [(each["ended_at"], each["task_id"]) for page in everything for each in page]
    assert ended == sorted(ended, reverse=True)
    assert {each["task_id"] for page in uncertain for each in page} == {ids[1], ids[4]}
    assert all(each["uncertain"] for page in uncertain for each in page)
    first = everything[0][0]
    assert (first["error"]["message"], first["model"], first["tenant"], first["account"]) == (
        "It was not to be.", "Hailuo-2.3", "default", None,
    )  # fmt: skip


def test_of_those_that_failed_in_one_millisecond_none_is_missed_and_none_comes_twice(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "PAGE", 2)
    ids = [failed(service) for _ in range(5)]

    async def together() -> None:
        keys, client = service.store.connection.keys, service.store.connection.client
        for task_id in ids:
            await client.zadd(keys.dead, {task_id: 1_800_000_000_000})
            await client.hset(keys.task(task_id), "ended_ms", 1_800_000_000_000)

    service.on_store(together)
    listed = [each["task_id"] for page in pages(service, "/aigc/dead", "tasks", limit=1) for each in page]

    assert listed == sorted(ids, reverse=True)


def test_many_are_requeued_or_refused_each_by_itself_and_every_one_is_written_down(service: Service) -> None:
    certain, uncertain = failed(service), failed(service, UNCERTAIN)
    nobody = "0a0a0a0a-0000-4000-8000-00000000000f"

    first = service.http.post("/aigc/dead/requeue", json={"task_ids": [certain, uncertain, nobody, certain]}).json()
    forced = service.http.post("/aigc/dead/requeue", json={"task_ids": [uncertain], "force": True}).json()

    told = [(each["task_id"], each["requeued"], (each["problem"] or {}).get("code")) for each in first["tasks"]]
    assert told == [
        (certain, True, None), (uncertain, False, "may_be_made"), (nobody, False, "task_not_found"),
    ]  # fmt: skip
    assert (first["requeued"], forced["requeued"], forced["tasks"][0]["attempt"]) == (1, 1, 2)
    entries = service.http.get("/aigc/audit").json()["entries"]
    assert [(each["did"], each["on"]) for each in entries] == [("requeue", uncertain), ("requeue", certain)]


@pytest.mark.parametrize("body", [{"task_ids": []}, {"task_ids": ["x"]}, {}, {"task_ids": [str(0)] * 101}])
def test_what_cannot_be_requeued_is_refused_by_name(service: Service, body: dict[str, Any]) -> None:
    answer = service.http.post("/aigc/dead/requeue", json=body)

    assert answer.status_code == 422
    assert {each["field"].split(".")[0] for each in answer.json()["errors"]} == {"task_ids"}


def test_an_admin_is_told_whose_a_task_is_and_lists_those_of_one_tenant_and_nobody_else_is(service: Service) -> None:
    red, blue, admin = key(service, "red"), key(service, "blue"), key(service, "ops", Scope.ADMIN)
    task_id = service.http.post("/aigc/create", json=VIDEO, headers=red).json()["task_id"]
    service.http.post("/aigc/create", json=VIDEO, headers=blue)

    listed = service.http.get("/aigc/tasks", params={"tenant": "red"}, headers=admin).json()["tasks"]
    none = service.http.get("/aigc/tasks", params={"tenant": "default"}, headers=admin).json()["tasks"]
    refused = service.http.get("/aigc/tasks", params={"tenant": "red"}, headers=blue)
    statuses = [service.http.get(f"/aigc/status/{task_id}", headers=each).json()["tenant"] for each in (admin, red)]

    assert ([(each["task_id"], each["tenant"]) for each in listed], none) == ([(task_id, "red")], [])
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert statuses == ["red", None]
    assert [each["tenant"] for each in service.http.get("/aigc/tasks", headers=red).json()["tasks"]] == [None]
    assert len(service.http.get("/aigc/tasks", headers=admin).json()["tasks"]) == 2
    assert service.http.get("/aigc/tasks?tenant=*", headers=admin).json()["errors"][0]["field"] == "tenant"


def test_deliveries_of_all_webhooks_come_in_pages_for_admins_only(service: Service) -> None:
    ids = [
        service.http.post("/aigc/create", json=VIDEO | {"webhook": "https://hooks.example/"}).json()["task_id"]
        for _ in "abc"
    ]
    for delivery in service.on_store(service.store.deliveries.claim, "w", 3).deliveries:
        service.on_store(service.store.deliveries.settle, delivery, Event.SUCCEED, {"video_url": "http://v/1.mp4"})
        (note,), _ = service.on_store(service.store.outbox.take, 1, 30)
        service.on_store(service.store.outbox.done, note, Call(receiver="r", host="h", status=200))

    told = pages(service, "/aigc/webhooks/deliveries", "deliveries", limit=2)
    client = key(service, "red")

    assert [[each["task_id"] for each in page] for page in told] == [[ids[2], ids[1]], [ids[0]]]
    assert service.http.get("/aigc/webhooks/deliveries", headers=client).status_code == 403


def test_of_several_accounts_dead_letters_are_one_list_and_a_task_says_where_it_is(
    settings: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "PAGE", 2)
    with served(settings, redis_url) as (service, accounts):
        ids: dict[str, str] = {}
        for number in range(6):
            one = accounts[number % 2]
            view = service.on_store(one.store.tasks.enqueue, new_task(one.name, number))
            (delivery,) = service.on_store(one.store.deliveries.claim, "w", 1).deliveries
            error = {"code": CERTAIN, "message": "no"}
            service.on_store(one.store.deliveries.settle, delivery, Event.FAIL, error, error_code=CERTAIN)
            ids[view.task.id] = one.name

        listed = [each for page in pages(service, "/aigc/dead", "tasks", limit=2) for each in page]
        of_one = pages(service, "/aigc/dead", "tasks", account=accounts[0].name)
        tasks = service.http.get("/aigc/tasks").json()["tasks"]
        requeued = service.http.post("/aigc/dead/requeue", json={"task_ids": list(ids)}).json()["requeued"]

        assert [each["task_id"] for each in listed] == list(ids)[::-1]
        assert {each["task_id"]: each["account"] for each in listed} == ids
        assert [each["task_id"] for each in of_one[0]] == list(ids)[4::-2]
        assert {each["task_id"]: each["account"] for each in tasks} == ids
        assert service.http.get(f"/aigc/status/{tasks[0]['task_id']}").json()["account"] == ids[tasks[0]["task_id"]]
        assert requeued == 6


def new_task(account: str, number: int) -> Any:
    return new(id=f"0a0a0a0a-0000-4000-8000-{number:012x}")
