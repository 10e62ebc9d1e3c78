"""Tasks after their creation: listed, taken back, run again, moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from aigcq.errors import VendorThrottled, VendorUnknown
from aigcq.model import Event
from tests.api.conftest import Service

VIDEO: Mapping[str, Any] = {"prompt": "a fox"}
NOBODY = "0a0a0a0a-0000-4000-8000-00000000000f"
MANY = pytest.mark.settings(default_threshold=50, max_threshold=50, limit_policy="step", create_burst=50)


def _create(service: Service, **fields: Any) -> str:
    return str(service.http.post("/aigc/create", json={**VIDEO, **fields}).json()["task_id"])


def _list(service: Service, **asked: Any) -> dict[str, Any]:
    answer = service.http.get("/aigc/tasks", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _ids(page: Mapping[str, Any]) -> list[str]:
    return [each["task_id"] for each in page["tasks"]]


def _end(service: Service, event: Event = Event.SUCCEED, outcome: Any = None, code: str = "") -> str:
    (delivery,) = service.on_store(service.store.deliveries.claim, "w", 1).deliveries
    service.on_store(
        service.store.deliveries.settle, delivery, event, outcome or {"video_url": "http://v/1.mp4"}, error_code=code
    )
    return str(delivery.task_id)


def _fail(service: Service, error: Any) -> str:
    return _end(service, Event.FAIL, error.public(), error.code)


REFUSED = VendorThrottled("no")
UNKNOWN = VendorUnknown("gone")


def test_a_list_shows_the_newest_first_and_what_became_of_each(service: Service) -> None:
    first, second = _create(service), _create(service)
    _end(service)

    page = _list(service)

    assert (_ids(page), page["next_cursor"]) == ([second, first], None)
    assert [each["status"] for each in page["tasks"]] == ["queued", "completed"]
    assert page["tasks"][1]["result"] == {"video_url": "http://v/1.mp4"}
    assert _ids(_list(service, order="oldest")) == [first, second]


@MANY
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_page_by_page_every_task_is_listed_once(service: Service, order: str) -> None:
    ids = [_create(service) for _ in range(7)]
    for _ in range(3):
        _end(service)
    seen: list[str] = []
    cursor: str | None = ""

    while cursor is not None:
        page = _list(service, order=order, limit=2, cursor=cursor)
        seen += _ids(page)
        cursor = page["next_cursor"]

    assert sorted(seen) == sorted(ids)
    assert seen == _ids(_list(service, order=order, limit=100))


def test_only_what_is_asked_for_is_listed(service: Service) -> None:
    done = _create(service, metadata={"order": "A-1", "number": 7})
    _end(service)
    open_ = _create(service, metadata={"order": "A-2"}, model_name="Kling", model_version="2.5")
    cancelled = _create(service)
    service.http.post(f"/aigc/tasks/{cancelled}/cancel")

    assert _ids(_list(service, status="completed")) == [done]
    assert _ids(_list(service, status=["completed", "queued"])) == [open_, done]
    assert _ids(_list(service, model="Kling-2.5")) == [open_]
    assert _ids(_list(service, **{"metadata.order": "A-1"})) == [done]
    assert _ids(_list(service, **{"metadata.order": "A-1", "metadata.number": "7"})) == [done]
    assert _ids(_list(service, **{"metadata.nothing": "A-1"})) == []


def test_a_time_is_asked_for_in_either_spelling(service: Service) -> None:
    task_id = _create(service)
    created = service.http.get(f"/aigc/status/{task_id}").json()["created_at"]

    assert _ids(_list(service, created_after=created)) == [task_id]
    assert _ids(_list(service, created_before=created)) == []
    assert _ids(_list(service, created_after="1000000000", created_before="1000000001")) == []
    assert _ids(_list(service, created_after="1000000000")) == [task_id]


def test_one_call_looks_at_so_many_tasks_and_no_more(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigcq.store.listing.LOOKED_AT", 2)
    monkeypatch.setattr("aigcq.api.tasks.MOST_PAGES", 2)
    wanted = _create(service, metadata={"order": "A-1"})
    for _ in range(8):
        _create(service)

    first = _list(service, **{"metadata.order": "A-1"})
    second = _list(service, **{"metadata.order": "A-1"}, cursor=first["next_cursor"])
    third = _list(service, **{"metadata.order": "A-1"}, cursor=second["next_cursor"])

    assert (_ids(first), _ids(second), _ids(third)) == ([], [], [wanted])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"status": "done"}, "status.0"),
        ({"order": "up"}, "order"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_before": "2026-11-24T12:00:00"}, "created_before"),
        ({"stauts": "queued"}, "stauts"),
        ({"metadata.": "x"}, "metadata."),
    ],
)
def test_what_cannot_be_asked_is_a_422_that_names_it(service: Service, asked: dict[str, Any], field: str) -> None:
    answer = service.http.get("/aigc/tasks", params=asked)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_a_cancel_tells_whether_money_was_spent(service: Service) -> None:
    done, failed = _create(service), _create(service)
    _end(service)
    _fail(service, REFUSED)
    queued, runs = _create(service, tasks_priority=-1), _create(service, tasks_priority=10)
    service.on_store(service.store.deliveries.claim, "w", 1)

    answers = [service.http.post(f"/aigc/tasks/{each}/cancel").json() for each in (queued, queued, runs, done, failed)]

    assert [(each["result"], each["billed"]) for each in answers] == [
        ("cancelled", "no"),
        ("cancelled", "no"),
        ("cancel_requested", "unknown"),
        ("too_late", "yes"),
        ("too_late", "no"),
    ]


def test_a_failed_task_runs_again_as_a_new_attempt(service: Service) -> None:
    task_id = _create(service)
    _fail(service, REFUSED)

    answer = service.http.post(f"/aigc/tasks/{task_id}/requeue")

    assert (answer.status_code, answer.json()) == (200, {"task_id": task_id, "attempt": 2, "position": 1})


def test_what_may_have_been_made_runs_again_only_by_force(service: Service) -> None:
    task_id = _create(service)
    _fail(service, UNKNOWN)

    refused = service.http.post(f"/aigc/tasks/{task_id}/requeue", json={"force": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "may_be_made")
    assert service.http.get(f"/aigc/status/{task_id}").json()["status"] == "failed"

    assert service.http.post(f"/aigc/tasks/{task_id}/requeue", json={"force": True}).status_code == 200


def test_only_what_has_failed_runs_again(service: Service) -> None:
    answer = service.http.post(f"/aigc/tasks/{_create(service)}/requeue", json={"force": True})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_failed")
    assert service.http.post(f"/aigc/tasks/{NOBODY}/requeue").status_code == 404


def test_another_priority_moves_a_task(service: Service) -> None:
    _create(service)
    task_id = _create(service)

    answer = service.http.post(f"/aigc/tasks/{task_id}/priority", json={"priority": 5})

    assert answer.json() == {"task_id": task_id, "priority": 5, "position": 1}


def test_what_runs_has_no_place_any_more(service: Service) -> None:
    task_id = _create(service)
    service.on_store(service.store.deliveries.claim, "w", 1)

    answer = service.http.post(f"/aigc/tasks/{task_id}/priority", json={"priority": 5})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_queued")
    assert service.http.post(f"/aigc/tasks/{NOBODY}/priority", json={"priority": 5}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"priority": 11}, {"priority": "high"}, {"priority": 1, "more": 1}])
def test_a_priority_that_is_none_is_a_422(service: Service, body: dict[str, Any]) -> None:
    assert service.http.post(f"/aigc/tasks/{_create(service)}/priority", json=body).status_code == 422
