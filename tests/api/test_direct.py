"""The direct way through a route is a shorter way to the same answer."""

from __future__ import annotations

from typing import Any

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


def test_both_ways_refuse_in_the_same_words(service: Service) -> None:
    for body in (b"", b"{", b"[]", b'{"prompt": "a", "prompt": "b"}', b'{"prompt": ""}', b'{"prompt": "a", "x": 1}'):
        one, other = (service.http.post("/aigc/create", content=body, headers=headers) for headers in (DIRECT, ROUND))

        assert one.content == other.content
        assert (one.status_code, one.headers["content-type"]) == (422, "application/problem+json")
