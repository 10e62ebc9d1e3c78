"""`aigcq top`, as an operator types it, and in a terminal that Ctrl-C ends."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

from aigcq.config import Settings
from aigcq.model import Event
from aigcq.store import Store
from tests.integration.desk import Desk
from tests.integration.steps import WORKER_A, claim, complete, enqueue, put_back, submitted, take

ROOT = Path(__file__).parents[2]


def test_once_shows_what_has_happened_within_the_last_minute_and_who_works(desk: Desk) -> None:
    async def work(store: Store) -> None:
        await store.control.beat(WORKER_A, {})
        await complete(store, await submitted(store, await take(store)))
        delivery = await submitted(store, await take(store))
        await store.deliveries.settle(delivery, Event.FAIL, {"code": "x"}, error_code="x")
        await enqueue(store, 2)
        await claim(store, WORKER_A, 1)

    desk.on(work)
    said = desk.run("top", "--once", columns=80)

    assert said.exit_code == 0
    for part in ("1 of 12", "queued 1 ", "created 4", "started 3", "completed 1", "failed 1", WORKER_A):
        assert part in said.output
    assert max(map(len, said.output.splitlines())) <= 80


def test_what_the_vendor_throttles_is_counted_apart_from_retries(desk: Desk) -> None:
    async def throttle(store: Store) -> None:
        await put_back(store, await take(store), error_code="vendor_throttled")

    desk.on(throttle)

    assert "retried 0   refused 1" in " ".join(desk.run("top", "--once").output.split("\n"))


def test_ctrl_c_ends_it_at_once_and_gives_the_terminal_back(redis_url: str, settings: Settings) -> None:
    terminal, its = pty.openpty()
    environment = os.environ | {
        "REDIS_URL": redis_url, "AIGCQ_QUEUE": settings.queue, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "aigcq", "top"], stdin=its, stdout=its, stderr=its, env=environment
    )
    os.close(its)
    try:
        shown = read_until(terminal, b"no_worker")
        process.send_signal(signal.SIGINT)
        shown += read_until(terminal, b"\x1b[?1049l")
        assert process.wait(10) == 0
    finally:
        process.kill()
        os.close(terminal)
    assert b"\x1b[?1049h" in shown
    assert b"Traceback" not in shown


def read_until(terminal: int, mark: bytes) -> bytes:
    seen = b""
    while mark not in seen:
        ready, _, _ = select.select([terminal], [], [], 20)
        assert ready, seen
        seen += os.read(terminal, 65536)
    return seen
