"""Real processes with real-looking secrets, when all goes well and when it does not: nobody ever reads one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis import Redis

from aigcq.embedded import free_port
from tests.acceptance import nursery
from tests.acceptance.cluster import ROOT, Cluster, MakeCluster
from tests.acceptance.hostile_vendor import FORGERY, HostileVendor, hostile_vendor
from tests.acceptance.wire import request, send
from tests.conftest import redis_server

MARK = "h0sh-h0sh"
"""In every secret; so whatever holds it, has told one."""
PASSWORD = f"{MARK}-redis"
ACCOUNT = {
    "TENCENTCLOUD_SECRET_ID": f"AKID{MARK}-id",
    "TENCENTCLOUD_SECRET_KEY": f"{MARK}-key",
    "TENCENTCLOUD_TOKEN": f"{MARK}-token",
}
PATHS = ("/health", "/aigc/queue/info", "/aigc/models", "/docs", "/redoc", "/openapi.json", "/nowhere", "/aigc/create")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("AIGCQ_", "REDIS_"))} | {
    "PYTHONPATH": str(ROOT),
    "COLUMNS": "200",
}


def tells(*texts: str) -> list[str]:
    """Return the lines that hold a secret."""
    return [line for text in texts for line in text.splitlines() if MARK in line]


def answers(http: httpx2.Client, url: str, *paths: str) -> str:
    """Return everything that the API says, headers and all."""
    found = [http.get(url + path) for path in (*PATHS, *paths)]
    return "\n".join(f"{answer.status_code} {answer.headers} {answer.text}" for answer in found)


def command_lines(pid: int) -> dict[int, str]:
    """Return the command line of a process and of all that descend from it."""
    parents = {int(stat.parent.name): _parent(stat) for stat in Path("/proc").glob("[0-9]*/stat")}
    family = {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return {each: Path(f"/proc/{each}/cmdline").read_text().replace("\0", " ") for each in family}


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return 0


def files(folder: Path) -> str:
    """Return all that was written below `folder`: logs, notes, the store's own file."""
    return "\n".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def vendor() -> Iterator[HostileVendor]:
    with hostile_vendor() as vendor:
        yield vendor


