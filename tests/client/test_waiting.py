"""Who waits for a video is told how it stands, and at its end."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from aigcq.client import Task, TaskCancelled, TaskFailed, Unavailable, WaitTimeout
from tests.client.conftest import ID, Face, completed, problem, task

GENERATING = task("processing", progress=40)
FAULT = {"code": "vendor_rejected", "message": "The prompt is refused.", "advice": "Write another.", "billed": "no"}


def test_who_waits_is_told_each_look_and_given_the_video(face: Face) -> None:
    seen: list[Task] = []

    ended = face.use(lambda client: client.wait(ID, on_progress=seen.append), task(position=2), GENERATING, completed())

    assert [(each.status, each.position, each.progress) for each in seen] == [
        ("queued", 2, 0),
        ("processing", None, 40),
        ("completed", None, 100),
    ]
    assert ended.video_url == "http://aigcq.test/v/1.mp4"


def test_a_service_that_holds_its_answer_is_not_asked_in_between(face: Face) -> None:
    def held(request: httpx2.Request) -> httpx2.Response:
        face.now += 2 if "prefer" in request.headers else 0
        return (completed() if len(face.asked) == 5 else GENERATING)(request)  # type: ignore[return-value]

    face.use(lambda client: client.wait(ID, on_progress=lambda task: None), held)

    assert [request.headers.get("prefer") for request in face.asked] == [None, *["wait=2"] * 4]
    assert face.naps == []


def test_a_service_that_holds_nothing_is_asked_every_two_seconds(face: Face) -> None:
    face.use(lambda client: client.wait(ID, on_progress=lambda task: None), *[GENERATING] * 5, completed())

    assert face.naps == [2.0] * 4


def test_a_service_that_lets_no_more_wait_is_asked_now_and_then(face: Face) -> None:
    many = problem(429, "too_many_listeners", {"Retry-After": "30"})

    face.use(lambda client: client.wait(ID, look_seconds=3), GENERATING, many, GENERATING, GENERATING, completed())

    assert face.naps == [3.0, 3.0]


def test_a_wait_ends_in_time_and_the_task_goes_on(face: Face) -> None:
    with pytest.raises(WaitTimeout) as told:
        face.use(lambda client: client.wait(ID, timeout=5), GENERATING)

    assert face.now == 1005
    assert told.value.task.progress == 40


def test_a_task_that_fails_is_an_error_that_says_why(face: Face) -> None:
    with pytest.raises(TaskFailed, match="refused") as told:
        face.use(lambda client: client.wait(ID), task("failed", error=FAULT))

    error: Any = told.value
    assert (error.code, error.advice, error.task.error.billed) == ("vendor_rejected", "Write another.", "no")


def test_a_task_that_was_taken_back_is_an_error_of_its_own(face: Face) -> None:
    with pytest.raises(TaskCancelled):
        face.use(lambda client: client.wait(ID), task("cancelled"))


def test_a_service_that_is_started_again_is_waited_for(face: Face) -> None:
    away = [httpx2.ConnectError("nobody there")] * 8

    face.use(lambda client: client.wait(ID), GENERATING, *away, completed(), retries=1)

    assert 20 < face.now - 1000 < 120


def test_a_service_that_stays_away_is_not_waited_for_for_ever(face: Face) -> None:
    with pytest.raises(Unavailable):
        face.use(lambda client: client.wait(ID), GENERATING, httpx2.ConnectError("nobody there"))

    assert 120 < face.now - 1000 < 200


def test_what_is_told_may_be_awaited() -> None:
    face, told = Face(asynchronous=True), []

    async def tell(task: Task) -> None:
        told.append(task.status)

    face.use(lambda client: client.wait(ID, on_progress=tell), completed())

    assert told == ["completed"]
