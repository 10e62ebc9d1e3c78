"""Bad bodies, a Redis that is away, and what /health says of it."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from aigcq.api import create_app
from aigcq.config import Settings
from tests.api.conftest import Service


def test_without_a_worker_the_service_cannot_do_its_job(service: Service) -> None:
    answer = service.http.get("/health")

    assert answer.status_code == 503
    assert (answer.json()["redis"], answer.json()["workers"]) == (True, 0)
    assert "worker" in answer.json()["detail"]


def test_with_a_worker_it_can(service: Service) -> None:
    service.on_store(service.store.control.beat, "w", {"ok_ms": 1, "simulated": 1})

    answer = service.http.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["vendor"]["reachable"] is True


def test_a_pause_is_told_with_its_reason(service: Service) -> None:
    service.on_store(service.store.control.beat, "w", {})
    service.on_store(service.store.control.pause, "maintenance until noon")

    answer = service.http.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "paused")
    assert answer.json()["pause_reason"] == "maintenance until noon"


def test_an_account_that_does_not_work_is_unavailable(service: Service) -> None:
    service.on_store(service.store.control.beat, "w", {})
    service.on_store(service.store.control.pause, "AuthFailure.SignatureFailure: wrong key", by="vendor")

    answer = service.http.get("/health")

    assert answer.status_code == 503
    assert "AuthFailure" in answer.json()["detail"]


def test_a_vendor_that_did_not_answer_last_time_is_told(service: Service) -> None:
    service.on_store(service.store.control.beat, "w", {"ok_ms": 1, "error_ms": 2, "error_code": "timeout"})

    answer = service.http.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["vendor"]["reachable"] is False


def test_tasks_that_the_vendor_will_soon_have_forgotten_are_told_with_their_number(service: Service) -> None:
    service.on_store(service.store.control.beat, "w", {"ok_ms": 2, "error_ms": 1})
    overdue = service.store.connection.keys.overdue
    service.on_store(service.store.connection.client.zadd, overdue, {"a": 1, "b": 2})

    answer = service.http.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "more than 48 hours ago and not ended: 2 " in answer.json()["detail"]
    assert "at 71 hours" in answer.json()["detail"]
    service.on_store(service.store.connection.client.delete, overdue)


def test_of_two_troubles_both_are_told(service: Service) -> None:
    service.on_store(service.store.control.beat, "w", {"ok_ms": 1, "error_ms": 2, "error_code": "timeout"})
    overdue = service.store.connection.keys.overdue
    service.on_store(service.store.connection.client.zadd, overdue, {"a": 1})

    detail = service.http.get("/health").json()["detail"]

    assert "did not answer last time: timeout" in detail
    assert "not ended: 1 " in detail
    service.on_store(service.store.connection.client.delete, overdue)


@pytest.fixture
def orphan(settings: Settings) -> TestClient:
    """The API with a Redis that is not there."""
    own = settings.model_copy(update={"redis_url": SecretStr("redis://:hush-hush@127.0.0.1:1/0")})
    return TestClient(create_app(own), raise_server_exceptions=False)


def test_without_redis_every_route_says_so_and_tells_no_secret(orphan: TestClient) -> None:
    with orphan as http:
        health = http.get("/health")
        create = http.post("/aigc/create", json={"prompt": "a fox"})
        info = http.get("/aigc/queue/info")

    assert [answer.status_code for answer in (health, create, info)] == [503, 503, 503]
    assert health.json()["redis"] is False
    assert "Idempotency-Key" in create.json()["advice"]
    assert "hush-hush" not in health.text + create.text + info.text


def test_without_redis_the_process_is_still_alive(orphan: TestClient) -> None:
    with orphan as http:
        assert http.get("/health/live").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"prompt": "\xff"}', 400),
        (b'{"prompt": "a\\u0000b"}', 422),
        (b'{"prompt": "\\ud800"}', 422),
        (b'{"prompt": "a", "duration": NaN}', 422),
        (b'{"prompt": "a", "seed": 1e999}', 422),
        (b'{"prompt": "a", "seed": 99999999999999999999999}', 422),
        (b"[" * 100_000, 400),
        (b'{"prompt": "' + b"a" * 2_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_cannot_be_is_refused_with_a_reason(service: Service, body: bytes, status: int) -> None:
    answer = service.http.post("/aigc/create", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 0


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/aigc/create", 405)])
def test_a_wrong_address_is_a_problem_too(service: Service, method: str, path: str, status: int) -> None:
    answer = service.http.request(method, path)

    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_every_status_that_a_route_gives_is_documented(service: Service) -> None:
    paths = service.http.get("/openapi.json").json()["paths"]

    create = paths["/aigc/create"]["post"]["responses"]

    assert set(create) == {"200", "400", "401", "402", "403", "408", "413", "422", "429", "503"}
    assert json.dumps(create["422"]).count("Problem") > 0
