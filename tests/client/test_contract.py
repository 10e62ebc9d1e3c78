"""The client and the API as they are understand each other."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from aigcq.client import Client, End, IdempotencyConflict, InvalidRequest, NotFound, Snapshot, TaskFailed
from aigcq.model import Event
from tests.api.conftest import Service

NOBODY = "0a0a0a0a-0000-4000-8000-00000000000f"


class Lossy(httpx2.BaseTransport):
    """Brings every request to the API, and loses as many answers as it is told to."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self.inner = inner
        self.losses = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self.inner.handle_request(request)
        if self.losses:
            self.losses -= 1
            raise httpx2.ReadError("the connection broke")
        return answer


@pytest.fixture
def wire(service: Service, monkeypatch: pytest.MonkeyPatch) -> Lossy:
    """The way to the API in this process, on which no time passes."""
    monkeypatch.setattr("aigcq.client.driver.nap", lambda seconds: None)
    return Lossy(service.http._transport)


@pytest.fixture
def client(wire: Lossy) -> Iterator[Client]:
    with Client("http://testserver", transport=wire) as client:
        yield client


def test_a_create_whose_answers_are_lost_makes_one_task(client: Client, wire: Lossy) -> None:
    wire.losses = 3

    made = client.create("a fox")

    assert client.queue().queue_length == 1
    assert (made.status, made.position) == ("queued", 1)


def test_a_task_is_read_with_all_that_is_known_of_it(client: Client) -> None:
    made = client.create("a fox", duration=6, metadata={"order": "A-1"})

    told = client.get(made.task_id)

    assert (told.model, told.position, told.ended) == ("Hailuo-2.3", 1, False)
    assert told.request is not None
    assert told.request["duration"] == 6
    assert told.metadata == {"order": "A-1"}
    assert told.created_at is not None


def test_what_is_taken_back_never_runs(client: Client) -> None:
    made = client.create("a fox")

    answer = client.cancel(made.task_id)

    assert (answer.result, answer.billed, client.get(made.task_id).status) == ("cancelled", "no", "cancelled")


def test_the_service_describes_itself(client: Client) -> None:
    assert "Hailuo" in [model.name for model in client.models()]
    assert client.health().status == "unavailable"  # there is no worker
    assert client.queue().paused is False


def test_a_refusal_names_the_field_and_what_is_allowed(client: Client) -> None:
    with pytest.raises(InvalidRequest) as told:
        client.create("a fox", resolution="9K")

    (wrong,) = told.value.errors
    assert (wrong.field, told.value.code) == ("resolution", "invalid_request")
    assert wrong.allowed is not None
    assert "768P" in wrong.allowed
    assert client.queue().queue_length == 0


def test_another_request_under_the_same_key_is_refused(client: Client) -> None:
    client.create("a fox", idempotency_key="k")

    with pytest.raises(IdempotencyConflict):
        client.create("a cat", idempotency_key="k")


@pytest.mark.parametrize("ask", ["get", "cancel"])
def test_an_unknown_task_is_not_found(client: Client, ask: str) -> None:
    with pytest.raises(NotFound):
        getattr(client, ask)(NOBODY)


def test_nobody_can_listen_to_an_unknown_task(client: Client) -> None:
    with pytest.raises(NotFound):
        next(client.stream(NOBODY))


def test_a_task_that_has_failed_says_why_to_who_waits_and_who_listens(client: Client, service: Service) -> None:
    made = client.create("a fox")
    deliveries = service.store.deliveries
    (delivery,) = service.on_store(deliveries.claim, "w", 1).deliveries
    fault = {"code": "vendor_rejected", "message": "No.", "advice": "Ask for another.", "billed": "no"}
    service.on_store(deliveries.settle, delivery, Event.FAIL, fault)

    with pytest.raises(TaskFailed) as told:
        client.wait(made.task_id)
    (end,) = client.stream(made.task_id)

    assert (told.value.code, told.value.advice) == ("vendor_rejected", "Ask for another.")
    assert isinstance(end, End)
    assert end.task == told.value.task


@pytest.mark.settings(stream_seconds=0.3)
def test_who_listens_is_told_how_the_task_stands_at_once(client: Client) -> None:
    made = client.create("a fox")

    told = next(client.stream(made.task_id))

    assert isinstance(told, Snapshot)
    assert told.task.position == 1
