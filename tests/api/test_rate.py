"""How many requests a key may make in a minute, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from aigcq.api import create_app
from aigcq.api_key import Shown
from aigcq.caller import DEFAULT_SCOPES
from aigcq.config import Settings
from aigcq.store import Store
from aigcq.tenant import Tenant
from tests.api.conftest import Service
from tests.api.keyed import forget, key
from tests.conftest import MakeStore
from tests.integration.steps import alter, enqueue, together
from tests.integration.still import STANDS_STILL, TIME

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}


def still(store: Store) -> None:
    alter(store, "admit", "", TIME, STANDS_STILL)


def limited(service: Service, per_minute: int, tenant: str = "shop") -> dict[str, str]:
    """Return the key of a tenant whose keys may make so many requests in a minute; time stands still for it."""
    still(service.store)
    service.on_store(service.store.tenants.put, Tenant(name=tenant, requests_per_minute=per_minute))
    return key(service, tenant)


def test_who_has_made_too_many_is_told_how_many_there_may_be_and_when_to_come_again(service: Service) -> None:
    header = limited(service, 12)
    for _ in range(2):
        assert service.http.post("/aigc/create", json=VIDEO, headers=header).status_code == 200

    refused = service.http.post("/aigc/create", json=VIDEO, headers=header)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert "12 requests in a minute" in refused.json()["detail"]
    assert refused.headers["retry-after"] == "5"
    assert refused.headers["ratelimit-policy"] == '"key";q=12;w=60'
    assert refused.headers["ratelimit"] == '"key";r=0;t=5'
    assert service.on_store(service.store.control.overview).queued == 2


def test_every_answer_to_a_key_with_a_limit_tells_what_is_left(service: Service) -> None:
    header = limited(service, 60)
    paths = ("/aigc/models", "/nowhere", "/v1/models", "/aigc/status/none", "/v1/predictions/none")

    answers = [service.http.get(path, headers=header) for path in paths]

    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"key";q=60;w=60'}
    assert [answer.headers["ratelimit"] for answer in answers] == [
        f'"key";r={left};t={seconds}' for left, seconds in ((9, 1), (8, 2), (7, 3), (6, 4), (5, 5))
    ]


def test_a_refusal_comes_before_the_body_is_read(service: Service) -> None:
    header = limited(service, 1)
    service.http.get("/aigc/models", headers=header)

    answer = service.http.post("/aigc/create", content=b"no JSON", headers=header)

    assert answer.status_code == 429


def test_openai_s_clients_are_told_in_their_words_that_it_pays_to_try_again(service: Service) -> None:
    header = limited(service, 1)
    service.http.get("/v1/models", headers=header)

    answer = service.http.post("/v1/videos", json=VIDEO, headers=header)

    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "rate_limit_error")
    assert (answer.headers["x-should-retry"], answer.headers["retry-after"]) == ("true", "60")


def test_each_key_of_a_tenant_has_a_limit_of_its_own(service: Service) -> None:
    one = limited(service, 1)
    other = key(service, "shop")

    assert [service.http.get("/aigc/models", headers=each).status_code for each in (one, other, one, other)] == [
        200, 200, 429, 429,
    ]  # fmt: skip


def test_a_key_without_a_limit_is_told_nothing_and_costs_redis_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = key(service)
    monkeypatch.setattr(service.store.connection.scripts, "_scripts", {})  # no verb can be called

    answer = service.http.get("/aigc/models", headers=header)

    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("ratelimit")]


def test_another_limit_counts_within_a_second(service: Service) -> None:
    header = limited(service, 1)
    assert [service.http.get("/aigc/models", headers=header).status_code for _ in range(2)] == [200, 429]

    service.on_store(service.store.tenants.put, Tenant(name="shop"))
    forget(service)

    assert service.http.get("/aigc/models", headers=header).status_code == 200


def test_what_is_open_to_all_counts_for_nobody(service: Service) -> None:
    header = limited(service, 1)

    assert {service.http.get("/health/live", headers=header).status_code for _ in range(3)} == {200}


async def ask(app: Any, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> int:
    """Return the status of what an app of this process answers."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": raw,
        "client": ("192.0.2.1", 1), "server": ("test", 80), "state": {},
    }  # fmt: skip
    statuses = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return int(statuses[0])


