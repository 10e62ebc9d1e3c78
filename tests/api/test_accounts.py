"""Several accounts are one service: a client need not know how many there are, nor in which one a task is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from aigcq.accounts import Accounts, complete
from aigcq.caller import Scope
from tests.api.conftest import Service
from tests.api.keyed import key
from tests.api.several import served
from tests.conftest import forget
from tests.integration.several import with_workers
from tests.integration.steps import claim, enqueue, fail, submitted
from tests.integration.steps import complete as end

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3", "duration": 6}
Pair = tuple[Service, Accounts]


@pytest.fixture
def pair(settings, redis_url, request) -> Iterator[Pair]:
    fields = getattr(request, "param", {})
    with served(settings, redis_url, **fields) as (service, accounts):
        service.on_store(with_workers, accounts)
        yield service, accounts
        for each in accounts:
            service.on_store(forget, each.store)


def create(service: Service, headers=None, **fields) -> str:
    answer = service.http.post("/aigc/create", json=VIDEO | fields, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["task_id"]


def put(pair: Pair, index: int, count: int = 1, **fields) -> list[str]:
    """Enqueue tasks in one account."""
    return pair[0].on_store(enqueue, pair[1][index].store, count, **fields)


def test_tasks_are_shared_out_and_each_is_found(pair):
    service, accounts = pair
    task_ids = [create(service) for _ in range(30)]

    info = service.http.get("/aigc/queue/info").json()

    assert info["queue_length"] == 30
    assert [each["queue_length"] for each in info["accounts"]] == [15, 15]
    assert [each["name"] for each in info["accounts"]] == [each.name for each in accounts]
    for task_id in task_ids:
        assert service.http.get(f"/aigc/status/{task_id}").json()["status"] == "queued"


@pytest.mark.parametrize("index", [0, 1])
def test_what_is_asked_of_a_task_is_done_in_its_account(pair, index):
    service, accounts = pair
    store = accounts[index].store
    first, second = put(pair, index, 2)

    moved = service.http.post(f"/aigc/tasks/{second}/priority", json={"priority": 3})
    assert moved.json()["position"] == 1
    assert service.http.post(f"/aigc/tasks/{second}/cancel").json()["result"] == "cancelled"
    (delivery,) = service.on_store(claim, store)
    assert delivery.task_id == first
    service.on_store(fail, store, service.on_store(submitted, store, delivery))
    assert service.http.post(f"/aigc/tasks/{first}/requeue").json()["attempt"] == 2
    assert service.http.get(f"/aigc/webhooks/deliveries?task_id={first}").json()["deliveries"] == []
    assert service.http.delete(f"/aigc/tasks/{second}").status_code in (200, 204, 404, 405)


def test_one_that_moved_is_answered_as_before(pair):
    service, accounts = pair
    task_id = create(service)
    service.on_store(complete, accounts, accounts[0], task_id, accounts[1].name)

    assert service.http.get(f"/aigc/status/{task_id}").json()["position"] == 1
    assert service.http.post(f"/aigc/tasks/{task_id}/cancel").json()["result"] == "cancelled"


def test_one_that_is_on_its_way_is_cancelled_where_it_arrives(pair):
    service, accounts = pair
    task_id = create(service)
    service.on_store(accounts[0].store.moves.lend, task_id, accounts[1].name)

    assert service.http.post(f"/aigc/tasks/{task_id}/cancel").json()["result"] == "cancelled"

    assert service.on_store(accounts[1].store.tasks.get, task_id).task.status == "cancelled"
    assert service.on_store(claim, accounts[1].store) == []


def test_one_that_is_on_its_way_has_its_new_priority_where_it_arrives(pair):
    service, accounts = pair
    put(pair, 1, 3)
    task_id = create(service)
    service.on_store(accounts[0].store.moves.lend, task_id, accounts[1].name)

    assert service.http.post(f"/aigc/tasks/{task_id}/priority", json={"priority": 5}).json()["position"] == 1


def test_a_key_makes_one_task_wherever_it_goes(pair):
    service, accounts = pair
    headers = {"Idempotency-Key": "k"}
    first = create(service, headers)
    put(pair, 0, 30)
    service.on_store(complete, accounts, accounts[0], first, accounts[1].name)

    assert create(service, headers) == first
    conflict = service.http.post("/aigc/create", json=VIDEO | {"prompt": "other"}, headers=headers)
    assert (conflict.status_code, conflict.json()["code"]) == (422, "idempotency_conflict")


@pytest.mark.parametrize("pair", [{"a": {"models": ["Vidu"]}, "b": {"models": ["Kling"]}}], indirect=True)
def test_what_no_account_makes_is_refused_by_name(pair):
    service, _ = pair

    answer = service.http.post("/aigc/create", json=VIDEO)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["allowed"] == ["Kling", "Vidu"]
    assert "secret" not in answer.text


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_list_has_the_tasks_of_all_accounts_in_one_order_each_once(pair, order, limit):
    service, accounts = pair
    made = [put(pair, number % 2)[0] for number in range(12)]
    for each in accounts:
        for delivery in service.on_store(claim, each.store, "worker", 2):
            service.on_store(end, each.store, service.on_store(submitted, each.store, delivery))

    listed, cursor = [], ""
    while True:
        page = service.http.get("/aigc/tasks", params={"limit": limit, "order": order, "cursor": cursor}).json()
        listed += page["tasks"]
        cursor = page["next_cursor"] or ""
        if not cursor:
            break

    ids = [each["task_id"] for each in listed]
    assert sorted(ids) == sorted(made)
    opened = [task["created_at"] for task in listed if task["status"] == "queued"]
    assert opened == sorted(opened, reverse=order == "newest")
    ended = [task["status"] for task in listed]
    assert ended == (["queued"] * 8 + ["completed"] * 4 if order == "newest" else ["completed"] * 4 + ["queued"] * 8)


def test_a_list_of_the_openai_face_goes_on_behind_a_task_of_any_account(pair):
    service, _ = pair
    made = [put(pair, number % 2, model="Kling-3.0")[0] for number in range(6)]

    seen, after = [], ""
    for _ in range(6):
        page = service.http.get("/v1/videos", params={"limit": 1} | ({"after": after} if after else {})).json()
        seen += [each["id"].removeprefix("video_") for each in page["data"]]
        after = page["data"][-1]["id"]

    assert sorted(each.replace("-", "") for each in seen) == sorted(each.replace("-", "") for each in made)


def test_a_tenant_sees_its_own_tasks_of_all_accounts_and_no_others(pair):
    service, accounts = pair
    red, blue = key(service, "red"), key(service, "blue")
    mine = [create(service, red) for _ in range(4)]
    other = create(service, blue)

    listed = service.http.get("/aigc/tasks", headers=red).json()["tasks"]

    assert sorted(each["task_id"] for each in listed) == sorted(mine)
    for each in (other, str(uuid4())):
        for path in (f"/aigc/status/{each}", f"/aigc/tasks/{each}/events", f"/aigc/webhooks/deliveries?task_id={each}"):
            assert service.http.get(path, headers=red).status_code == 404
        assert service.http.post(f"/aigc/tasks/{each}/cancel", headers=red).status_code == 404
    unknown = str(uuid4())[:-2] + other[-2:]
    assert service.on_store(accounts.of, other, "red") is service.on_store(accounts.of, unknown, "red")


def test_what_a_tenant_may_take_is_known_in_every_account(pair):
    service, accounts = pair
    admin = key(service, "", Scope.ADMIN)

    answer = service.http.put("/aigc/tenants/red", json={"weight": 3}, headers=admin)

    assert answer.status_code in (200, 201), answer.text
    assert [service.on_store(each.store.tenants.get, "red").weight for each in accounts] == [3, 3]


def test_the_service_is_well_where_one_account_works_and_tells_what_the_others_lack(pair):
    service, accounts = pair
    service.on_store(accounts[0].store.control.pause, "AuthFailure", by="vendor")

    health = service.http.get("/health")

    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert [each["status"] for each in health.json()["accounts"]] == ["unavailable", "ok"]
    assert accounts[0].name in health.json()["detail"]
    service.on_store(accounts[1].store.control.pause, "AuthFailure", by="vendor")
    assert service.http.get("/health").status_code == 503


def test_the_end_of_a_task_is_waited_for_in_its_account(pair):
    service, accounts = pair
    (task_id,) = put(pair, 1)
    service.on_store(accounts[1].store.tasks.cancel, task_id)

    answer = service.http.get(f"/aigc/status/{task_id}", headers={"Prefer": "wait=5"})

    assert (answer.json()["status"], answer.headers["Preference-Applied"]) == ("cancelled", "wait=5")


def test_a_stream_of_a_task_tells_of_its_account_and_who_comes_back_to_everything_reloads(pair):
    service, accounts = pair
    (task_id,) = put(pair, 1)
    service.on_store(accounts[1].store.tasks.cancel, task_id)

    told = service.http.get(f"/aigc/tasks/{task_id}/events").text
    assert json.loads(told.partition("data: ")[2].partition("\n")[0])["status"] == "cancelled"


def test_one_account_shows_none(service):
    assert service.http.get("/aigc/queue/info").json()["accounts"] == []


def test_a_task_with_a_picture_and_its_picture_go_to_one_account(pair):
    service, accounts = pair
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    for _ in range(4):
        answer = service.http.post(
            "/v1/videos", data={"prompt": "a hen", "model": "Kling-2.5"}, files={"input_reference": ("a.png", picture)}
        )
        assert answer.status_code == 200, answer.text
    for each in accounts:
        for delivery in service.on_store(claim, each.store):
            assert service.on_store(each.store.uploads.get, delivery.task_id)
