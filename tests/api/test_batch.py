"""Many tasks in one call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Service

FOX = {"prompt": "a fox"}


def _batch(service: Service, items: Any, **headers: str) -> Any:
    return service.http.post("/aigc/batch", json={"items": items}, headers=headers)


def _queued(service: Service) -> int:
    return int(service.http.get("/aigc/queue/info").json()["queue_length"])


def test_every_item_becomes_a_task_in_their_order(service: Service) -> None:
    answer = _batch(service, [FOX, FOX, {"prompt": "a boat", "tasks_priority": 10}]).json()

    assert answer["created"] == 3
    assert [each["position"] for each in answer["items"]] == [1, 2, 1]
    assert len({each["task_id"] for each in answer["items"]}) == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"prompt": 1}, "items.1.prompt"),
        ({"prompt": "a fox", "resolution": "9K"}, "items.1.resolution"),
        ({"prompt": "a fox", "not_before": 1}, "items.1.not_before"),
        ({"prompt": "a fox", "nonsense": 1}, "items.1.nonsense"),
        ("a fox", "items.1"),
    ],
)
def test_if_one_is_wrong_it_is_named_and_nothing_is_enqueued(service: Service, wrong: Any, field: str) -> None:
    answer = _batch(service, [FOX, wrong])

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert _queued(service) == 0


@pytest.mark.parametrize("items", [[], [FOX] * 101, {}, None])
def test_a_batch_has_one_to_a_hundred_items(service: Service, items: Any) -> None:
    answer = _batch(service, items)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "items")
    assert _queued(service) == 0


@pytest.mark.settings(backlog_limit=2)
def test_what_finds_no_room_is_refused_by_itself(service: Service) -> None:
    answer = _batch(service, [FOX] * 3)

    assert answer.status_code == 200
    assert [each["created"] for each in answer.json()["items"]] == [True, True, False]
    assert answer.json()["items"][2]["problem"]["code"] == "queue_full"
    assert _queued(service) == 2


def test_a_repeated_batch_is_answered_with_the_same_tasks(service: Service) -> None:
    first = _batch(service, [FOX, FOX], **{"Idempotency-Key": "order-1"}).json()

    assert _batch(service, [FOX, FOX], **{"Idempotency-Key": "order-1"}).json() == first
    assert _queued(service) == 2


@pytest.mark.parametrize("key", ["order-1", "order-1:0"])
def test_a_key_of_a_batch_is_another_one_than_that_of_a_single_task(service: Service, key: str) -> None:
    single = service.http.post("/aigc/create", json=FOX, headers={"Idempotency-Key": key})

    (item,) = _batch(service, [FOX], **{"Idempotency-Key": "order-1"}).json()["items"]

    assert item["created"]
    assert item["task_id"] != single.json()["task_id"]


def test_what_a_library_sends_again_by_itself_is_made_once_for_each_item(service: Service) -> None:
    first = _batch(service, [FOX, FOX], **{"X-Stainless-Retry-Count": "0"})

    again = _batch(service, [FOX, FOX], **{"X-Stainless-Retry-Count": "1"})

    assert again.json() == first.json()
    assert len({each["task_id"] for each in again.json()["items"]}) == 2


def test_an_answer_says_that_all_were_there_before(service: Service) -> None:
    key = {"Idempotency-Key": "order-1"}

    said = [_batch(service, [FOX] * count, **key).headers.get("idempotent-replayed") for count in (1, 2, 2)]

    assert said == [None, None, "true"]


def test_an_item_that_has_changed_is_a_conflict_by_itself(service: Service) -> None:
    _batch(service, [FOX, FOX], **{"Idempotency-Key": "order-1"})

    answer = _batch(service, [FOX, {"prompt": "a boat"}], **{"Idempotency-Key": "order-1"}).json()

    assert [each["created"] for each in answer["items"]] == [True, False]
    assert answer["items"][1]["problem"]["code"] == "idempotency_conflict"
