"""Nobody learns of another tenant's tasks, nor does anything to them: every operation of the API is tried.

An operation that is not in `isolation.OPERATIONS` fails the first test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from aigcq.caller import Scope
from tests.api.conftest import Service
from tests.api.isolation import (
    CREATES,
    IDS,
    LISTS,
    OPERATIONS,
    VIDEO,
    Victim,
    call,
    everything,
    operations_of,
    settle_victim,
    told,
)
from tests.api.keyed import forget, id_of, key

pytestmark = pytest.mark.settings(stream_seconds=0.6, storage="videos", backlog_limit=1000)

NAMED = [name for name in OPERATIONS if any(f"{{{each}}}" in f"{name}{OPERATIONS[name].query}" for each in IDS)]
KEYED = [name for name, case in OPERATIONS.items() if case.scope]
SIDES = [("red", "blue"), ("red", ""), ("", "blue")]
"""Whose things they are, and who would have them; the tenant without a name is one like others."""


@pytest.fixture(params=SIDES, ids=lambda side: "-".join(each or "default" for each in side))
def sides(request: pytest.FixtureRequest, service: Service) -> tuple[Victim, dict[str, str]]:
    """Return the victim, and the key of the other."""
    victim = settle_victim(service, request.param[0])
    return victim, key(service, request.param[1])


def test_every_operation_of_the_document_is_tried(service: Service) -> None:
    document = service.http.get("/openapi.json").json()

    assert set(operations_of(document)) == set(OPERATIONS)


def test_the_document_says_of_each_operation_what_it_takes(service: Service) -> None:
    document = service.http.get("/openapi.json").json()
    operations = {
        name: document["paths"][name.partition(" ")[2].replace("{tenant}", "{name}")][name.partition(" ")[0].lower()]
        for name in OPERATIONS
    }

    for name, case in OPERATIONS.items():
        assert bool(case.scope) == ("security" in operations[name]), name
        assert case.scope is None or f"Scope: `{case.scope}`." in operations[name]["description"], name


@pytest.mark.parametrize("name", NAMED)
def test_another_s_id_is_answered_as_one_that_nothing_has_and_nothing_happens(
    service: Service, sides: tuple[Victim, dict[str, str]], name: str
) -> None:
    victim, header = sides
    before = service.on_store(everything, service)

    for kind, named in victim.ids.items():
        nothing = str(uuid4())
        for method in ["", "HEAD"] if name.startswith("GET") else [""]:
            answer = call(service, name, header, named, method=method)
            unknown = call(service, name, header, nothing, method=method)
            assert told(answer, named) == told(unknown, nothing), kind
            assert answer.status_code == 404, kind
            assert not victim.is_in(answer.text.replace(named, "")), kind
    assert service.on_store(everything, service) == before


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - set(NAMED)))
def test_what_names_no_id_tells_nothing_of_another_s_and_changes_nothing_of_it(
    service: Service, sides: tuple[Victim, dict[str, str]], name: str
) -> None:
    victim, header = sides
    own = call(service, "POST /aigc/create", header).json()["task_id"]
    before = service.on_store(_of, service, victim)

    answer = call(service, name, header)

    assert answer.status_code < 500 or name == "GET /health", answer.text
    assert not victim.is_in(f"{answer.text}{answer.headers}")
    assert service.on_store(_of, service, victim) == before
    if name in ("GET /aigc/events", *LISTS):
        assert own in answer.text


async def _of(service: Service, victim: Victim) -> Mapping[str, Any]:
    found = await everything(service)
    return {name: value for name, value in found.items() if any(each in name for each in victim.ids.values())}


@pytest.mark.parametrize("name", KEYED)
def test_without_a_key_that_is_in_force_everything_is_refused(service: Service, name: str) -> None:
    victim = settle_victim(service, "red")
    revoked, expired = key(service, "red", Scope.ADMIN), key(service, "red", Scope.ADMIN, life_seconds=0.001)
    service.on_store(service.store.credentials.revoke, id_of(revoked))
    forget(service)
    before = service.on_store(everything, service)

    answers = [call(service, name, header, victim.ids["completed"]) for header in ({}, revoked, expired)]

    assert [each.status_code for each in answers] == [401] * 3
    assert all(each.headers["www-authenticate"] == "Bearer" for each in answers)
    assert not any(victim.mark in each.text for each in answers)
    assert service.on_store(everything, service) == before


@pytest.mark.parametrize("name", KEYED)
def test_without_the_scope_that_it_takes_everything_is_refused(service: Service, name: str) -> None:
    victim, needed = settle_victim(service, "red"), OPERATIONS[name].scope
    header = key(service, "red", *(set(Scope) - {needed, Scope.ADMIN}))
    before = service.on_store(everything, service)

    answer = call(service, name, header, victim.ids["completed"])

    assert answer.status_code == 403
    assert f"with the scope {needed}" in answer.text
    assert service.on_store(everything, service) == before


@pytest.mark.parametrize("name", CREATES)
def test_a_key_of_idempotency_is_each_tenant_s_own(
    service: Service, sides: tuple[Victim, dict[str, str]], name: str
) -> None:
    victim, header = sides
    named = {"Idempotency-Key": "order-1"}

    first, again = (call(service, name, victim.header | named) for _ in range(2))
    other = call(service, name, header | named)

    assert first.status_code == again.status_code == other.status_code
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in other.headers
    ids = [_ids(each.json()) for each in (first, again, other)]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


def _ids(answer: Mapping[str, Any]) -> list[str]:
    items = answer.get("items", [answer])
    return [str(item.get("task_id") or item.get("id")) for item in items]


@pytest.mark.parametrize("name", ["POST /v1/videos", "POST /v1/predictions"])
def test_what_a_library_sends_again_is_each_tenant_s_own(
    service: Service, sides: tuple[Victim, dict[str, str]], name: str
) -> None:
    victim, header = sides
    again = {"x-stainless-retry-count": "1"}

    first = call(service, name, victim.header | {"x-stainless-retry-count": "0"}).json()["id"]

    assert call(service, name, header | again).json()["id"] != first
    assert call(service, name, victim.header | again).json()["id"] == first


def test_what_was_not_answered_is_sent_again_by_its_own_tenant_only(
    service: Service, sides: tuple[Victim, dict[str, str]]
) -> None:
    victim, header = sides
    name = "POST /v1/predictions"
    first = call(service, name, victim.header).json()["id"]
    tenant = service.on_store(service.store.tasks.get, first).task.tenant
    mark = service.on_store(_mark, service, tenant)
    service.http.app.state.unanswered.add(f"{mark} {tenant}".rstrip())  # type: ignore[attr-defined]  # Starlette's

    other, again = call(service, name, header).json()["id"], call(service, name, victim.header).json()["id"]

    assert other != first
    assert again == first


async def _mark(service: Service, tenant: str) -> str:
    """Return the fingerprint of the one prediction that this tenant has made."""
    client, keys = service.store.connection.client, service.store.connection.keys
    (found,) = [name async for name in client.scan_iter(match=keys.resent(tenant, "predictions", "*"))]
    return str(found).rpartition(":")[2]


@pytest.mark.parametrize("name", [name for name in CREATES if "predictions" in name])
def test_another_s_picture_is_none_that_can_be_named(
    service: Service, sides: tuple[Victim, dict[str, str]], name: str
) -> None:
    victim, header = sides
    for kind in ("file", "picture"):
        named, nothing = victim.ids[kind], str(uuid4())

        answers = [call(service, name, header, body=_with_picture(name, each)) for each in (named, nothing)]

        assert told(answers[0], named) == told(answers[1], nothing)
        assert answers[0].status_code == 422
    assert call(service, name, victim.header, body=_with_picture(name, victim.ids["file"])).status_code == 201


def _with_picture(name: str, file_id: str) -> dict[str, Any]:
    body = dict(OPERATIONS[name].body or {})
    return body | {"input": {"prompt": "a fox", "image": f"http://testserver/v1/files/{file_id}"}}


@pytest.mark.parametrize("name", LISTS)
def test_another_s_cursor_leads_nowhere_but_to_one_s_own(
    service: Service, sides: tuple[Victim, dict[str, str]], name: str
) -> None:
    victim, header = sides
    own = call(service, "POST /aigc/create", header).json()["task_id"]

    for cursor in _cursors(service, victim, name):
        answer = call(service, name, header, **{LISTS[name]: cursor})
        assert answer.status_code in (200, 404, 422), answer.text
        assert not victim.is_in(answer.text.replace(cursor, "")) or cursor in victim.ids.values()
        assert answer.status_code != 200 or own in answer.text or '":[]' in answer.text


def _cursors(service: Service, victim: Victim, name: str) -> list[str]:
    if name == "GET /v1/videos":
        return list(victim.ids.values())
    pages = [call(service, "GET /aigc/tasks", victim.header, limit="1", order=order) for order in ("newest", "oldest")]
    found = [str(each.json()["next_cursor"]) for each in pages]
    ended = [f"ended:{ms}:{victim.ids['completed']}" for ms in (1, 10**13)]
    return [*found, *ended, f"open:1:{victim.ids['queued']}", "open:1-1", "ended:first"]


def test_after_another_s_video_is_after_none(service: Service, sides: tuple[Victim, dict[str, str]]) -> None:
    victim, header = sides
    nothing = str(uuid4())

    for named in victim.ids.values():
        answers = [call(service, "GET /v1/videos", header, after=each) for each in (named, nothing)]
        assert told(answers[0], named) == told(answers[1], nothing)
        assert answers[0].status_code == 404


def test_each_tenant_is_shown_its_own(service: Service, sides: tuple[Victim, dict[str, str]]) -> None:
    victim, _ = sides
    tasks = {task_id for kind, task_id in victim.ids.items() if kind != "file"}

    for name in LISTS:
        assert all(task_id in call(service, name, victim.header).text for task_id in tasks), name
    for name in NAMED:
        if name.startswith("GET") and "file" not in name:
            answer = call(service, name, victim.header, victim.ids["completed"])
            assert answer.status_code == 200, name


def test_an_admin_is_shown_all(service: Service, sides: tuple[Victim, dict[str, str]]) -> None:
    victim, other = sides
    own = call(service, "POST /aigc/create", other).json()["task_id"]
    admin = key(service, "green", Scope.ADMIN)

    for name in LISTS:
        assert {victim.ids["queued"], own} <= set(_words(call(service, name, admin).text)), name
    assert call(service, "GET /aigc/status/{task_id}", admin, victim.ids["completed"]).status_code == 200
    assert victim.ids["queued"] in call(service, "GET /aigc/events", admin).text


def _words(text: str) -> list[str]:
    return text.replace('"', " ").replace("/", " ").split()


def test_what_was_made_while_nobody_needed_a_key_is_the_default_tenant_s(service: Service) -> None:
    made = service.http.post("/aigc/create", json=VIDEO).json()["task_id"]
    default, red = key(service), key(service, "red")

    answers = [call(service, "GET /aigc/status/{task_id}", each, made).status_code for each in (default, red)]

    assert answers == [200, 404]
