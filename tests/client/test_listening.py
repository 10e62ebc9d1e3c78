"""Who listens misses nothing, whatever happens to the connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from aigcq.client import Missed, NotFound, QueueEvent, Snapshot, TaskEvent, Unavailable
from tests.client.conftest import ID, URL, Body, Face, completed, problem, task

AT = "2026-11-24T12:00:00.123Z"
BROKEN = httpx2.ReadError("the connection broke")
SILENT = httpx2.ReadTimeout("nothing comes")


def _frame(number: int, name: str, /, **data: Any) -> bytes:
    return f"id: {number}-0\nevent: {name}\ndata: {json.dumps({'task_id': ID, **data})}\n\n".encode()


def _task(number: int, event: str, status: str = "processing") -> bytes:
    return _frame(number, "task", event=event, status=status, at=AT)


SNAPSHOT = _frame(1, "snapshot", status="queued", position=1)
DONE = _frame(9, "end", status="completed", result={"video_url": f"{URL}/v/1.mp4"})
OPENED = b"id: 5-0\nretry: 4000\n\n"


def _stream(*frames: bytes, breaks: Exception | None = None) -> Callable[[httpx2.Request], httpx2.Response]:
    headers = {"content-type": "text/event-stream"}
    return lambda request: httpx2.Response(200, headers=headers, stream=Body(*frames, breaks=breaks), request=request)


def _listen(face: Face, *answers: Any, **options: Any) -> list[Any]:
    return list(face.use(lambda client: client.stream(ID), *answers, **options))


def _names(told: list[Any]) -> list[str]:
    return [each.event if isinstance(each, TaskEvent | QueueEvent) else type(each).__name__ for each in told]


def _resumed(face: Face) -> list[str | None]:
    return [request.headers.get("last-event-id") for request in face.asked]


def test_a_task_is_told_from_how_it_stands_to_its_end(face: Face) -> None:
    told = _listen(face, _stream(SNAPSHOT, _task(2, "claim"), _task(3, "succeed", "completed"), DONE, SNAPSHOT))

    assert _names(told) == ["Snapshot", "claim", "succeed", "End"]
    assert isinstance(told[0], Snapshot)
    assert (told[0].task.position, told[-1].task.video_url) == (1, f"{URL}/v/1.mp4")


def test_an_event_that_comes_in_pieces_is_one(face: Face) -> None:
    whole = SNAPSHOT + b": keep alive\n\n" + DONE

    told = _listen(face, _stream(*(whole[place : place + 1] for place in range(len(whole)))))

    assert _names(told) == ["Snapshot", "End"]


@pytest.mark.parametrize("breaks", [BROKEN, SILENT, None])
def test_a_connection_that_breaks_is_made_again_where_it_broke(face: Face, breaks: Exception | None) -> None:
    told = _listen(face, _stream(SNAPSHOT, _task(2, "claim"), breaks=breaks), BROKEN, _stream(_task(3, "submit"), DONE))

    assert _names(told) == ["Snapshot", "claim", "submit", "End"]
    assert _resumed(face) == [None, "2-0", "2-0"]


def test_what_only_opens_a_stream_is_not_shown_but_remembered(face: Face) -> None:
    told = _listen(face, _stream(SNAPSHOT, OPENED, breaks=BROKEN), _stream(DONE))

    assert _names(told) == ["Snapshot", "End"]
    assert (_resumed(face), face.naps) == ([None, "5-0"], [4.0])


def test_what_was_missed_is_replaced_by_how_the_task_stands(face: Face) -> None:
    told = _listen(face, _stream(SNAPSHOT, _frame(3, "reload")), _stream(SNAPSHOT, DONE))

    assert _names(told) == ["Snapshot", "Snapshot", "End"]
    assert _resumed(face) == [None, None]


def test_an_event_that_cannot_be_read_is_as_good_as_missed(face: Face) -> None:
    told = _listen(face, _stream(SNAPSHOT, b"id: 2-0\nevent: task\ndata: {\n\n"), _stream(DONE))

    assert _names(told) == ["Snapshot", "End"]


def test_words_of_a_later_release_are_passed_over(face: Face) -> None:
    assert _names(_listen(face, _stream(SNAPSHOT, _frame(2, "weather"), DONE))) == ["Snapshot", "End"]


def test_a_task_that_had_ended_is_told_once(face: Face) -> None:
    assert _names(_listen(face, _stream(_frame(1, "snapshot", status="failed")))) == ["End"]


def test_an_end_that_was_not_told_is_looked_up(face: Face) -> None:
    told = _listen(
        face,
        _stream(SNAPSHOT, _task(2, "succeed", "completed"), breaks=BROKEN),
        lambda request: httpx2.Response(204, request=request),
        completed(),
    )

    assert _names(told) == ["Snapshot", "succeed", "End"]


def test_an_unknown_task_is_an_error(face: Face) -> None:
    with pytest.raises(NotFound):
        _listen(face, problem(404, "task_not_found"))

    assert len(face.asked) == 1


@pytest.mark.parametrize(
    "no_stream",
    [
        problem(404, "not_found"),
        problem(405, "method_not_allowed"),
        task(),  # something answers with JSON
        _stream(),
        _stream(breaks=SILENT),  # a proxy that hoards what it is sent
        problem(429, "too_many_listeners", {"Retry-After": "300"}),
    ],
)
def test_where_events_do_not_get_through_the_task_is_looked_at(face: Face, no_stream: Any) -> None:
    generating = task("processing", progress=40)

    told = _listen(face, no_stream, task(), task(), generating, completed())

    assert _names(told) == ["Snapshot", "Snapshot", "End"]
    assert face.naps == [2.0, 2.0, 2.0]


def test_everything_is_told_and_that_something_was_missed(face: Face) -> None:
    queue = f'id: 3-0\nevent: queue\ndata: {{"event": "limit", "at": "{AT}", "threshold": 3}}\n\n'.encode()

    def take(client: Any) -> Any:
        return _first(client, 4)

    told = face.use(
        take, _stream(OPENED, _task(2, "claim"), queue, _frame(4, "reload")), _stream(_task(6, "submit"), breaks=BROKEN)
    )

    assert _names(told) == ["claim", "limit", "Missed", "submit"]
    assert (told[1].threshold, told[2]) == (3, Missed())
    assert _resumed(face) == [None, None]


def _first(client: Any, count: int) -> Any:
    """Return the first events, however they come."""
    events = client.events()
    if hasattr(events, "__aiter__"):
        return _first_of(events, count)
    return [next(events) for _ in range(count)]


async def _first_of(events: Any, count: int) -> list[Any]:
    told = [await anext(events) for _ in range(count)]
    await events.aclose()
    return told


def test_a_service_that_tells_no_events_is_an_error_for_who_wants_all(face: Face) -> None:
    with pytest.raises(Unavailable, match="do not get through"):
        list(face.use(lambda client: client.events(), problem(404, "not_found")))


def test_who_stops_listening_closes_the_connection() -> None:
    face, closed = Face(asynchronous=False), []

    class Noted(Body):
        def close(self) -> None:
            closed.append(True)

    def listen(client: Any) -> None:
        events = client.stream(ID)
        next(events)
        events.close()

    face.use(
        listen,
        lambda request: httpx2.Response(
            200, headers={"content-type": "text/event-stream"}, stream=Noted(SNAPSHOT, DONE), request=request
        ),
    )

    assert closed == [True]
