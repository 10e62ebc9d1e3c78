"""What a tenant is told that has as much queued as it may."""

from __future__ import annotations

from aigcq.tenant import Tenant
from tests.api.conftest import Service
from tests.api.keyed import key

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}


def test_a_tenant_at_its_backlog_limit_gets_429_and_nothing_is_enqueued(service: Service) -> None:
    service.on_store(service.store.tenants.put, Tenant(name="shop", backlog_limit=1))
    shop, other = key(service, "shop"), key(service, "other")
    assert service.http.post("/aigc/create", json=VIDEO, headers=shop).status_code == 200

    answer = service.http.post("/aigc/create", json=VIDEO, headers=shop)

    assert (answer.status_code, answer.json()["code"]) == (429, "tenant_backlog_full")
    assert int(answer.headers["retry-after"]) > 0
    assert service.http.get("/aigc/queue/info", headers=shop).json()["queue_length"] == 1
    assert service.http.post("/aigc/create", json=VIDEO, headers=other).status_code == 200
