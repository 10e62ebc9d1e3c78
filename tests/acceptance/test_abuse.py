"""Bad input over a real socket: a clear refusal, nothing enqueued, not a word of it in the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.cluster import Cluster, running
from tests.acceptance.wire import JSON, Answer, chunked, create, request, send, send_when_asked

MOST_BYTES = 131_072
BODY_SECONDS = 0.5
VIDEO = b'{"prompt": "a fox"}'


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The API as a process; short of patience, so that a test need not wait."""
    settings = {"AIGCQ_MAX_BODY_BYTES": str(MOST_BYTES), "AIGCQ_BODY_SECONDS": str(BODY_SECONDS)}
    with running(tmp_path_factory.mktemp("abuse"), **settings) as cluster:
        cluster.start_api()
        yield cluster


@pytest.fixture(autouse=True)
def _nothing_comes_of_it(api: Cluster) -> Iterator[None]:
    before = api.info()["queue_length"]
    yield
    log = (api.folder / "api.log").read_text()
    assert api.info()["queue_length"] == before
    assert "Traceback" not in log
    assert [line for line in log.splitlines() if not line.isprintable()] == []


def _many(count: int, member: bytes) -> bytes:
    return b"{" + b",".join(member % number for number in range(count)) + b"}"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, "body"),
        (b"\xef\xbb\xbf", 422, "body"),
        (b"null", 422, "body"),
        (b'{"prompt": "a"', 422, "body"),
        (b'{"prompt": "a"} trailing', 422, "body"),
        (b'{"prompt": "a\nb"}', 422, "body"),
        (b'{"prompt": "a", "prompt": "b"}', 422, "prompt"),
        (b'{"prompt": "a", "metadata": {"x": 1, "x": 2}}', 422, "x"),
        (b'{"prompt": "a", "\\ud800": 1, "\\ud800": 2}', 422, "\\ud800"),
        (b'{"prompt": "a", "promt": "b"}', 422, "promt"),
        (b'{"prompt": "a", "__proto__": {}}', 422, "__proto__"),
        (b'{"prompt": "a", "\\u001b[31m": 1}', 422, "\\x1b[31m"),
        (b'{"prompt": "a", "' + b"k" * 60_000 + b'": 1}', 422, "k" * 200 + "…"),
        (b'{"prompt": "a\\u0000b"}', 422, "prompt"),
        (b'{"prompt": "a\\u001bb"}', 422, "prompt"),
        (b'{"prompt": "a\\ud800b"}', 422, "prompt"),
        (b'{"prompt": "' + b"a" * 60_000 + b'"}', 422, "prompt"),
        (b'{"prompt": "a", "negative_prompt": "\\u0000"}', 422, "negative_prompt"),
        (b'{"prompt": "a", "model_name": "\\u0000"}', 422, "model_name"),
        (b'{"prompt": "a", "model_version": "\\u0000"}', 422, "model_version"),
        (b'{"prompt": "a", "resolution": "\\u0000"}', 422, "resolution"),
        (b'{"prompt": "a", "aspect_ratio": "16:9\\u0000"}', 422, "aspect_ratio"),
        (b'{"prompt": "a", "scene_type": "\\u0085"}', 422, "scene_type"),
        (b'{"prompt": "a", "file_id": "\\u0000"}', 422, "file_id"),
        (b'{"prompt": "a", "last_frame_file_id": "\\u0000"}', 422, "last_frame_file_id"),
        (b'{"prompt": "a", "person_generation": "\\u0000"}', 422, "person_generation"),
        (b'{"prompt": "a", "enhance_prompt": "\\u0000"}', 422, "enhance_prompt"),
        (b'{"prompt": "a", "metadata": {"x": "\\u0000"}}', 422, "metadata.x"),
        (b'{"prompt": "a", "metadata": {"\\u0000": 1}}', 422, "metadata.\\x00"),
        (b'{"prompt": "a", "reference_images": [{"file_id": "5", "text": "\\u0000"}]}', 422, "reference_images.0.text"),
        (b'{"prompt": "a", "reference_images": [' + b"0," * 30_000 + b"0]}", 422, "reference_images"),
        (b'{"prompt": "a", "seed": ' + b"9" * 5_000 + b"}", 422, "seed"),
        (b'{"prompt": "a", "duration": -' + b"9" * 5_000 + b"}", 422, "duration"),
        (b'{"prompt": "a", "duration": 1e400}', 422, "duration"),
        (b'{"prompt": "a", "tasks_priority": Infinity}', 422, "tasks_priority"),
        (b'{"prompt": "a", "metadata": {"x": NaN}}', 422, "metadata.x"),
        (b'{"prompt": "a", "metadata": {"x": ' + b"9" * 5_000 + b"}}", 422, "metadata.x"),
        (b'{"prompt": "a", "metadata": ' + b'{"x":' * 300 + b"1" + b"}" * 301, 422, "metadata.x"),
        (_many(3_000, b'"k%d":1'), 422, "body"),
    ],
)
def test_a_body_is_refused_by_the_name_of_what_is_wrong(api: Cluster, body: bytes, status: int, field: str) -> None:
    answer = send(api.api_url, create(body))

    assert (answer.status, answer.fields) == (status, [field])
    assert answer.problem["detail"]
    assert len(answer.body) < 2_000


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'{"prompt": "\xff"}', "UTF-8"),
        (b'{"prompt": "\xed\xa0\x80"}', "UTF-8"),
        ('{"prompt": "你好"}'.encode("gbk"), "UTF-8"),
        ('{"prompt": "a"}'.encode("utf-16"), "UTF-8"),
        (b"[" * 60_000, "nested too deep"),
        (b'{"prompt": "a", "metadata": ' + b'{"x":' * 10_000, "nested too deep"),
    ],
)
def test_a_body_that_cannot_be_read_is_told_why(api: Cluster, body: bytes, word: str) -> None:
    answer = send(api.api_url, create(body))

    assert answer.status == 400
    assert word in answer.problem["detail"]


