"""Who is let in: keys over HTTP, on every face, and when nobody needs one."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from aigcq.api import create_app
from aigcq.caller import Scope
from aigcq.config import Settings
from aigcq.errors import ConfigurationError
from tests.api.conftest import Service
from tests.api.keyed import forget, id_of, key

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}


def test_until_there_is_a_key_everybody_may_call(service: Service) -> None:
    assert service.http.post("/aigc/create", json=VIDEO).status_code == 200
    assert service.http.get("/health").json()["auth"] == "open"


def test_from_the_first_key_on_who_has_none_is_refused(service: Service) -> None:
    header = key(service)

    refused = service.http.post("/aigc/create", json=VIDEO)
    made = service.http.post("/aigc/create", json=VIDEO, headers=header)

    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_api_key")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.headers["content-type"] == "application/problem+json"
    assert made.status_code == 200
    assert service.http.get("/health").json()["auth"] == "required"


@pytest.mark.parametrize("path", ["/health", "/health/live", "/docs", "/openapi.json"])
def test_what_tells_of_the_service_is_open_to_all(service: Service, path: str) -> None:
    key(service)

    assert service.http.get(path).status_code in (200, 503)  # 503: there is no worker


def test_what_there_is_not_is_not_found_with_and_without_a_key(service: Service) -> None:
    header = key(service)

    for headers in ({}, header):
        assert service.http.get("/aigc/nothing", headers=headers).status_code == 404
        assert service.http.put("/aigc/create", headers=headers).status_code == 405


def test_openai_s_clients_are_refused_in_their_words(service: Service) -> None:
    key(service)

    answer = service.http.post("/v1/videos", json={"prompt": "a fox"}, headers={"Authorization": "Bearer sk-1"})

    assert answer.status_code == 401
    assert (answer.json()["error"]["code"], answer.json()["error"]["type"]) == (
        "invalid_api_key",
        "authentication_error",
    )
    assert (answer.headers["x-should-retry"], answer.headers["www-authenticate"]) == ("false", "Bearer")
    assert answer.headers["x-request-id"]


def test_replicate_s_clients_are_refused_in_their_words_and_may_say_token(service: Service) -> None:
    header = key(service)

    refused = service.http.get("/v1/predictions")
    let_in = service.http.get(
        "/v1/predictions", headers={"Authorization": header["Authorization"].replace("Bearer", "Token")}
    )

    assert refused.status_code == 401
    assert {"title", "detail", "status"} <= set(refused.json())
    assert let_in.status_code == 200


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer aigcq_0123456789ab_" + "a" * 43, "Bearer é", "bearer\taigcq_"],
)
def test_what_is_no_key_of_ours_is_refused(service: Service, given: str) -> None:
    key(service)

    answer = service.http.get("/aigc/queue/info", headers={"Authorization": given.encode("latin-1")})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_api_key")


def test_the_id_of_a_key_with_another_secret_is_no_key(service: Service) -> None:
    ours, other = key(service), key(service)
    mixed = ours["Authorization"][:-43] + other["Authorization"][-43:]

    assert service.http.get("/aigc/queue/info", headers={"Authorization": mixed}).status_code == 401


def test_two_keys_at_once_are_refused(service: Service) -> None:
    header = key(service)

    answer = service.http.get("/aigc/queue/info", headers=[*header.items(), *header.items()])  # type: ignore[arg-type]

    assert answer.status_code == 401


def test_a_revoked_and_an_expired_key_are_refused_and_say_why(service: Service) -> None:
    revoked, expired = key(service), key(service, life_seconds=0.001)
    service.on_store(service.store.credentials.revoke, id_of(revoked))
    forget(service)

    told = [service.http.get("/aigc/queue/info", headers=each) for each in (revoked, expired)]

    assert [each.status_code for each in told] == [401, 401]
    assert ["revoked" in told[0].json()["detail"], "expired" in told[1].json()["detail"]] == [True, True]


def test_revoking_the_last_key_does_not_open_the_service_again(service: Service) -> None:
    header = key(service)
    service.on_store(service.store.credentials.revoke, id_of(header))
    forget(service)

    assert service.http.get("/aigc/queue/info").status_code == 401


@pytest.mark.settings(auth="off")
def test_an_operator_may_open_it(service: Service) -> None:
    key(service)

    assert service.http.get("/aigc/queue/info").status_code == 200
    assert service.http.get("/health").json()["auth"] == "open"


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.READ, "POST", "/aigc/create"),
        (Scope.READ, "DELETE", "/aigc/tasks/0a0a0a0a-0000-4000-8000-00000000000f"),
        (Scope.CREATE, "GET", "/aigc/queue/info"),
        (Scope.CREATE, "GET", "/v1/videos"),
        (Scope.READ, "GET", "/aigc/keys"),
        (Scope.CREATE, "PUT", "/aigc/tenants/red"),
    ],
)
def test_a_key_without_the_scope_is_refused_with_its_name(
    service: Service, scope: Scope, method: str, path: str
) -> None:
    answer = service.http.request(method, path, headers=key(service, "", scope))

    assert answer.status_code == 403
    assert "with the scope " in answer.text


def test_an_admin_makes_replaces_and_revokes_keys_over_http(service: Service) -> None:
    admin = key(service, "", Scope.ADMIN)
    body = {"tenant": "red", "name": "farm", "scopes": ["read"], "expires_in_seconds": 60}

    made = service.http.post("/aigc/keys", json=body, headers=admin)
    new = service.http.post(f"/aigc/keys/{made.json()['id']}/rotate", json={"overlap_seconds": 30}, headers=admin)
    gone = service.http.delete(f"/aigc/keys/{new.json()['id']}", headers=admin)
    forget(service)

    assert (made.status_code, new.status_code, gone.status_code) == (201, 201, 204)
    assert made.headers["cache-control"] == "no-store"
    assert {name: made.json()[name] for name in ("tenant", "name", "scopes", "state")} == {
        "tenant": "red", "name": "farm", "scopes": ["read"], "state": "active",
    }  # fmt: skip
    listed = service.http.get("/aigc/keys", headers=admin)
    assert [each["state"] for each in listed.json()["keys"]][:2] == ["revoked", "active"]
    assert made.json()["key"].split("_")[2] not in listed.text
    asks = [
        service.http.get("/aigc/queue/info", headers={"Authorization": f"Bearer {each.json()['key']}"})
        for each in (made, new)
    ]
    assert [each.status_code for each in asks] == [200, 401]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tenant": "Red!"}, "tenant"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["root"]}, "scopes.0"),
        ({"expires_in_seconds": 0}, "expires_in_seconds"),
        ({"name": "a" * 101}, "name"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_the_field(service: Service, body: dict[str, Any], field: str) -> None:
    answer = service.http.post("/aigc/keys", json=body, headers=key(service, "", Scope.ADMIN))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_who_needs_no_key_cannot_make_the_first_and_shut_others_out(service: Service) -> None:
    answers = [service.http.post("/aigc/keys", json={}), service.http.get("/aigc/keys")]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, "first_key")] * 2
    assert service.http.get("/aigc/queue/info").status_code == 200


def test_an_admin_says_what_a_tenant_may_take_in_currency(service: Service) -> None:
    admin = key(service, "", Scope.ADMIN)
    body = {"weight": 2, "max_live": 3, "budget_day": 12.5, "budget_month": 99.999999}

    put = service.http.put("/aigc/tenants/red", json=body, headers=admin)

    assert put.json() == service.http.get("/aigc/tenants/red", headers=admin).json()
    assert (put.json()["budget_day"], put.json()["budget_month"]) == (12.5, 99.999999)
    stored = service.on_store(service.store.tenants.get, "red")
    assert (stored.weight, stored.max_live, stored.budget_day, stored.budget_month) == (2, 3, 12_500_000, 99_999_999)
    assert service.http.get("/aigc/tenants", headers=admin).json()["tenants"] == [put.json()]
    assert [service.http.delete("/aigc/tenants/red", headers=admin).status_code for _ in range(2)] == [204, 404]


def test_default_is_the_tenant_without_a_name(service: Service) -> None:
    admin = key(service, "", Scope.ADMIN)

    service.http.put("/aigc/tenants/default", json={"max_live": 3}, headers=admin)

    assert service.on_store(service.store.tenants.get, "").max_live == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weight": 0}, "weight"),
        ({"budget_day": -1}, "budget_day"),
        ({"requests_per_minute": True}, "requests_per_minute"),
        ({"budget_day": 1e10}, "budget_day"),
        ({"max_live": 1.5}, "max_live"),
        ({"max": 1}, "max"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_the_field(service: Service, body: dict[str, Any], field: str) -> None:
    answer = service.http.put("/aigc/tenants/red", json=body, headers=key(service, "", Scope.ADMIN))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_the_document_says_what_each_operation_takes(service: Service) -> None:
    document = service.http.get("/openapi.json").json()

    assert document == service.http.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    create, video = document["paths"]["/aigc/create"]["post"], document["paths"]["/aigc/videos/{task_id}"]["get"]
    assert (create["security"], video["security"]) == ([{"key": []}, {}], [{"key": []}, {"link": []}, {}])
    assert create["description"].endswith("Scope: `create`.")
    assert "security" not in document["paths"]["/health"]["get"]


def test_where_keys_are_required_it_does_not_start_without_one(settings: Settings, redis_url: str) -> None:
    own = settings.model_copy(update={"redis_url": SecretStr(redis_url), "auth": "required"})

    with pytest.raises(ConfigurationError, match="aigcq keys create"), TestClient(create_app(own)):
        pass
