"""`/metrics`: what the queue is and what the API has done, for whom it is meant, and whatever Redis does."""

from __future__ import annotations

import re

import pytest
from pydantic import SecretStr

from aigcq.caller import Scope
from aigcq.errors import StoreUnavailable
from tests import figures
from tests.api.conftest import Service
from tests.api.keyed import forget, key
from tests.figures import Figures, of

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}


def scraped(service: Service, **headers: str) -> Figures:
    """Return what is exported now, read anew."""
    service.http.app.state.scrape._read_at = float("-inf")  # type: ignore[attr-defined]  # Starlette's
    answer = service.http.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return figures.read(answer.text)


def away(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Redis answer nothing from now on."""

    async def nothing(*_: object, **__: object) -> None:
        raise StoreUnavailable("Redis does not answer.")

    monkeypatch.setattr(type(service.store.control), "overview", nothing)
    monkeypatch.setattr(type(service.store.credentials), "needed", nothing)
    service.http.app.state.keyring._read_at = 0.0  # type: ignore[attr-defined]  # read once, long ago
    for account in service.http.app.state.scrape._watched:  # type: ignore[attr-defined]
        account.account.load._read_at = float("-inf")


def test_the_queue_is_exported_as_it_is(service: Service) -> None:
    for _ in range(3):
        service.http.post("/aigc/create", json=VIDEO)
    service.on_store(service.store.control.beat, "w", {})
    service.on_store(service.store.control.pause, "maintenance")
    (delivery, *_) = service.on_store(service.store.deliveries.claim, "w", 1).deliveries or (None,)

    seen = scraped(service)

    queue = service.store.connection.settings.queue
    told = {name: of(seen, name, queue=queue) for name in ("stream_length", "queued", "workers_alive", "redis_up")}
    assert delivery is None
    assert told == {"stream_length": 3, "queued": 3, "workers_alive": 1, "redis_up": 1}
    assert (of(seen, "paused", by="operator"), of(seen, "paused", by="vendor")) == (1, 0)
    assert 0 < of(seen, "oldest_queued_seconds") < 60


def test_what_the_api_does_is_counted_by_the_route_of_the_document_and_never_by_what_clients_send(
    service: Service,
) -> None:
    before = scraped(service)
    created = service.http.post("/aigc/create", json=VIDEO).json()["task_id"]
    service.http.post("/aigc/create", json={"nonsense": 1})
    service.http.get(f"/aigc/status/{created}")
    service.http.get("/aigc/status/none")
    service.http.post(f"/aigc/tasks/{created}/cancel")
    service.http.get("/nothing/here")
    service.http.request("BREW", "/aigc/create")

    after = scraped(service)

    def more(name: str, **labels: str) -> float:
        return of(after, name, **labels) - of(before, name, **labels)

    assert more("tasks_created_total", model="Hailuo-2.3") == 1
    assert more("http_requests_total", route="/aigc/create", method="POST", status="2xx") == 1
    assert more("http_requests_total", route="/aigc/create", method="POST", status="4xx") == 1
    assert more("http_requests_total", route="/aigc/status/{task_id}", status="2xx") == 1
    assert more("http_requests_total", route="/aigc/status/{task_id}", status="4xx") == 1
    assert more("http_requests_total", route="/aigc/tasks/{task_id}/cancel", status="2xx") == 1
    assert more("http_request_seconds_count", route="/aigc/create", method="POST") == 2
    assert more("http_requests_total", route="other", method="GET") == 1
    assert more("http_requests_total", method="other") == 1
    assert more("redis_batch_seconds_count") > 0
    values = {value for _, labels in after for name, value in labels if name != "queue"}
    assert not [each for each in values if re.search("[0-9a-f]{8}-|nothing|BREW", each)]


def test_where_keys_are_needed_figures_are_for_operators_and_for_who_has_their_own_token(service: Service) -> None:
    reader, admin = key(service), key(service, "", Scope.ADMIN)
    settings = service.http.app.state.settings  # type: ignore[attr-defined]
    service.http.app.state.settings = settings.model_copy(  # type: ignore[attr-defined]
        update={"metrics_token": SecretStr("s3cret")}
    )

    def status(**headers: str) -> int:
        return service.http.get("/metrics", headers=headers).status_code

    assert (status(), status(**reader), status(**admin)) == (401, 403, 200)
    assert status(Authorization="Bearer s3cret") == 200
    assert [status(Authorization=each) for each in ("Bearer s3cre", "s3cret", "Bearer ")] == [401, 401, 401]
    assert service.http.get("/aigc/tasks", headers={"Authorization": "Bearer s3cret"}).status_code == 401


def test_without_a_token_an_empty_one_opens_nothing(service: Service) -> None:
    key(service)

    assert service.http.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_while_redis_is_away_what_there_is_is_told_and_that_it_is_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.http.post("/aigc/create", json=VIDEO)
    scraped(service)
    away(service, monkeypatch)

    seen = scraped(service)

    assert of(seen, "redis_up", queue=service.store.connection.settings.queue) == 0
    assert "aigcq_queued" not in figures.names(seen)
    assert of(seen, "tasks_created_total") > 0


def test_while_redis_is_away_nobody_gets_in_who_would_need_a_key(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    key(service)
    service.http.get("/aigc/tasks")  # the process learns that keys are needed
    away(service, monkeypatch)
    forget(service)

    assert service.http.get("/metrics").status_code == 401
