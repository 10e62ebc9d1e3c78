"""The base specification, route by route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from aigcq.model import Event
from tests.api.conftest import Service

VIDEO: Mapping[str, Any] = {
    "prompt": "一个小男孩在街上跑步",
    "model_name": "Hailuo",
    "model_version": "2.3",
    "duration": 6,
    "resolution": "768P",
}


def _create(service: Service, body: Mapping[str, Any] = VIDEO, **headers: str) -> dict[str, Any]:
    answer = service.http.post("/aigc/create", json=dict(body), headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _problem(service: Service, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = service.http.post("/aigc/create", json=dict(body))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 0
    return dict(answer.json())


def test_create_answers_at_once_with_an_id_a_position_and_a_status(service: Service) -> None:
    answer = service.http.post("/aigc/create", json=dict(VIDEO))

    assert answer.status_code == 200
    assert set(answer.json()) == {"task_id", "position", "status"}
    assert str(UUID(answer.json()["task_id"])) == answer.json()["task_id"]
    assert (answer.json()["position"], answer.json()["status"]) == (1, "queued")
    assert answer.headers["location"] == f"/aigc/status/{answer.json()['task_id']}"


def test_positions_count_from_one_in_the_order_of_creation(service: Service) -> None:
    assert [_create(service)["position"] for _ in range(3)] == [1, 2, 3]


def test_a_task_with_priority_overtakes(service: Service) -> None:
    first = _create(service)["task_id"]

    urgent = _create(service, {**VIDEO, "tasks_priority": 10})

    assert urgent["position"] == 1
    assert service.http.get(f"/aigc/status/{first}").json()["position"] == 2


def test_status_tells_what_was_asked_with_every_default_resolved(service: Service) -> None:
    task_id = _create(service, {"prompt": "a fox", "metadata": {"order": "A-1"}})["task_id"]

    task = service.http.get(f"/aigc/status/{task_id}").json()

    assert (task["status"], task["position"], task["result"]) == ("queued", 1, None)
    assert (task["model"], task["metadata"]) == ("Hailuo-2.3", {"order": "A-1"})
    assert (task["request"]["duration"], task["request"]["resolution"]) == (6, "768P")


def test_a_claimed_task_has_position_zero(service: Service) -> None:
    task_id = _create(service)["task_id"]

    service.on_store(service.store.deliveries.claim, "w", 1)

    task = service.http.get(f"/aigc/status/{task_id}").json()
    assert (task["status"], task["position"], task["phase"]) == ("processing", 0, "claimed")


def test_a_completed_task_carries_its_video(service: Service) -> None:
    task_id = _create(service)["task_id"]
    (delivery,) = service.on_store(service.store.deliveries.claim, "w", 1).deliveries

    service.on_store(service.store.deliveries.settle, delivery, Event.SUCCEED, {"video_url": "http://v/1.mp4"})

    task = service.http.get(f"/aigc/status/{task_id}").json()
    assert (task["status"], task["result"]) == ("completed", {"video_url": "http://v/1.mp4"})


def test_an_unknown_task_is_a_404_that_says_what_to_do(service: Service) -> None:
    answer = service.http.get(f"/aigc/status/{uuid4()}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "task_not_found"
    assert answer.json()["advice"]


def test_an_id_that_is_none_is_a_422(service: Service) -> None:
    assert service.http.get("/aigc/status/nonsense").status_code == 422


def test_queue_info_tells_length_live_and_threshold(service: Service) -> None:
    for _ in range(3):
        _create(service)
    service.on_store(service.store.deliveries.claim, "w", 1)

    info = service.http.get("/aigc/queue/info").json()

    assert (info["queue_length"], info["active_count"], info["max_concurrency"]) == (2, 1, 12)
    assert info["limited_by"] is None


@pytest.mark.parametrize(("threshold", "bound"), [(2, "vendor"), (12, "MAX_THRESHOLD")])
def test_queue_info_tells_what_the_queue_waits_for(service: Service, threshold: int, bound: str) -> None:
    for _ in range(threshold + 1):
        _create(service)
    client, keys = service.store.connection.client, service.store.connection.keys
    known = {"threshold": threshold, "quiet_ms": 10**13}
    service.on_store(client.hset, keys.limit, mapping=known)
    assert service.http.get("/aigc/queue/info").json()["limited_by"] is None

    service.on_store(service.store.deliveries.claim, "w", threshold)

    assert service.http.get("/aigc/queue/info").json()["limited_by"] == bound


@pytest.mark.settings(limit_policy="ceiling")
def test_queue_info_tells_limits_of_models_and_that_what_they_stop_waits_for_the_vendor(service: Service) -> None:
    _create(service)
    client, keys = service.store.connection.client, service.store.connection.keys
    service.on_store(client.hset, keys.limit, "models", '["Hailuo"]')
    service.on_store(client.hset, keys.limit_of("Hailuo"), "threshold", 1)
    service.on_store(client.hset, keys.meta, "lanes_to", -1)

    info = service.http.get("/aigc/queue/info").json()

    assert (info["model_limits"], info["limited_by"]) == ({"Hailuo": 1}, "vendor")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"resolution": "4K"}, "resolution"),
        ({"duration": 7}, "duration"),
        ({"model_name": "Nobody"}, "model_name"),
        ({"model_version": "9"}, "model_version"),
        ({"tasks_priority": 11}, "tasks_priority"),
        ({"image_url": "file:///etc/passwd"}, "image_url"),
        ({"prompt": ""}, "prompt"),
        ({"colour": "red"}, "colour"),
        ({"metadata": {"x": "y" * 3000}}, "metadata"),
    ],
)
def test_an_impossible_request_is_refused_by_the_name_of_its_field(
    service: Service, change: Mapping[str, Any], field: str
) -> None:
    problem = _problem(service, {**VIDEO, **change})

    assert problem["errors"][0]["field"] == field
    assert problem["detail"]


def test_a_refusal_lists_what_is_allowed(service: Service) -> None:
    (error,) = _problem(service, {**VIDEO, "resolution": "4K"})["errors"]

    assert error["allowed"] == ["768P", "1080P"]


def test_an_idempotency_key_that_comes_again_adds_nothing(service: Service) -> None:
    first = _create(service, **{"Idempotency-Key": "order-1"})

    again = service.http.post("/aigc/create", json=dict(VIDEO), headers={"Idempotency-Key": '"order-1"'})

    assert again.json()["task_id"] == first["task_id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 1


def test_an_idempotency_key_with_another_body_is_refused(service: Service) -> None:
    _create(service, **{"Idempotency-Key": "order-1"})

    answer = service.http.post(
        "/aigc/create", json={**VIDEO, "prompt": "another"}, headers={"Idempotency-Key": "order-1"}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_conflict")


@pytest.mark.settings(backlog_limit=2)
def test_a_full_backlog_answers_429_and_when_to_come_back(service: Service) -> None:
    for _ in range(2):
        _create(service)

    answer = service.http.post("/aigc/create", json=dict(VIDEO))

    assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
    assert int(answer.headers["retry-after"]) > 0
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 2


def test_a_cancel_is_answered_honestly(service: Service) -> None:
    done, running, queued = (_create(service)["task_id"] for _ in range(3))
    first, _ = service.on_store(service.store.deliveries.claim, "w", 2).deliveries
    service.on_store(service.store.deliveries.settle, first, Event.SUCCEED, {"video_url": "http://v/1.mp4"})

    answers = [service.http.post(f"/aigc/tasks/{task_id}/cancel").json() for task_id in (done, running, queued)]

    assert [answer["result"] for answer in answers] == ["too_late", "cancel_requested", "cancelled"]
    assert [answer["billed"] for answer in answers] == ["yes", "unknown", "no"]


def test_the_catalogue_lists_models_and_what_they_take(service: Service) -> None:
    models = {model["name"]: model for model in service.http.get("/aigc/models").json()["models"]}

    assert {"Hailuo", "Kling", "Vidu", "GV", "OS", "PixVerse", "Hunyuan", "Mingmou"} <= set(models)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/"])
def test_people_find_the_documentation(service: Service, path: str) -> None:
    assert service.http.get(path).status_code == 200
