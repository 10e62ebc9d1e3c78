"""What happens is told while it happens: server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from aigcq.api import hub
from aigcq.clock import SystemClock
from aigcq.model import Event
from tests.api.conftest import Service

pytestmark = pytest.mark.settings(stream_seconds=5)
VIDEO: Mapping[str, Any] = {"prompt": "a fox"}
NOBODY = "0a0a0a0a-0000-4000-8000-00000000000f"
RESULT = {"video_url": "http://v/1.mp4"}

Told = list[dict[str, str]]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Who listens while the test goes on."""
    with ThreadPoolExecutor(16) as pool:
        yield pool


def _create(service: Service) -> str:
    return str(service.http.post("/aigc/create", json=dict(VIDEO)).json()["task_id"])


def _listen(service: Service, pool: ThreadPoolExecutor, path: str, **headers: str) -> Future[Told]:
    """Let somebody listen until the stream ends; return once it is open."""
    listening = service.http.app.state.streams.hub  # type: ignore[attr-defined]  # Starlette's
    before = listening._count
    told = pool.submit(lambda: _told(service, path, **headers))
    service.on_store(_until, lambda: listening._count > before and all(map(_waits, _listeners(listening))))
    return told


def _listeners(listening: Any) -> list[Any]:
    return [each for many in listening._listening.values() for each in many]


def _waits(one: Any) -> bool:
    return bool(one._news._waiters)


async def _until(predicate: Any) -> None:
    for _ in range(1000):
        if predicate():
            return
        await SystemClock().sleep(0.005)
    raise AssertionError("nobody listens")


def _told(service: Service, path: str, **headers: str) -> Told:
    answer = service.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return parsed(answer.text)


def parsed(text: str) -> Told:
    """Return the events of a stream as a browser reads them: without what has no data."""
    blocks = [block for block in text.split("\n\n") if block]
    return [dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":") for block in blocks]


def _named(told: Told, name: str) -> list[dict[str, Any]]:
    return [json.loads(each["data"]) for each in told if each.get("event") == name]


def _run_to_its_end(service: Service) -> None:
    deliveries = service.store.deliveries
    (delivery,) = service.on_store(deliveries.claim, "w", 1).deliveries
    service.on_store(deliveries.record_progress, delivery, 40)
    service.on_store(deliveries.settle, delivery, Event.SUCCEED, RESULT)


def test_a_task_is_told_from_how_it_stands_to_its_end_with_its_video(
    service: Service, pool: ThreadPoolExecutor
) -> None:
    task_id = _create(service)
    listener = _listen(service, pool, f"/aigc/tasks/{task_id}/events")

    _run_to_its_end(service)

    told = listener.result(5)
    assert [each["event"] for each in told] == ["snapshot", "task", "task", "task", "end"]
    assert _named(told, "snapshot")[0]["status"] == "queued"
    happened = [(each["event"], each.get("progress")) for each in _named(told, "task")]
    assert happened == [("claim", None), ("progress", 40), ("succeed", None)]
    assert _named(told, "end") == [service.http.get(f"/aigc/status/{task_id}").json()]
    assert _named(told, "end")[0]["result"] == RESULT
    assert told[0]["retry"] == "2000"


def test_what_workers_alone_have_a_use_for_is_not_told(service: Service, pool: ThreadPoolExecutor) -> None:
    listener = _listen(service, pool, f"/aigc/tasks/{_create(service)}/events")

    _run_to_its_end(service)

    for each in _named(listener.result(5), "task"):
        assert not {"consumer", "fence", "permit", "live"} & set(each)


def test_who_comes_back_is_told_what_happened_meanwhile(service: Service, pool: ThreadPoolExecutor) -> None:
    task_id = _create(service)
    _run_to_its_end(service)
    first = service.on_store(service.store.control.events_after, "0-0", 1)[0][0]

    told = _told(service, f"/aigc/tasks/{task_id}/events", Last_Event_ID=first)

    assert [each["event"] for each in told] == ["task", "task", "task", "end"]
    assert told == _told(service, f"/aigc/tasks/{task_id}/events?last_event_id={first}")


def test_who_comes_back_in_the_middle_hears_the_rest_once(service: Service, pool: ThreadPoolExecutor) -> None:
    task_id = _create(service)
    first = service.on_store(service.store.control.events_after, "0-0", 1)[0][0]
    listener = _listen(service, pool, f"/aigc/tasks/{task_id}/events", Last_Event_ID=first)

    _run_to_its_end(service)

    assert [each["event"] for each in _named(listener.result(5), "task")] == ["claim", "progress", "succeed"]


def test_who_knows_of_the_end_is_told_not_to_come_back(service: Service) -> None:
    task_id = _create(service)
    _run_to_its_end(service)
    (snapshot,) = _told(service, f"/aigc/tasks/{task_id}/events")

    answer = service.http.get(f"/aigc/tasks/{task_id}/events", headers={"Last-Event-ID": snapshot["id"]})

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.settings(events_cap=100, stream_seconds=5)
def test_what_cannot_be_told_again_is_replaced_by_how_it_stands(service: Service) -> None:
    task_id = _create(service)
    first = service.on_store(service.store.control.events_after, "0-0", 1)[0][0]
    client, keys = service.store.connection.client, service.store.connection.keys
    _run_to_its_end(service)
    service.on_store(client.xtrim, keys.events, maxlen=1, approximate=False)

    told = _told(service, f"/aigc/tasks/{task_id}/events", Last_Event_ID=first)

    assert [each["event"] for each in told] == ["snapshot"]
    assert _named(told, "snapshot")[0]["status"] == "completed"


