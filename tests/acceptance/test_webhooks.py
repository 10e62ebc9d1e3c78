"""Real processes tell a real receiver what became of tasks, whoever dies meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from standardwebhooks import Webhook

from aigcq.outbound.signing import new_secret
from tests.acceptance.cluster import MakeCluster

SECRET = new_secret()
SETTINGS = {
    "AIGCQ_WEBHOOK_ALLOW": "127.0.0.1",
    "AIGCQ_WEBHOOK_SECRET": SECRET,
    "AIGCQ_WEBHOOK_TIMEOUT_SECONDS": "3",
}


class Receiver(ThreadingHTTPServer):
    """Keeps what it is told; answers once it may."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.told: list[tuple[dict[str, str], str]] = []
        self.may_answer = Event()
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?token=s3cret"

    def messages(self) -> list[Any]:
        return [Webhook(SECRET).verify(body, headers) for headers, body in list(self.told)]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told.append((dict(self.headers.items()), body))
        self.server.may_answer.wait(30)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tell nothing."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.may_answer.set()
            server.shutdown()


def test_a_client_is_told_how_its_video_began_and_ended(make_cluster: MakeCluster) -> None:
    with receiver() as everybody, receiver() as mine:
        cluster = make_cluster(**SETTINGS, AIGCQ_WEBHOOK_URL=everybody.url)
        cluster.start_simulator(latency="0.2-0.5")
        cluster.start_api()
        cluster.start_worker()

        task_id = cluster.create(webhook={"url": mine.url, "events": ["start", "end"]})["task_id"]
        cluster.until(lambda: len(mine.told) >= 2 and everybody.told, 60)

    (task,) = cluster.until_ended([task_id])
    ends = [message for message in mine.messages() if message["type"] == "video.completed"]
    assert {message["type"] for message in mine.messages()} == {"video.started", "video.completed"}
    assert ends[0]["data"]["result"] == task["result"]
    assert everybody.messages()[0]["data"]["task_id"] == task_id
    assert "s3cret" not in cluster.logs(1000) + json.dumps(task)


def test_what_a_worker_was_telling_when_it_was_killed_is_told_by_another(make_cluster: MakeCluster) -> None:
    with receiver() as mine:
        cluster = make_cluster(**SETTINGS, AIGCQ_WEBHOOK_CONCURRENCY="1")
        cluster.start_simulator(latency="0.2-0.5")
        cluster.start_api()
        first = cluster.start_worker()
        mine.may_answer.clear()
        cluster.create(webhook=mine.url)
        cluster.until(lambda: mine.told)
        cluster.kill(first)
        mine.may_answer.set()

        cluster.start_worker()
        cluster.until(lambda: len(mine.told) >= 2, 60)

    ids = {headers["webhook-id"] for headers, _ in mine.told}
    assert len(ids) == 1
    assert {message["type"] for message in mine.messages()} == {"video.completed"}
