"""Signed addresses: what a client that can show no key may have, and for how long."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from aigcq.api.links import Base, Signer, address, bearer_until
from aigcq.api.payloads import Teller
from aigcq.clock import SystemClock
from aigcq.errors import InvalidLink
from aigcq.store.outbox import Moment
from aigcq.store.tasks import View
from tests.api.conftest import Service
from tests.api.isolation import Victim, call, settle_victim
from tests.api.keyed import key
from tests.conftest import FakeClock

pytestmark = pytest.mark.settings(stream_seconds=0.2, storage="videos")


@pytest.fixture
def victim(service: Service) -> Victim:
    return settle_victim(service, "red")


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def links(service: Service, victim: Victim) -> dict[str, str]:
    """Return the signed addresses that a task's status tells."""
    status = call(service, "GET /aigc/status/{task_id}", victim.header, victim.ids["completed"]).json()
    result = status["result"]
    return {
        "video": path_of(result["video_url"]),
        "thumbnail": path_of(result["thumbnail_url"]),
        "events": path_of(status["events_url"]),
    }


def test_a_status_tells_addresses_that_work_without_a_key(service: Service, victim: Victim) -> None:
    told = links(service, victim)

    assert service.http.get(told["video"]).content == b"film of the victim"
    assert service.http.head(told["video"]).status_code == 200
    assert service.http.get(told["thumbnail"]).headers["content-type"] == "image/jpeg"
    assert "event: snapshot" in service.http.get(told["events"]).text
    assert service.http.get(told["events"] + "&last_event_id=1-1").status_code == 200


def test_every_answer_that_tells_of_the_video_tells_a_signed_address(service: Service, victim: Victim) -> None:
    named = victim.ids["completed"]
    asked = [
        call(service, name, victim.header, named).text
        for name in ("GET /aigc/tasks", "GET /v1/predictions/{prediction_id}", "GET /v1/predictions")
    ] + [call(service, "GET /aigc/tasks/{task_id}/events", victim.header, named).text]

    assert all("signature=" in text for text in asked)


def test_while_nobody_needs_a_key_addresses_are_as_ever(service: Service) -> None:
    made = service.http.post("/aigc/create", json={"prompt": "a fox"}).json()

    assert service.http.get(f"/aigc/status/{made['task_id']}").json()["events_url"] is None


def _changed(path: str) -> list[str]:
    """Return the address with each part of what was signed changed by a little."""
    head, _, signature = path.rpartition("=")
    other = "A" if signature[0] != "A" else "B"
    expires = path.partition("expires=")[2].partition("&")[0]
    return [
        f"{head}={other}{signature[1:]}",
        f"{head}={signature[:-1]}",
        f"{head}=",
        path.replace(expires, str(int(expires) + 1)),
        path.replace(expires, f"0{expires}"),
        path.replace(f"expires={expires}&", ""),
        f"{path}&signature=x",
        f"{path}&expires=99999999999",
    ]


@pytest.mark.parametrize("kind", ["video", "thumbnail", "events"])
def test_an_address_that_was_changed_does_not_work(service: Service, victim: Victim, kind: str) -> None:
    path = links(service, victim)[kind]

    for changed in _changed(path):
        answer = service.http.get(changed)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_link"), changed
        assert victim.mark not in answer.text


def test_a_signature_works_for_its_own_address_only(service: Service, victim: Victim) -> None:
    told = links(service, victim)
    query = told["video"].partition("?")[2]
    other = victim.ids["failed"]

    for path in (
        told["thumbnail"].partition("?")[0],
        told["events"].partition("?")[0],
        f"/aigc/videos/{other}",
        f"/aigc/tasks/{other}/events",
        f"/aigc/videos/{victim.ids['completed'].upper()}",
    ):
        assert service.http.get(f"{path}?{query}").status_code == 401, path
    for name in (
        "GET /aigc/status/{task_id}",
        "GET /aigc/tasks",
        "GET /v1/videos/{video_id}/content",
        "GET /aigc/keys",
    ):
        answer = call(
            service, name, {}, victim.ids["completed"], **dict(each.split("=", 1) for each in query.split("&"))
        )
        assert (answer.status_code, answer.json().get("code", "invalid_api_key")) == (401, "invalid_api_key"), name
    for method in ("DELETE", "POST"):
        assert service.http.request(method, told["video"]).status_code in (401, 405)


def test_with_a_key_and_a_signature_the_key_counts(service: Service, victim: Victim) -> None:
    path = links(service, victim)["video"]

    assert service.http.get(path, headers=key(service, "blue")).status_code == 404
    assert service.http.get(path, headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_an_address_is_over_when_its_time_is() -> None:
    clock = FakeClock()
    signer = Signer("secret", 60, clock)
    path, _, query = signer.signed("/aigc/videos/x").partition("?")
    asked = dict(each.split("=", 1) for each in query.split("&"))

    signer.check(path, asked)
    asyncio.run(clock.advance(59))
    signer.check(path, asked)
    asyncio.run(clock.advance(1))
    with pytest.raises(InvalidLink, match="over"):
        signer.check(path, asked)


def test_who_has_only_a_signed_address_gets_none_that_lasts_longer() -> None:
    clock = FakeClock()
    query = dict(parse_qsl(Signer("secret", 60, clock).signed("/a").partition("?")[2]))
    expires = Signer("secret", 60, clock).check("/a", query)

    again = Signer("secret", 86_400, clock, until=bearer_until(expires).link_expires).signed("/b")

    assert dict(parse_qsl(again.partition("?")[2]))["expires"] == query["expires"]


def test_what_another_secret_signed_is_not_ours() -> None:
    signer, other = (Signer(secret, 60, FakeClock()) for secret in ("one", "two"))
    path, _, query = other.signed("/aigc/videos/x").partition("?")

    with pytest.raises(InvalidLink, match="not ours"):
        signer.check(path, dict(each.split("=", 1) for each in query.split("&")))
    assert address(Base.of("http://a", signer), "/p").startswith("http://a/p?expires=")
    assert address("http://a", "/p") == "http://a/p"


@pytest.mark.settings(public_url="https://video.example", storage="videos")
@pytest.mark.parametrize("face", ["native", "replicate"])
def test_who_is_told_by_webhook_can_fetch_the_video(service: Service, victim: Victim, face: str) -> None:
    view = service.on_store(service.store.tasks.get, victim.ids["completed"])
    if face == "replicate":
        view = _made_by_replicate(view)
    teller = Teller(service.store, service.store.connection.settings, SystemClock())

    async def tell() -> Any:
        return await teller(view, Moment.END, f"msg_{uuid4().hex}", everyone=False)

    body = service.on_store(tell)

    url = body["data"]["result"]["video_url"] if face == "native" else body["output"]
    assert url.startswith("https://video.example/aigc/videos/")
    assert service.http.get(path_of(url)).content == b"film of the victim"


def _made_by_replicate(view: View) -> View:
    client = {"face": "replicate", "base": "https://video.example", "model": "minimax/hailuo-2.3"}
    return replace(view, stored=json.dumps({**view.request, "client": client}))
