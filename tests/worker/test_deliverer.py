"""Who wants to be told is told: signed, again until it is taken, and nobody waits for anybody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from aigcq.errors import Poisoned
from aigcq.model import Event
from aigcq.outbound.signing import new_secret
from aigcq.store import Store
from aigcq.worker import deliverer as room
from tests.conftest import until
from tests.integration.steps import claim, complete, enqueue, submitted
from tests.outbound.local import Heard, receiver
from tests.worker.hooks import PATIENT, calls, delivering, due, finished, hook, notes, scores_that_wait

FIRST, SECOND = new_secret(), new_secret()
pytestmark = [pytest.mark.asyncio, pytest.mark.settings(**PATIENT)]


def verified(heard: Heard, secret: str) -> dict[str, Any]:
    return dict(Webhook(secret).verify(heard.body, dict(heard.headers)))


@pytest.mark.settings(webhook_secret=SecretStr(f"{FIRST},{SECOND}"), **PATIENT)
async def test_what_a_receiver_gets_verifies_with_each_secret(store: Store) -> None:
    async with receiver() as local, delivering(store):
        task_id = await finished(store, local.url)
        await until(lambda: local.heard, 20)

    (heard,) = local.heard
    body = verified(heard, FIRST)
    assert verified(heard, SECOND) == body
    assert (body["type"], body["data"]["status"], body["data"]["task_id"]) == ("video.completed", "completed", task_id)
    assert body["data"]["result"] == {"url": "https://v/1.mp4"}
    assert "request" not in body["data"]
    assert heard.headers["webhook-id"] == f"msg_{task_id.replace('-', '')}_end_1"


async def test_without_a_secret_one_is_made_and_kept(store: Store) -> None:
    async with receiver() as local, delivering(store):
        await finished(store, local.url)
        await until(lambda: local.heard, 20)

    assert verified(local.heard[0], await store.receivers.secret("whsec_other"))


async def test_a_failure_and_a_cancel_are_told_as_what_they_are(store: Store) -> None:
    async with receiver() as local, delivering(store) as bell:
        await enqueue(store, request=hook(local.url), webhook="end")
        (delivery,) = await claim(store)
        await store.deliveries.settle(delivery, Event.FAIL, Poisoned(3).public(), error_code=Poisoned.code)
        (cancelled,) = await enqueue(store, request=hook(local.url), webhook="end")
        await store.tasks.cancel(cancelled)
        bell.set()
        await until(lambda: len(local.heard) == 2, 20)

    told = {body["type"]: body["data"] for body in (json.loads(heard.body) for heard in local.heard)}
    assert set(told) == {"video.failed", "video.cancelled"}
    assert told["video.failed"]["error"]["code"] == "poisoned"


async def test_a_start_is_told_when_the_vendor_has_it(store: Store) -> None:
    async with receiver() as local, delivering(store) as bell:
        await enqueue(store, request=hook(local.url), webhook="start,end")
        (delivery,) = await claim(store)
        await submitted(store, delivery)
        bell.set()
        await until(lambda: local.heard, 20)
        await complete(store, delivery)
        bell.set()
        await until(lambda: len(local.heard) == 2, 20)

    assert [json.loads(heard.body)["type"] for heard in local.heard] == ["video.started", "video.completed"]


async def test_each_face_is_told_in_its_own_words(store: Store) -> None:
    async with receiver() as local, delivering(store) as bell:
        task_id = await finished(store, local.url, "openai", webhook="start,end")
        bell.set()
        await until(lambda: local.heard, 20)

    (heard,) = local.heard
    body = json.loads(heard.body)
    assert (body["object"], body["type"], body["data"]) == ("event", "video.completed", {"id": task_id})
    assert isinstance(body["created_at"], int)


@pytest.mark.parametrize("answers", [500, 404, 301, 429])
async def test_what_is_not_taken_comes_again_under_the_same_id(store: Store, answers: int) -> None:
    async with receiver() as local, delivering(store) as bell:
        local.status = answers
        await finished(store, local.url)
        await calls(store, 1)
        local.status = 200
        await due(store)
        bell.set()
        await calls(store, 2)

    first, second = await calls(store, 2)
    assert [(call.attempt, call.status) for call in (first, second)] == [(1, answers), (2, 200)]
    assert len({heard.headers["webhook-id"] for heard in local.heard}) == 1
    assert await notes(store) == []


async def test_it_comes_again_later_and_later(store: Store) -> None:
    delays = []
    async with receiver() as local, delivering(store) as bell:
        local.status = 503
        await finished(store, local.url)
        for count in range(1, len(room.SCHEDULE) + 2):
            await calls(store, count)
            (score,) = await until(lambda: scores_that_wait(store), 20)
            delays.append((score - (await store.control.overview()).now_ms) / 1000)
            await due(store)
            bell.set()

    for delay, planned in zip(delays, [*room.SCHEDULE, room.SCHEDULE[-1]], strict=True):
        assert planned * 0.9 - 3 < delay < planned * 1.1