@pytest.mark.parametrize("kind", [b"", b"Content-Type: text/plain\r\n", b'Content-Type: ;;="\\\r\n'])
def test_another_content_type_is_told_the_right_one(api: Cluster, kind: bytes) -> None:
    answer = send(api.api_url, create(VIDEO, kind))

    assert (answer.status, answer.fields) == (422, ["body"])
    assert "Content-Type: application/json" in answer.problem["detail"]


def test_many_mistakes_are_counted_and_not_all_told(api: Cluster) -> None:
    answer = send(api.api_url, create(_many(90, b'"k%d":1')))

    assert (answer.status, len(answer.fields)) == (422, 20)
    assert answer.problem["detail"].endswith("; and 70 more")


def _is_too_large(answer: Answer) -> None:
    assert (answer.status, answer.problem["code"]) == (413, "too_large")
    assert f"{MOST_BYTES} bytes" in answer.problem["detail"]
    assert "AIGCQ_MAX_BODY_BYTES" in answer.problem["detail"]


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(api: Cluster) -> None:
    _is_too_large(send(api.api_url, request(b"POST", b"/aigc/create", JSON + b"Content-Length: 131073\r\n")))


def test_a_body_without_a_length_is_refused_once_it_is_too_large(api: Cluster) -> None:
    _is_too_large(send(api.api_url, chunked([b"a" * 1000] * 132)))


def test_a_body_of_the_largest_size_is_read(api: Cluster) -> None:
    answer = send(api.api_url, create(b'{"promt": "a"' + b" " * (MOST_BYTES - 14) + b"}"))

    assert (answer.status, answer.fields) == (422, ["promt"])


def test_a_cancel_with_a_body_that_is_too_large_cancels_nothing(api: Cluster) -> None:
    task_id = api.create()["task_id"]

    answer = send(api.api_url, request(b"POST", f"/aigc/tasks/{task_id}/cancel".encode(), body=b"a" * 140_000))

    _is_too_large(answer)
    assert api.status(task_id)["status"] == "queued"
    assert api.http.post(f"{api.api_url}/aigc/tasks/{task_id}/cancel").json()["result"] == "cancelled"


def test_a_body_that_does_not_come_is_given_up(api: Cluster) -> None:
    answer = send(api.api_url, request(b"POST", b"/aigc/create", JSON + b"Content-Length: 50\r\n"), b'{"prompt"')

    assert (answer.status, answer.problem["code"]) == (408, "too_slow")
    assert "AIGCQ_BODY_SECONDS" in answer.problem["detail"]
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    "begun",
    [
        b"POST /aigc/cre",
        request(b"POST", b"/aigc/create", JSON + b"Content-Length: 50\r\n") + b'{"prompt": "a',
        chunked([b'{"prompt": "a"}']),
    ],
)
def test_a_client_that_hangs_up_leaves_nothing_behind(api: Cluster, begun: bytes) -> None:
    send(api.api_url, begun, hang_up=True)

    assert send(api.api_url, request(b"GET", b"/health/live")).status == 200


@pytest.mark.parametrize(
    "key", [b"a" * 256, "a\u202eb".encode(), "a\u2028b".encode(), "a\u200bb".encode(), b"a\tb", b"\xc2\x85b"]
)
def test_an_idempotency_key_that_does_not_print_is_refused(api: Cluster, key: bytes) -> None:
    answer = send(api.api_url, create(VIDEO, JSON + b"Idempotency-Key: " + key + b"\r\n"))

    assert (answer.status, answer.fields) == (422, ["Idempotency-Key"])


