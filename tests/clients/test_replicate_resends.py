"""A create that is sent again because its connection broke while the answer was held back."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.acceptance.cluster import Cluster

pytestmark = pytest.mark.timeout(120)
PATH = "/v1/models/minimax/hailuo-2.3/predictions"


def test_it_is_made_once(queue: Cluster) -> None:
    body = {"input": {"prompt": "the connection breaks"}}
    before = queue.info()["queue_length"]
    where = urlsplit(queue.api_url)
    sent = json.dumps(body).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: {where.netloc}\r\nPrefer: wait\r\nContent-Type: application/json\r\n"

    with socket.create_connection((where.hostname, where.port)) as client:
        client.sendall(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
        queue.until(lambda: queue.info()["queue_length"] == before + 1)
    again = queue.http.post(queue.api_url + PATH, json=body)
    another = queue.http.post(queue.api_url + PATH, json=body)

    assert (again.status_code, again.headers.get("idempotent-replayed")) == (201, "true")
    assert another.json()["id"] != again.json()["id"]
    assert queue.info()["queue_length"] == before + 2
