"""Webhooks at the front door: what is taken, what is refused, what is told of them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from aigcq.model import Event
from aigcq.store.outbox import Call
from tests.api.conftest import Service

HOOK = "https://example.com/hook?token=s3cret"
DIRECT = {"Content-Type": "application/json"}
ROUND = {"Content-Type": "application/json; charset=utf-8"}


def create(service: Service, webhook: Any = HOOK, headers: dict[str, str] = DIRECT) -> Any:
    body = json.dumps({"prompt": "a fox", "webhook": webhook})
    return service.http.post("/aigc/create", content=body, headers=headers)


def created(service: Service, webhook: Any = HOOK) -> str:
    return str(create(service, webhook).json()["task_id"])


def ended(service: Service, webhook: Any = HOOK) -> str:
    task_id = created(service, webhook)
    (delivery,) = service.on_store(service.store.deliveries.claim, "w", 1).deliveries
    service.on_store(service.store.deliveries.settle, delivery, Event.SUCCEED, {"video_url": "http://v/1.mp4"})
    return task_id


def called(service: Service, **fields: Any) -> None:
    (note,), _ = service.on_store(service.store.outbox.take, 10, 30)
    call = Call(**{"receiver": "r1", "host": "example.com", "status": 500, "ms": 12} | fields)
    service.on_store(service.store.outbox.again, note, 5, call)


@pytest.mark.parametrize("headers", [DIRECT, ROUND])
@pytest.mark.parametrize(
    ("webhook", "moments"),
    [
        (HOOK, "end"),
        ({"url": HOOK}, "end"),
        ({"url": HOOK, "events": ["end", "start"]}, "start,end"),
        ({"url": HOOK, "events": ["start"]}, "start"),
        (None, ""),
        ("", ""),
    ],
)
def test_a_webhook_is_on_record_and_not_in_what_the_vendor_is_sent(
    service: Service, headers: dict[str, str], webhook: Any, moments: str
) -> None:
    task_id = create(service, webhook, headers).json()["task_id"]

    view = service.on_store(service.store.tasks.get, task_id)
    assert view.task.webhook == moments
    assert view.client == ({"webhook": {"url": HOOK}} if moments else {})
    assert "webhook" not in view.request


def test_a_webhook_is_shown_to_nobody(service: Service) -> None:
    task_id = ended(service)
    called(service)

    answers = [
        service.http.get(path).text
        for path in (f"/aigc/status/{task_id}", f"/aigc/webhooks/deliveries?task_id={task_id}", "/aigc/queue/info")
    ]

    assert "s3cret" not in "".join(answers)


@pytest.mark.parametrize("headers", [DIRECT, ROUND])
@pytest.mark.parametrize(
    ("webhook", "field"),
    [
        ("http://example.com/hook?token=s3cret", "webhook.url"),
        ("https://127.0.0.1/?token=s3cret", "webhook.url"),
        ("https://169.254.169.254/latest/meta-data/?s3cret", "webhook.url"),
        ("https://[::ffff:10.0.0.1]/?s3cret", "webhook.url"),
        ("https://0x7f000001/?s3cret", "webhook.url"),
        ("https://2130706433/?s3cret", "webhook.url"),
        ("https://localhost/?s3cret", "webhook.url"),
        ("https://user:s3cret@example.com/", "webhook.url"),
        ("ftp://example.com/s3cret", "webhook.url"),
        ("s3cret", "webhook.url"),
        ({"url": HOOK, "events": []}, "webhook.events"),
        ({"url": HOOK, "events": ["progress"]}, "webhook.events.0"),
        ({"url": HOOK, "secret": "s3cret"}, "webhook.secret"),
        ({"events": ["end"]}, "webhook.url"),
        (7, "webhook"),
        ([HOOK], "webhook"),
        ("https://example.com/" + "s3cret" * 500, "webhook.url"),
    ],
)
def test_a_webhook_that_is_not_called_is_refused_by_name_and_enqueues_nothing(
    service: Service, headers: dict[str, str], webhook: Any, field: str
) -> None:
    answer = create(service, webhook, headers)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert "s3cret" not in answer.text
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 0


@pytest.mark.settings(webhook_allow="hooks.corp, 10.1.0.0/16")
def test_what_the_operator_has_named_is_taken(service: Service) -> None:
    for url in ("http://hooks.corp:8080/x", "http://10.1.2.3/x"):
        assert create(service, url).status_code == 200
    assert create(service, "http://10.2.0.1/x").status_code == 422


def test_a_key_that_comes_again_with_another_webhook_is_a_conflict(service: Service) -> None:
    key = DIRECT | {"Idempotency-Key": "order-1"}
    create(service, HOOK, key)

    assert create(service, HOOK, key).status_code == 200
    assert create(service, "https://example.com/other", key).json()["code"] == "idempotency_conflict"


def test_the_calls_to_a_webhook_are_listed(service: Service) -> None:
    task_id = ended(service)
    called(service, status=0, error="timeout")

    answer = service.http.get("/aigc/webhooks/deliveries", params={"task_id": task_id})

    (delivery,) = answer.json()["deliveries"]
    assert (delivery["moment"], delivery["attempt"], delivery["host"]) == ("end", 1, "example.com")
    assert (delivery["status"], delivery["error"], delivery["ms"]) == (None, "timeout", 12)


def test_a_replay_tells_again_what_there_is_to_tell(service: Service) -> None:
    task_id = ended(service)
    called(service)

    answer = service.http.post(f"/aigc/webhooks/deliveries/{task_id}/replay")

    assert (answer.status_code, answer.json()) == (200, {"task_id": task_id, "moments": ["end"]})
    (note,), _ = service.on_store(service.store.outbox.take, 10, 30)
    assert (note.task_id, note.tries) == (task_id, 0)


@pytest.mark.parametrize("webhook", [HOOK, None])
def test_a_replay_of_nothing_says_why(service: Service, webhook: str | None) -> None:
    task_id = created(service, webhook)

    answer = service.http.post(f"/aigc/webhooks/deliveries/{task_id}/replay")

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_tell")


def test_of_an_unknown_task_there_is_nothing(service: Service) -> None:
    unknown = uuid4()

    listed = service.http.get(f"/aigc/webhooks/deliveries?task_id={unknown}")
    replayed = service.http.post(f"/aigc/webhooks/deliveries/{unknown}/replay")

    assert [answer.json()["code"] for answer in (listed, replayed)] == ["task_not_found"] * 2
    assert service.http.get("/aigc/webhooks/deliveries?task_id=x").status_code == 422
    assert service.http.get("/aigc/webhooks/deliveries?cursor=x").json()["errors"][0]["field"] == "cursor"
