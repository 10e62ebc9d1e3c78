"""Whatever goes wrong under `/v1` reaches an OpenAI client as it expects errors, and says whether to try again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from aigcq.api.openai.creating import said_by
from aigcq.api.openai.schema import CreateVideo, RemixVideo
from aigcq.errors import NotReplicated, StoreUnavailable
from aigcq.store.tasks import Tasks
from tests.api.conftest import Service

VIDEO = {"prompt": "a fox", "model": "hailuo-2.3"}


def error_of(answer: Any, status: int, *, again: bool) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    assert answer.headers["x-should-retry"] == str(again).lower()
    assert answer.headers["x-request-id"]
    assert answer.headers["content-length"] == str(len(answer.content))
    assert list(answer.json()) == ["error"]
    error = dict(answer.json()["error"])
    assert {"message", "type", "param", "code"} <= set(error)
    assert all(isinstance(error[name], str) for name in ("message", "type", "code"))
    return error


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1", 404, "not_found"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/videos/nothing", 404, "task_not_found"),
        ("GET", "/v1/videos/video_550e8400-e29b-41d4-a716-446655440000", 404, "task_not_found"),
        ("DELETE", "/v1/videos/550e8400-e29b-41d4-a716-446655440000", 404, "task_not_found"),
        ("GET", "/v1/videos/550e8400-e29b-41d4-a716-446655440000/content", 404, "task_not_found"),
        ("GET", "/v1/videos?after=550e8400-e29b-41d4-a716-446655440000", 404, "task_not_found"),
        ("PATCH", "/v1/videos", 405, "method_not_allowed"),
        ("GET", "/v1/videos?limit=101", 400, "invalid_request"),
        ("GET", "/v1/videos?order=random", 400, "invalid_request"),
        ("POST", "/v1/videos/edits", 501, "not_supported"),
        ("POST", "/v1/videos/extensions", 501, "not_supported"),
        ("POST", "/v1/videos/characters", 501, "not_supported"),
        ("GET", "/v1/videos/characters/char_1", 501, "not_supported"),
    ],
)
def test_what_the_framework_or_a_route_refuses_is_in_the_envelope(
    service: Service, method: str, path: str, status: int, code: str
) -> None:
    assert error_of(service.http.request(method, path), status, again=False)["code"] == code


def test_a_method_that_does_not_work_is_answered_with_all_that_do(service: Service) -> None:
    assert service.http.patch("/v1/videos").headers["allow"] == "GET, POST"


def test_a_body_that_is_too_large_is_in_the_envelope(service: Service) -> None:
    answer = service.http.post("/v1/videos", content=b"x" * 2_000_000, headers={"content-type": "application/json"})

    assert error_of(answer, 413, again=False)["code"] == "too_large"


def test_the_message_says_everything_for_the_library_shows_nothing_else(service: Service) -> None:
    error = error_of(service.http.post("/v1/videos", json={**VIDEO, "seconds": "7"}), 400, again=False)

    assert error["message"] == (
        "Hailuo 2.3 makes no video of 7 s. Allowed: 6, 10. Correct the named field and send the request again."
    )
    assert error["param"] == "seconds"


@pytest.mark.settings(backlog_limit=1)
def test_a_full_queue_asks_to_be_tried_again_soon(service: Service) -> None:
    service.http.post("/v1/videos", json=VIDEO)

    answer = service.http.post("/v1/videos", json=VIDEO)

    error = error_of(answer, 429, again=True)
    assert (error["code"], error["type"]) == ("queue_full", "rate_limit_error")
    assert 0 < int(answer.headers["retry-after"]) <= 120


@pytest.mark.parametrize("error", [StoreUnavailable("Redis does not answer."), NotReplicated("t", 1)])
def test_a_store_that_is_away_may_be_tried_again(
    service: Service, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise error

    monkeypatch.setattr(Tasks, "enqueue", away)

    told = error_of(service.http.post("/v1/videos", json=VIDEO), 503, again=True)

    assert told["type"] == "server_error"


def test_a_fault_of_ours_is_in_the_envelope_and_shows_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(Tasks, "get", broken)

    answer = service.http.get("/v1/videos/550e8400-e29b-41d4-a716-446655440000")

    assert error_of(answer, 500, again=True)["code"] == "internal"
    assert "secret" not in answer.text


def test_every_answer_has_an_id_and_none_has_the_id_of_another(service: Service) -> None:
    answers = [service.http.get("/v1/models"), service.http.get("/v1/models"), service.http.get("/v1/nothing")]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


@pytest.mark.parametrize("path", ["/aigc/nothing", "/v1x"])
def test_elsewhere_problems_stay_problems(service: Service, path: str) -> None:
    answer = service.http.get(path)

    assert answer.headers["content-type"] == "application/problem+json"
    assert "x-should-retry" not in answer.headers


def test_head_has_the_headers_and_no_body(service: Service) -> None:
    answer = service.http.head("/v1/videos/nothing")

    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["x-should-retry"] == "false"


SAME: Mapping[str, Any] = {"prompt": "a fox", "model": "hailuo-2.3", "seconds": "6"}


def send(service: Service, how: str = "json", fields: Mapping[str, Any] = SAME, **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if how == "json":
        return service.http.post("/v1/videos", json=dict(fields), headers=names)
    files = {name: value if isinstance(value, tuple) else (None, value) for name, value in fields.items()}
    return service.http.post("/v1/videos", files=files, headers=names)


def queued(service: Service) -> int:
    return int(service.http.get("/aigc/queue/info").json()["queue_length"])


@pytest.mark.parametrize("again", ['"k"', "k"])
def test_a_key_that_comes_again_is_answered_as_the_first_time(service: Service, again: str) -> None:
    first = send(service, Idempotency_Key="k")
    send(service, fields={**SAME, "prompt": "another"})

    repeated = send(service, how="form", Idempotency_Key=again)

    assert repeated.json() == first.json()
    assert (repeated.headers["idempotent-replayed"], "idempotent-replayed" in first.headers) == ("true", False)
    assert queued(service) == 2


def test_a_key_may_be_a_field(service: Service) -> None:
    first = send(service, Idempotency_Key="k")

    repeated = send(service, how="form", fields={**SAME, "idempotency_key": "k"})

    assert repeated.json() == first.json()
    other = send(service, fields={**SAME, "idempotency_key": "k"}, Idempotency_Key="j")
    assert error_of(other, 400, again=False)["param"] == "idempotency_key"


def test_a_key_with_another_body_is_refused_and_not_tried_again(service: Service) -> None:
    send(service, Idempotency_Key="k")

    answer = send(service, fields={**SAME, "prompt": "another"}, Idempotency_Key="k")

    assert error_of(answer, 422, again=False)["code"] == "idempotency_conflict"


def test_a_key_of_this_face_is_not_one_of_another(service: Service) -> None:
    send(service, Idempotency_Key="k")

    answer = service.http.post("/aigc/create", json={"prompt": "a"}, headers={"Idempotency-Key": "k"})

    assert (answer.status_code, queued(service)) == (200, 2)


PICTURE = ("a.png", b"\x89PNG\r\n\x1a\nx", "image/png")
OTHER = ("b.png", b"\x89PNG\r\n\x1a\ny", "image/png")


@pytest.mark.parametrize("how", ["json", "form"])
def test_what_a_library_sends_again_by_itself_adds_nothing(service: Service, how: str) -> None:
    answers = [send(service, how, x_stainless_retry_count=str(count)) for count in range(3)]

    assert [answer.json() for answer in answers[1:]] == [answers[0].json()] * 2
    assert queued(service) == 1


def test_a_picture_counts_by_its_content(service: Service) -> None:
    ids = [
        send(service, "form", {**SAME, "input_reference": picture}, x_stainless_retry_count=count).json()["id"]
        for count, picture in (("0", PICTURE), ("1", PICTURE), ("1", OTHER))
    ]

    assert ids[0] == ids[1] != ids[2]
    assert service.on_store(service.store.uploads.get, ids[0])


def test_two_creates_that_are_equal_are_two_videos(service: Service) -> None:
    ids = {send(service, x_stainless_retry_count="0").json()["id"] for _ in range(2)}

    assert len(ids) == 2


def test_a_remix_is_not_made_twice_either(service: Service) -> None:
    first = send(service).json()["id"]

    made = [
        service.http.post(
            f"/v1/videos/{first}/remix", json={"prompt": "b"}, headers={"x-stainless-retry-count": str(count)}
        ).json()["id"]
        for count in range(2)
    ]

    assert made[0] == made[1]


def test_no_picture_is_left_behind_by_what_was_refused_or_repeated(service: Service) -> None:
    fields = {**SAME, "input_reference": PICTURE}
    send(service, "form", fields, Idempotency_Key="k")
    send(service, "form", fields, Idempotency_Key="k")
    send(service, "form", {**fields, "prompt": "another"}, Idempotency_Key="k")

    client, keys = service.store.connection.client, service.store.connection.keys
    assert len(service.on_store(client.keys, f"{keys.task_prefix}*:upload")) == 1


@pytest.mark.parametrize("kind", [CreateVideo, RemixVideo])
def test_a_release_that_adds_a_field_knows_what_was_sent_before_it(kind: type[CreateVideo | RemixVideo]) -> None:
    class Next(kind):  # type: ignore[valid-type,misc]  # whichever
        colour: str = "any"

    old, new = (each(prompt="a fox") for each in (kind, Next))

    assert said_by(old) == said_by(new) != said_by(Next(prompt="a fox", colour="red"))
