"""The client and the routes that list, requeue and move tasks understand each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from aigcq.client import Client, Conflict, InvalidRequest, Task
from aigcq.errors import VendorUnknown
from aigcq.model import Event
from tests.api.conftest import Service


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with Client("http://testserver", transport=service.http._transport, retries=0) as client:
        yield client


def _fail(service: Service, code: str) -> None:
    deliveries = service.store.deliveries
    (delivery,) = service.on_store(deliveries.claim, "w", 1).deliveries
    fault = {"code": code, "message": "No.", "billed": "no"}
    service.on_store(deliveries.settle, delivery, Event.FAIL, fault, error_code=code)


def _made(client: Client, count: int) -> list[Task]:
    return [client.create(f"fox {number}", metadata={"number": number}) for number in range(count)]


def test_all_tasks_are_listed_however_small_the_pages(client: Client) -> None:
    made = _made(client, 5)

    newest = [task.task_id for task in client.list(page=2)]

    assert newest == [task.task_id for task in reversed(made)]
    assert [task.task_id for task in client.list(order="oldest", page=2, limit=3)] == list(reversed(newest))[:3]


def test_a_list_shows_what_is_asked_for(client: Client, service: Service) -> None:
    begun = datetime.now(UTC)
    made = _made(client, 3)
    _fail(service, "vendor_rejected")

    assert [task.task_id for task in client.list(status="failed")] == [made[0].task_id]
    assert len(list(client.list(status=["failed", "queued"]))) == 3
    assert [task.metadata["number"] for task in client.list(metadata={"number": 2})] == [2]
    assert list(client.list(model="Kling-2.5")) == []
    assert list(client.list(created_before=begun)) == []
    with pytest.raises(InvalidRequest):
        list(client.list(status="lost"))  # type: ignore[arg-type]  # a status that there is not


def test_a_failed_task_is_run_again_once(client: Client, service: Service) -> None:
    (made,) = _made(client, 1)
    _fail(service, "vendor_rejected")

    again = client.requeue(made.task_id)

    assert (again.status, again.attempt) == ("queued", 2)
    with pytest.raises(Conflict):
        client.requeue(made.task_id)


def test_a_task_that_may_have_been_made_is_run_again_only_by_force(client: Client, service: Service) -> None:
    (made,) = _made(client, 1)
    _fail(service, VendorUnknown.code)

    with pytest.raises(Conflict):
        client.requeue(made.task_id)
    assert client.requeue(made.task_id, force=True).status == "queued"


def test_a_task_that_is_more_urgent_comes_first(client: Client) -> None:
    made = _made(client, 3)

    moved = client.set_priority(made[-1].task_id, 9)

    assert moved.position == 1
