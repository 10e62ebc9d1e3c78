"""The commands that people are told to use, as people use them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aigcq.embedded import free_port
from tests.acceptance.cluster import ROOT, MakeCluster

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("AIGCQ_", "REDIS_"))} | {
    "PYTHONPATH": str(ROOT),
    "COLUMNS": "200",
}


def _run(folder: Path, *arguments: str, seconds: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@contextmanager
def _demo(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a demo that says that it is ready, and its address."""
    port = str(free_port())
    process = subprocess.Popen(
        [sys.executable, "-m", "aigcq", "demo", "--port", port, "--speed", "60", *options],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        assert any("aigcq is ready" in line for line in process.stdout), "the demo ended before it was ready"
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _children(pid: int) -> set[int]:
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return {int(child) for child, parent in (line.split() for line in found.splitlines()) if int(parent) == pid}


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_demo_makes_a_video_and_stops_without_leaving_anything(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    with _demo(tmp_path) as (demo, _):
        parts = _children(demo.pid)
        made = _run(tmp_path, "-m", "aigcq", "create", "一个小男孩在街上跑步", "--wait")
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=30)

        assert made.returncode == 0, made.stderr
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/aigc/videos/[0-9a-f-]{36}\n", made.stdout)
        assert demo.returncode == 0
        assert len(parts) >= 5
        assert not [pid for pid in parts if _alive(pid)]


def test_operators_reach_the_queue_of_the_demo_that_runs_here(tmp_path: Path) -> None:
    with _demo(tmp_path):
        paused = _run(tmp_path, "-m", "aigcq", "pause", "--reason", "lunch")
        told = _run(tmp_path, "-m", "aigcq", "health")
        lives = _run(tmp_path, "-m", "aigcq", "health", "--worker", CONSUMER_NAME="worker-1")
        resumed = _run(tmp_path, "-m", "aigcq", "resume")

    assert paused.returncode == 0, paused.stderr
    assert '"pause_reason": "lunch"' in told.stdout
    assert (lives.returncode, lives.stdout.count("worker-")) == (0, 1)
    assert "Resumed" in resumed.stdout


def test_a_demo_that_is_killed_leaves_nothing_behind(tmp_path: Path, make_cluster: MakeCluster) -> None:
    with _demo(tmp_path) as (demo, _):
        parts = _children(demo.pid)
        demo.kill()
        demo.wait(10)

        make_cluster().until(lambda: not [pid for pid in parts if _alive(pid)], seconds=20)


def test_a_port_that_is_taken_is_a_clear_message(tmp_path: Path, make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_api()
    port = cluster.api_url.rpartition(":")[2]

    demo = _run(tmp_path, "-m", "aigcq", "demo", "--port", port)

    assert demo.returncode == 2
    assert f"Port {port} is taken" in demo.stderr
    assert "--port" in demo.stderr


def test_the_queue_system_test_starts_its_own_service_when_none_answers(tmp_path: Path) -> None:
    test = _run(tmp_path, str(ROOT / "test_queue.py"), seconds=180)

    assert test.returncode == 0, test.stdout + test.stderr
    assert "8 passed, 0 failed" in test.stdout


def test_the_queue_system_test_spends_nothing_at_a_real_vendor(make_cluster: MakeCluster, tmp_path: Path) -> None:
    cluster = make_cluster()
    cluster.start_api()
    cluster.start_worker(TENCENTCLOUD_ENDPOINT="https://127.0.0.1:1")
    cluster.until(lambda: cluster.http.get(f"{cluster.api_url}/health").status_code == 200)

    test = _run(tmp_path, str(ROOT / "test_queue.py"), "--url", cluster.api_url)

    assert test.returncode == 0, test.stdout
    assert "No video was made" in test.stdout
    assert cluster.info()["queue_length"] == 0


def test_uvicorn_and_worker_share_the_embedded_store_when_nothing_is_configured(tmp_path: Path) -> None:
    port = free_port()
    api = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "app:app",
            "--app-dir",
            str(ROOT),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert api.stderr
        assert any("Application startup complete" in line for line in api.stderr)

        paused = _run(tmp_path, "-m", "aigcq", "pause", "--reason", "lunch")
        health = _run(tmp_path, "-m", "aigcq", "health", "--url", f"http://127.0.0.1:{port}")
    finally:
        api.terminate()
        api.communicate(timeout=30)

    assert paused.returncode == 0, paused.stderr
    assert '"pause_reason": "lunch"' in health.stdout


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["worker"], "TENCENTCLOUD_SECRET_ID"),
        (["demo", "--real"], "TENCENTCLOUD_SECRET_ID"),
        (["simulate", "--faults", "gremlins=1"], "gremlins"),
        (["simulate", "--latency", "soon"], "--latency"),
    ],
)
def test_what_cannot_work_is_a_sentence_and_no_traceback(tmp_path: Path, command: list[str], named: str) -> None:
    done = _run(tmp_path, "-m", "aigcq", *command)

    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = _run(tmp_path, "-m", "aigcq", "worker", AIGCQ_LEASE_SECOND="3")

    assert done.returncode == 2
    assert "AIGCQ_LEASE_SECOND" in done.stderr


def test_an_error_in_a_group_of_tasks_is_a_sentence_too() -> None:
    wrapped = "ExceptionGroup('', [ExceptionGroup('', [errors.ConfigurationError('No.')])])"
    code = f"from aigcq import cli, errors\ndef fail(): raise {wrapped}\ncli.app = fail\ncli.main()"

    done = _run(ROOT, "-c", code)

    assert done.returncode == 2
    assert done.stderr.startswith("aigcq: No.\n")
    assert "Traceback" not in done.stderr


def test_a_demo_that_is_started_again_finishes_what_was_being_made(tmp_path: Path, make_cluster: MakeCluster) -> None:
    until = make_cluster().until

    def status(url: str) -> str:
        return str(json.loads(_run(tmp_path, "-m", "aigcq", "status", task_id, "--url", url).stdout)["status"])

    with _demo(tmp_path, "--speed", "10") as (demo, url):
        made = _run(tmp_path, "-m", "aigcq", "create", "一个小男孩在街上跑步", "--url", url)
        task_id = json.loads(made.stdout)["task_id"]
        until(lambda: status(url) == "processing")
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=30)
    with _demo(tmp_path) as (_, url):
        until(lambda: status(url) in ("completed", "failed"))
        assert status(url) == "completed"


def test_a_demo_whose_store_ends_says_so_and_stops(tmp_path: Path) -> None:
    with _demo(tmp_path) as (demo, _):
        (store,) = (pid for pid in _children(demo.pid) if "valkey-server" in Path(f"/proc/{pid}/cmdline").read_text())
        os.kill(store, signal.SIGKILL)
        said, _ = demo.communicate(timeout=30)

    assert demo.returncode == 2
    assert "The embedded store has ended" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("library", ["aigcq.cli", "aigcq.worker.worker"])
def test_ctrl_c_while_the_libraries_are_loaded_is_no_traceback(library: str) -> None:
    loading = (
        "import builtins, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # whoever runs the tests may ignore Ctrl-C
        "real = builtins.__import__\n"
        "def load(name, *rest):\n"
        f"    if name == '{library}': signal.raise_signal(signal.SIGINT)\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = load\n"
        "import sys\n"
        "from aigcq.__main__ import main\n"
        "sys.argv[1:] = ['worker']\n"
        "main()\n"
    )

    done = _run(ROOT, "-c", loading)

    assert done.returncode == -signal.SIGINT
    assert done.stderr == ""