@contextmanager
def demo(folder: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Yield the demo with a real account, and its address; its output goes into a file."""
    port = str(free_port())
    command = [sys.executable, "-m", "aigcq", "demo", "--real", "--yes", "--workers", "1", "--port", port]
    with (folder / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT | ACCOUNT | environment, stdout=log, stderr=log)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_vendor_that_repeats_everything_makes_nobody_tell_a_secret_or_forge_a_line(
    vendor: HostileVendor, make_cluster: MakeCluster, tmp_path: Path, log_format: str
) -> None:
    until, http = make_cluster().until, httpx2.Client(timeout=30, trust_env=False)
    quick = {"WORKER_POLL_INTERVAL": "0.1", "AIGCQ_BACKOFF_BASE_SECONDS": "0.1", "AIGCQ_LOG_FORMAT": log_format}
    with http, demo(tmp_path, TENCENTCLOUD_ENDPOINT=vendor.url, **quick) as (process, url):
        until(lambda: http.get(f"{url}/health").status_code == 200)
        heard = [answers(http, url)]
        for mood in ("refuses", "fails", "broken", "knows nobody"):
            vendor.mood = mood
            body = {"prompt": f"{mood} {FORGERY[1:9]}", "metadata": {"order": FORGERY[:9]}}
            task_id = http.post(f"{url}/aigc/create", json=body).json()["task_id"]
            until(lambda: _seen(vendor, http, f"{url}/aigc/status/{task_id}"))  # noqa: B023 - it ends within the loop
            heard.append(answers(http, url, f"/aigc/status/{task_id}"))
        until(lambda: http.get(f"{url}/aigc/queue/info").json()["paused"])
        heard.append(answers(http, url))
        family = command_lines(process.pid)
        held = Path(f"/proc/{process.pid}/environ").read_text()

    written = (tmp_path / "demo.log").read_text()
    assert "AuthFailure" in heard[-1]
    assert len(family) >= 4
    assert any("valkey" in line for line in family.values())
    assert all(secret in held for secret in ACCOUNT.values()), "the secrets were there to be told"
    assert tells(*heard, *family.values(), files(tmp_path)) == []
    assert [
        line for line in written.splitlines() if "task=forged" in line and re.match(r".*│ 12:00:00 settled", line)
    ] == []
    assert [line for line in written.splitlines() if not line.isprintable()] == []


def _seen(vendor: HostileVendor, http: httpx2.Client, status_url: str) -> bool:
    """Whether the worker has met the vendor's mood, and what was to come of it has come."""
    met = [action for mood, action in vendor.calls if mood == vendor.mood]
    if vendor.mood in ("refuses", "fails"):
        return bool(met) and http.get(status_url).json()["status"] == "failed"
    return bool(met)


@pytest.fixture
def guarded_redis(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A Redis that wants a password: its socket, and its port."""
    port = free_port()
    with redis_server("--port", str(port), "--bind", "127.0.0.1") as url:
        with Redis.from_url(url) as client:
            client.config_set("requirepass", PASSWORD)
        yield url.removeprefix("unix://"), port


def _start(cluster: Cluster, name: str, port: int, **environment: str) -> str:
    """Start the API as the image does, but with the access log and every line; return its address."""
    command = ["-m", "uvicorn", "app:app", "--app-dir", str(ROOT), "--port", str(port), "--log-level", "trace"]
    cluster.spawn(name, *command, AIGCQ_LOG_LEVEL="debug", **environment)
    url = f"http://127.0.0.1:{port}"
    cluster.until(lambda: cluster.http.get(f"{url}/health/live").status_code == 200)
    return url


def test_the_password_of_redis_is_told_by_nobody(
    guarded_redis: tuple[str, int], vendor: HostileVendor, make_cluster: MakeCluster
) -> None:
    socket, port = guarded_redis
    wrong = {"REDIS_URL": f"unix://:{MARK}-wrong@{socket}"}
    cluster = make_cluster(**ACCOUNT, TENCENTCLOUD_ENDPOINT=vendor.url, REDIS_URL="")
    right = _start(cluster, "right", free_port(), REDIS_URL=f"unix://:{PASSWORD}@{socket}", AIGCQ_LOG_FORMAT="json")
    refused = _start(cluster, "refused", free_port(), **wrong)
    away = _start(cluster, "away", free_port(), REDIS_HOST="127.0.0.1", REDIS_PORT="1", REDIS_PASSWORD=PASSWORD)
    right_too = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(port), "REDIS_PASSWORD": PASSWORD}
    cluster.spawn("worker", str(ROOT / "worker.py"), **right_too)  # with a command line of its own
    lost = cluster.start_worker(**wrong)

    cluster.until(lambda: cluster.http.get(f"{right}/health").status_code == 200)
    cluster.until(lambda: "store away" in (cluster.folder / f"{lost}.log").read_text())
    heard = [answers(cluster.http, url) for url in (right, refused, away)]
    agent = "User-Agent: \x9b31m\t\u202e\r\n".encode()
    send(right, request(b"GET", b"/%0a12:00:00%20settled%1b%5b31m?q=%0d%1b[31m", agent))
    family = [line for process in cluster.processes.values() for line in command_lines(process.pid).values()]
    cluster.http.post(f"{right}/aigc/create", json={"prompt": "a fox"})
    cluster.until(lambda: vendor.calls)
    for name in ("worker", lost, "right", "refused", "away"):
        cluster.terminate(name)

    logs = {path.stem: path.read_text() for path in cluster.folder.glob("*.log")}
    assert [answer for answer in heard[1:3] if answer.count("503 ") < 2] == []
    assert "store away" in logs["refused"]
    assert "GET /" in logs["right"], "the access log was on"
    assert tells(*heard, *family, *logs.values()) == []
    assert [line for log in logs.values() for line in log.splitlines() if not line.isprintable()] == []


GATEWAY = f"http://user:{PASSWORD}@127.0.0.1:1"
WORKER = ["-m", "aigcq", "worker"]
API = ["-m", "aigcq", "api", "--port", "{port}"]
CRASH = """
from aigcq.cli import serve
from aigcq import config
def crash(one):
    settings = config.read()
    key, url = settings.tencentcloud_secret_key.get_secret_value(), settings.redis_url.get_secret_value()
    raise RuntimeError(f"fell over {len(key + url)} letters\\n12:00:00 settled")
serve.Crew.run = crash
from aigcq.__main__ import main
import sys
sys.argv[1:] = ["worker"]
main()
"""


@pytest.mark.parametrize(
    ("command", "environment", "said"),
    [
        (WORKER, {"AIGCQ_LOG_LEVEL": "loud"}, "AIGCQ_LOG_LEVEL"),
        (WORKER, {"REDIS_PORT": PASSWORD}, "REDIS_PORT"),
        (WORKER, {"REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:port/0"}, "REDIS_URL"),
        (WORKER, {"REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:1/0?socket_timeout=soon"}, "REDIS_URL"),
        (WORKER, {"TENCENTCLOUD_SECRET_KEY": f"{MARK} with spaces"}, "TENCENTCLOUD_SECRET_KEY"),
        (WORKER, {"TENCENTCLOUD_ENDPOINT": f"https://user:{PASSWORD}@example.com"}, "TENCENTCLOUD_ENDPOINT"),
        (["-c", CRASH], {}, "fell over"),
        (["-c", CRASH], {"AIGCQ_LOG_FORMAT": "json"}, "fell over"),
        (API, {"REDIS_URL": f"http://:{PASSWORD}@127.0.0.1"}, "REDIS_URL"),
        (API, {"REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:1/0?socket_timeout=soon"}, "REDIS_URL"),
        (["-m", "aigcq", "config"], {}, "TENCENTCLOUD_SECRET_KEY"),
        ([str(ROOT / "config.py")], {}, "TENCENTCLOUD_SECRET_KEY"),
        (["-m", "aigcq", "pause", "--reason", "x"], {}, "Redis does not answer"),
        (["-m", "aigcq", "health"], {"AIGCQ_PUBLIC_URL": f"http://user:{PASSWORD}@127.0.0.1:1"}, "does not answer"),
        (
            ["-m", "aigcq", "status", "x"],
            {"AIGCQ_PUBLIC_URL": f"http://user:{PASSWORD}@127.0.0.1:1"},
            "does not answer",
        ),
    ],
)
def test_what_goes_wrong_at_the_start_is_told_without_a_secret(
    tmp_path: Path, command: list[str], environment: dict[str, str], said: str
) -> None:
    secrets: dict[str, Any] = ACCOUNT | {"REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:1/0"}

    words = [word.format(port=free_port()) if word == "{port}" else word for word in command]
    done = nursery.run(words, tmp_path, ENVIRONMENT | secrets | environment, timeout=60)

    assert said in done.stdout + done.stderr
    assert tells(done.stdout, done.stderr) == []
    assert not [line for line in done.stderr.splitlines() if line.startswith("12:00:00 settled")]
