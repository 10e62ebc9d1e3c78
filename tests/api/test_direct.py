"""The direct way through a route is a shorter way to the same answer."""

from __future__ import annotations

from typing import Any
from unittest.mock import AsyncMock

import pytest

from tests.api.conftest import Service

VIDEO = '{"prompt": "一个小男孩", "metadata": {"order": "A-1"}, "reference_images": []}'.encode()
DIRECT = {"Content-Type": "application/json"}
ROUND = {"Content-Type": "application/json; charset=utf-8"}
"""The framework's way: only what is exactly as most clients send it goes directly."""


def _create(service: Service, headers: dict[str, str]) -> Any:
    return service.http.post("/aigc/create", content=VIDEO, headers=headers)


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "order-1"}])
def test_both_ways_create_the_same_task(service: Service, key: dict[str, str]) -> None:
    one, other = _create(service, DIRECT | key), _create(service, ROUND | key)

    assert (one.status_code, other.status_code) == (200, 200)
    assert (other.json()["task_id"] == one.json()["task_id"]) == bool(key)
    assert list(one.json()) == list(other.json())
    assert {name: one.headers[name] for name in ("content-type", "content-length", "location")} == {
        "content-type": other.headers["content-type"],
        "content-length": str(len(one.content)),
        "location": f"/aigc/status/{one.json()['task_id']}",
    }
    assert ("idempotent-replayed" in other.headers) == bool(key)


def test_both_ways_tell_the_same_status(service: Service) -> None:
    task_id = _create(service, DIRECT).json()["task_id"]

    one = service.http.get(f"/aigc/status/{task_id}")
    other = service.http.get(f"/aigc/status/{task_id.upper()}")

    assert one.content == other.content
    assert one.headers == other.headers


def test_both_ways_know_no_task_of_that_id(service: Service) -> None:
    task_id = "0a0a0a0a-0000-4000-8000-00000000000f"

    one, other = (service.http.get(f"/aigc/status/{spelt}") for spelt in (task_id, task_id.upper()))

    assert one.content == other.content
    assert (one.status_code, one.headers) == (404, other.headers)


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_another_method_is_refused_as_ever(service: Service, method: str) -> None:
    answer = service.http.request(method, "/aigc/create")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/aigc/create", "/aigc/status/0a0a0a0a-0000-4000-8000-00000000000f"])
def test_both_ways_tell_of_a_fault_of_ours_without_its_traceback(
    service: Service, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for verb in ("enqueue", "get"):
        monkeypatch.setattr(service.store.tasks, verb, AsyncMock(side_effect=RuntimeError("geheim")), raising=False)

    if path == "/aigc/create":
        one, other = _create(service, DIRECT), _create(service, ROUND)
    else:
        one, other = service.http.get(path), service.http.get(path.upper().replace("/AIGC/STATUS", "/aigc/status"))

    assert one.content == other.content
    assert (one.status_code, one.headers) == (500, other.headers)
    assert one.headers["content-type"] == "application/problem+json"
    assert "geheim" not in one.text


WRONG = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "one name twice": b'{"prompt": "a", "prompt": "b"}',
    "no prompt": b'{"prompt": ""}',
    "a field that there is not": b'{"prompt": "a", "x": 1}',
    "a model that there is not": b'{"prompt": "a", "model_name": "x"}',
    "what the model cannot do": b'{"prompt": "a", "duration": 59}',
    "no UTF-8": b'{"prompt": "\xff"}',
    "half a surrogate": b'{"prompt": "\\ud800"}',
    "too deep": b"[" * 100_000,
    "too many members": b"{" + b",".join(b'"%d":1' % number for number in range(101)) + b"}",
    "too large": b" " * 2_000_000,
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("key", ["", "k" * 256])
def test_both_ways_refuse_in_the_same_words(service: Service, body: bytes, key: str) -> None:
    named = {"Idempotency-Key": key} if key else {}
    one, other = (service.http.post("/aigc/create", content=body, headers=way | named) for way in (DIRECT, ROUND))

    assert one.content == other.content
    assert one.headers == other.headers
    assert (one.status_code, one.headers["content-type"]) == (other.status_code, "application/problem+json")
