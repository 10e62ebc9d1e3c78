"""`GET /aigc/audit`: who did what."""

from __future__ import annotations

import pytest

from aigcq.audit import KEY, Actor
from aigcq.caller import Scope
from tests.api.conftest import Service
from tests.api.keyed import id_of, key


def created(service: Service) -> str:
    return str(service.http.post("/aigc/create", json={"prompt": "a s3cret fox"}).json()["task_id"])


def test_what_is_done_over_http_is_written_down_with_the_address_it_came_from(service: Service) -> None:
    task_id = created(service)
    service.http.post(f"/aigc/tasks/{task_id}/priority", json={"priority": 3})
    service.http.post(f"/aigc/tasks/{task_id}/cancel")
    service.http.post(f"/aigc/webhooks/deliveries/{task_id}/replay")
    service.http.post(f"/aigc/tasks/{task_id}/requeue")
    service.http.delete(f"/aigc/tasks/{task_id}")

    answer = service.http.get("/aigc/audit")

    entries = answer.json()["entries"]
    assert [(entry["did"], entry["on"], entry["result"]) for entry in entries] == [
        ("erase", task_id, "done"),
        ("requeue", task_id, "nothing changed"),
        ("webhook replay", task_id, "done"),
        ("priority", task_id, "done"),
    ]
    assert {(entry["who"], entry["address"], entry["tenant"]) for entry in entries} == {
        ("open", "testclient", "default")
    }
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("path", ["/v1/videos/{}", "/aigc/tasks/{}"])
def test_an_erasure_is_written_down_on_every_face(service: Service, path: str) -> None:
    task_id = created(service)
    service.http.post(f"/aigc/tasks/{task_id}/cancel")

    service.http.delete(path.format(task_id))

    assert [entry["did"] for entry in service.http.get("/aigc/audit").json()["entries"]] == ["erase"]


def test_pages_have_each_entry_once(service: Service) -> None:
    for number in range(5):
        service.on_store(service.store.acting(Actor(who=KEY)).audit.note, "key create", f"k{number}")

    seen, cursor = [], ""
    while cursor is not None:
        page = service.http.get("/aigc/audit", params={"limit": 2, "cursor": cursor}).json()
        seen += [entry["on"] for entry in page["entries"]]
        cursor = page["next_cursor"]

    assert seen == ["k4", "k3", "k2", "k1", "k0"]


@pytest.mark.parametrize("asked", [{"cursor": "x"}, {"cursor": "1-1-1"}, {"limit": 0}, {"since": "soon"}])
def test_what_cannot_be_meant_is_refused_by_name(service: Service, asked: dict[str, str]) -> None:
    answer = service.http.get("/aigc/audit", params=asked)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(asked)


def test_what_an_admin_does_is_written_down_with_its_key_and_only_admins_read_it(service: Service) -> None:
    admin, client = key(service, "ops", Scope.ADMIN, name="on call"), key(service, "shop")
    task_id = service.http.post("/aigc/create", json={"prompt": "a fox"}, headers=client).json()["task_id"]
    service.http.post(f"/aigc/tasks/{task_id}/cancel", headers=admin)
    service.http.put("/aigc/tenants/shop", json={"weight": 2}, headers=admin)
    made = service.http.post("/aigc/keys", json={"tenant": "shop"}, headers=admin).json()

    assert service.http.get("/aigc/audit", headers=client).status_code == 403
    answer = service.http.get("/aigc/audit", headers=admin)

    entries = answer.json()["entries"]
    whose = {(entry["who"], entry["name"], entry["key"], entry["tenant"]) for entry in entries}
    assert whose == {("key", "on call", id_of(admin), "ops")}
    assert [(entry["did"], entry["on"]) for entry in entries[:2]] == [
        ("key create", made["id"]),
        ("tenant set", "shop"),
    ]
    assert made["key"] not in answer.text


def test_since_long_ago_is_since_ever(service: Service) -> None:
    service.on_store(service.store.acting(Actor(who=KEY)).audit.note, "key create", "k1")

    answer = service.http.get("/aigc/audit", params={"since": "0120-04-10T21:24:54Z"})

    assert len(answer.json()["entries"]) == 1