@pytest.mark.settings(stream_seconds=0.3)
def test_everything_is_told_of_all_tasks_and_of_the_queue(service: Service, pool: ThreadPoolExecutor) -> None:
    listener = _listen(service, pool, "/aigc/events")

    ids = [_create(service), _create(service)]
    service.on_store(service.store.control.pause, "maintenance")

    told = listener.result(5)
    assert [(each["task_id"], each["event"]) for each in _named(told, "task")] == [(each, "create") for each in ids]
    assert [(each["event"], each["cause"]) for each in _named(told, "queue")] == [("pause", "maintenance")]


@pytest.mark.settings(stream_seconds=0.3)
def test_who_comes_back_to_everything_misses_nothing(service: Service) -> None:
    (opened,) = _told(service, "/aigc/events")
    ids = [_create(service) for _ in range(3)]

    told = _told(service, "/aigc/events", Last_Event_ID=opened["id"])

    assert [each["task_id"] for each in _named(told, "task")] == ids


@pytest.mark.settings(stream_seconds=0.1)
def test_who_was_away_for_too_long_is_told_to_reload(service: Service) -> None:
    client, keys = service.store.connection.client, service.store.connection.keys
    for _ in range(3):
        _create(service)
    service.on_store(client.xtrim, keys.events, maxlen=1, approximate=False)

    told = _told(service, "/aigc/events", Last_Event_ID="1-1")

    assert [each["event"] for each in told if "event" in each] == ["reload"]
    assert told[0]["id"] == service.on_store(service.store.control.events_span).last


def test_a_redis_that_lost_everything_is_told_as_a_gap(service: Service) -> None:
    task_id = _create(service)

    told = _told(service, f"/aigc/tasks/{task_id}/events", Last_Event_ID="9999999999999-0") if _ended(service) else []

    assert [each["event"] for each in told] == ["snapshot"]


def _ended(service: Service) -> bool:
    _run_to_its_end(service)
    return True


def test_a_client_that_is_too_slow_is_told_to_reload_and_cut_off(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST_BEHIND", 20)
    streams = service.http.app.state.streams  # type: ignore[attr-defined]  # Starlette's

    async def slow() -> list[bytes]:
        stream = streams.of_everything("")
        frames = [await anext(stream)]
        (one,) = streams.hub._listening[hub.EVERYTHING]
        for _ in range(hub.MOST_BEHIND + 1):
            await service.store.control.pause("again")
            await service.store.control.resume()
        await _until(lambda: one.missed)
        return frames + [each async for each in stream]

    frames = service.on_store(slow)

    assert [b"event: reload" in frame for frame in frames] == [False, True]
    assert streams.hub._count == 0


@pytest.mark.settings(stream_clients=1, stream_seconds=5)
def test_there_is_an_end_to_how_many_may_listen(service: Service, pool: ThreadPoolExecutor) -> None:
    task_id = _create(service)
    listener = _listen(service, pool, f"/aigc/tasks/{task_id}/events")

    answer = service.http.get("/aigc/events")

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_listeners")
    assert answer.headers["retry-after"] == "30"
    _run_to_its_end(service)
    assert _named(listener.result(5), "end")
    assert _named(_told(service, f"/aigc/tasks/{task_id}/events"), "snapshot")


@pytest.mark.parametrize("wrong", ["x", "1", "1-", "-1", "1-1-1", "99999999999999999999-1", "٣-٣"])
def test_an_id_that_is_none_of_an_event_is_a_422_that_names_it(service: Service, wrong: str) -> None:
    answer = service.http.get("/aigc/events", params={"last_event_id": wrong})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "last_event_id"


def test_of_a_task_that_nobody_knows_nothing_is_told(service: Service) -> None:
    assert service.http.get(f"/aigc/tasks/{NOBODY}/events").status_code == 404
    assert service.http.get("/aigc/tasks/nonsense/events").status_code == 422


def test_head_is_answered_without_listening(service: Service) -> None:
    answer = service.http.head("/aigc/events")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_no_proxy_may_keep_a_stream_back(service: Service) -> None:
    task_id = _create(service)
    _run_to_its_end(service)

    answer = service.http.get(f"/aigc/tasks/{task_id}/events")

    assert (answer.headers["x-accel-buffering"], answer.headers["cache-control"]) == ("no", "no-store, no-transform")


def test_many_who_wait_for_one_end_cost_one_look(service: Service, pool: ThreadPoolExecutor) -> None:
    task_id = _create(service)
    streams = service.http.app.state.streams  # type: ignore[attr-defined]  # Starlette's
    looks: list[str] = []
    get = service.store.tasks.get

    async def counted(task_id: str) -> Any:
        looks.append(task_id)
        return await get(task_id)

    service.store.tasks.get = counted  # type: ignore[method-assign]
    listeners = [_listen(service, pool, f"/aigc/tasks/{task_id}/events") for _ in range(10)]
    looks.clear()

    _run_to_its_end(service)

    assert [len(_named(each.result(5), "end")) for each in listeners] == [1] * 10
    assert len(looks) < 10
    assert streams._looks == {}