def test_two_idempotency_keys_are_refused(api: Cluster) -> None:
    answer = send(api.api_url, create(VIDEO, JSON + b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n"))

    assert (answer.status, answer.fields) == (422, ["Idempotency-Key"])


@pytest.mark.parametrize("task_id", [b"%00", b"%0a%1b%5b31m", b"%ff%fe", b"a" * 60_000, b"..%2f..%2fetc", b"%E2%80%AE"])
def test_a_task_id_that_is_none_is_refused(api: Cluster, task_id: bytes) -> None:
    answer = send(api.api_url, request(b"GET", b"/aigc/status/" + task_id))

    assert answer.status in (404, 422)  # an escaped slash makes it another address
    assert len(answer.problem["detail"]) < 300
    assert answer.problem["detail"].isprintable()


@pytest.mark.parametrize("path", [b"/%1b%5b31m", b"/%00", b"/" + b"a" * 60_000, b"/aigc/tasks/%1b%5b31m/cancel"])
def test_an_address_that_is_none_is_repeated_in_plain_characters(api: Cluster, path: bytes) -> None:
    answer = send(api.api_url, request(b"GET", path))

    assert answer.status in (404, 405)
    assert len(answer.problem["detail"]) < 300
    assert answer.problem["detail"].isprintable()


@pytest.mark.parametrize("host", [b"", b"[::1", b"a b", b"a/b?c", b"user:pass@a", b"a:port", b"\xff", b"//a"])
@pytest.mark.parametrize("path", [b"/nowhere", b"/aigc/status/x", b"/health/live"])
def test_a_host_that_is_none_disturbs_nobody(api: Cluster, host: bytes, path: bytes) -> None:
    answer = send(api.api_url, b"GET " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")

    assert answer.status in (200, 404, 422)


def test_the_body_of_a_get_is_not_read(api: Cluster) -> None:
    answer = send(api.api_url, request(b"GET", b"/health/live", b"Content-Length: 999999999\r\n"))

    assert answer.status == 200


@pytest.mark.parametrize("method", [b"TRACE", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"CONNECT", b"PROPFIND"])
def test_a_method_that_a_route_does_not_have_is_told_the_right_one(api: Cluster, method: bytes) -> None:
    answer = send(api.api_url, request(method, b"/aigc/create", body=b""))

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.problem["detail"].endswith("it takes POST.")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: aigcq\r\n\r\n",
        b"GET /" + b"a" * 5_000_000 + b" HTTP/1.1\r\nHost: aigcq\r\n\r\n",
        request(b"GET", b"/health/live", b"X: " + b"a" * 5_000_000 + b"\r\n"),
        request(b"GET", b"/health/live", b"".join(b"X-%d: a\r\n" % number for number in range(10_000))),
        request(b"GET", b"/health/live?" + b"a=b&" * 20_000),
        b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000,  # and no end of it
        chunked([b"{"]) + b"0\r\n" + b"X: a\r\n" * 200_000,  # trailers
        chunked([b"{"]) + b"0\r\nX: " + b"a" * 1_000_000,
        chunked([b"{"]) + b"1;" + b"a" * 1_000_000,  # an extension of a chunk
    ],
)
def test_a_head_that_is_too_long_is_refused(api: Cluster, head: bytes) -> None:
    answer = send(api.api_url, head)

    assert answer.status in (431, 0)  # 0: the refusal was lost, as it may be while we are still sending
    if answer.status:
        assert answer.problem["code"] == "head_too_large"
        assert answer.headers["connection"] == "close"


def test_a_head_of_the_usual_size_may_come_with_a_large_body(api: Cluster) -> None:
    cookies = b"Cookie: " + b"a" * 60_000 + b"\r\n"

    answers = [send(api.api_url, create(b'{"promt": "' + b"a" * 100_000 + b'"}', JSON + cookies)) for _ in range(3)]

    assert [answer.fields for answer in answers] == [["promt"]] * 3


def test_a_large_body_may_come_behind_its_head(api: Cluster) -> None:
    body = b'{"promt": "' + b"a" * 100_000 + b'"}'
    asking = b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(body)

    answer = send_when_asked(api.api_url, request(b"POST", b"/aigc/create", JSON + asking), body)

    assert answer.fields == ["promt"]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x1b[31m / HTTP/1.1\r\n\r\n",
        request(b"FOO", b"/"),
        request(b"GET", b"/\x1b[31m"),
        request(b"GET", b"/\xff"),
        request(b"GET", b"/health/live?\xff"),
        request(b"GET", b"/", b"X: a\0b\r\n"),
        request(b"GET", b"/", b"X: a\x1b[31m\r\n"),
        request(b"GET", b"/", b"X\n: a\r\n"),
        request(b"CONNECT", b"aigcq:80"),
        create(VIDEO, JSON + b"Idempotency-Key: a\0\r\n"),
        create(VIDEO, JSON + b"Transfer-Encoding: chunked\r\n"),
        request(b"POST", b"/aigc/create", JSON + b"Content-Length: -1\r\n"),
        request(b"POST", b"/aigc/create", JSON + b"Content-Length: 9" + b"9" * 40 + b"\r\n"),
        request(b"POST", b"/aigc/create", JSON + b"Transfer-Encoding: chunked\r\n") + b"xyz\r\n",
    ],
)
def test_what_is_not_http_is_refused_and_the_connection_closed(api: Cluster, nonsense: bytes) -> None:
    answer = send(api.api_url, nonsense)

    assert (answer.status, answer.headers["connection"]) == (400, "close")