@pytest.mark.asyncio
async def test_of_a_thousand_at_once_over_two_processes_exactly_as_many_pass_as_the_bucket_holds(
    make_store: MakeStore, settings: Settings, redis_url: str
) -> None:
    store, shown = await make_store(), Shown.new()
    await store.tenants.put(Tenant(name="shop", requests_per_minute=60))
    await store.credentials.add(shown, tenant="shop", scopes=set(DEFAULT_SCOPES))
    own = settings.model_copy(update={"redis_url": SecretStr(redis_url)})
    headers = {"Authorization": f"Bearer {shown.text}", "Content-Type": "application/json"}
    apps = [create_app(own) for _ in range(2)]

    async with apps[0].router.lifespan_context(apps[0]), apps[1].router.lifespan_context(apps[1]):
        for app in apps:
            still(app.state.store)
        calls = [ask(apps[i % 2], "POST", "/aigc/create", headers, b'{"prompt": "a fox"}') for i in range(1000)]
        answers = Counter(await together(*calls))

    assert answers == {200: 10, 429: 990}
    assert (await store.control.overview()).queued == 10


@pytest.fixture
def by_address(settings: Settings, redis_url: str) -> Iterator[Any]:
    own = settings.model_copy(update={"redis_url": SecretStr(redis_url), "requests_per_minute": 6})
    app = create_app(own)
    with TestClient(app) as http:
        still(app.state.store)

        def asked(address: str, path: str = "/aigc/models") -> int:
            http._transport.client = (address, 1)  # type: ignore[attr-defined]  # Starlette's: who the peer is
            return http.get(path).status_code

        yield asked


def test_where_nobody_needs_a_key_an_address_may_have_a_limit(by_address: Any) -> None:
    assert [by_address("192.0.2.1"), by_address("192.0.2.1"), by_address("192.0.2.2")] == [200, 429, 200]
    assert by_address("192.0.2.1", "/health/live") == 200


def test_who_has_a_whole_network_of_ipv6_addresses_has_one_limit(by_address: Any) -> None:
    assert [by_address("2001:db8::1"), by_address("2001:db8::2"), by_address("2001:db8:0:1::1")] == [200, 429, 200]


def test_the_account_s_slots_are_told_as_a_limit_of_what_runs_at_once(service: Service) -> None:
    answer = service.http.get("/aigc/queue/info")

    threshold = answer.json()["max_concurrency"]
    assert answer.headers["ratelimit-policy"] == f'"vendor-slots";q={threshold};qu="concurrent-requests"'
    assert answer.headers["ratelimit"] == f'"vendor-slots";r={threshold}'


class Full:
    """A backlog that is full, and how long its clients are asked to wait."""

    def __init__(self, service: Service) -> None:
        self.service = service
        service.on_store(enqueue, service.store, 3)

    def after(self) -> int:
        self.service.http.app.state.measured._read_at = float("-inf")  # type: ignore[attr-defined]  # Starlette's
        answer = self.service.http.post("/aigc/create", json=VIDEO)
        assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
        return int(answer.headers["retry-after"])

    def alive(self) -> None:
        self.service.on_store(self.service.store.control.beat, "worker-a", {})

    def started(self, every_seconds: float) -> None:
        """Let the vendor have taken twelve tasks, one after the other."""

        async def put() -> None:
            store = self.service.store
            seconds, _ = await store.connection.client.time()
            times = {f"t{i}": (seconds - i * every_seconds) * 1000 for i in range(12)}
            await store.connection.client.zadd(store.connection.keys.starts, times)
            await store.connection.client.expire(store.connection.keys.starts, 3600)

        self.service.on_store(put)


@pytest.mark.settings(backlog_limit=3)
def test_who_finds_the_backlog_full_is_asked_to_wait_for_as_long_as_it_takes(service: Service) -> None:
    full = Full(service)
    assert full.after() == 120, "there is no worker"

    full.alive()
    assert full.after() == 30, "nothing is known of its pace"

    full.started(every_seconds=20)
    assert 15 <= full.after() <= 20

    service.on_store(service.store.control.pause, "maintenance")
    assert full.after() == 120


@pytest.mark.settings(backlog_limit=3)
def test_nobody_is_asked_to_wait_for_no_time_at_all(service: Service) -> None:
    full = Full(service)
    full.alive()
    full.started(every_seconds=0.2)

    assert full.after() == 1
