"""The queue system test, from outside: what a client sees, end to end.

Against a running service if one answers, otherwise against one of its own with the
simulator, on a private queue. It creates no video at a real vendor unless told to.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2
from rich.console import Console

from aigcq import demo
from aigcq.clock import Clock, SystemClock
from aigcq.embedded import free_port

DEFAULT_URL: Final = "http://127.0.0.1:8000"
VIDEO: Final = {
    "prompt": "一个小男孩在街上跑步",
    "model_name": "Hailuo",
    "model_version": "2.3",
    "duration": 6,
    "resolution": "768P",
}
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.3
VIDEO_SECONDS: Final = 900.0

Answer = dict[str, Any]


def run(url: str, *, spend: bool) -> int:
    """Test the service at `url`; return 0 if every check passed, else 1."""
    console = Console(highlight=False, soft_wrap=True)
    if url or asyncio.run(_answers(DEFAULT_URL)):
        return asyncio.run(_test(url.rstrip("/") or DEFAULT_URL, console, spend))
    console.print(f"Nothing answers at {DEFAULT_URL}: starting a service of our own with the simulator.")
    with _own() as own:
        return asyncio.run(_test(own, console, spend))


@dataclass(frozen=True, slots=True)
class Service:
    """The service under test."""

    http: httpx2.AsyncClient
    clock: Clock
    url: str

    async def call(self, method: str, path: str, **how: Any) -> tuple[int, Answer]:
        response = await self.http.request(method, self.url + path, **how)
        return response.status_code, response.json()

    async def create(self, **how: Any) -> Answer:
        status, created = await self.call("POST", "/aigc/create", json=VIDEO, **how)
        assert status == 200, f"create answered {status}: {created}"
        return created

    async def ended(self, task_id: str) -> Answer:
        """Return the task once it has ended."""
        deadline = self.clock.monotonic() + VIDEO_SECONDS
        while True:
            _, task = await self.call("GET", f"/aigc/status/{task_id}")
            if task["status"] in ("completed", "failed", "cancelled"):
                return task
            assert self.clock.monotonic() < deadline, f"{task_id} is still {task['status']}"
            await self.clock.sleep(LOOK_SECONDS)


async def _test(url: str, console: Console, spend: bool) -> int:
    console.print(f"Testing {url}")
    async with _client(30) as http:
        service = Service(http, SystemClock(), url)
        _, health = await service.call("GET", "/health")
        free = bool((health.get("vendor") or {}).get("simulated"))
        checks = [_health, _queue_info, _catalogue, _refusal, _unknown]
        checks += [_video, _idempotency, _cancel] if free or spend else []
        failed = [check for check in checks if not await _passes(check, service, console)]
    if not (free or spend):
        console.print("No video was made: the vendor is real, and that costs money. Add --spend to make some.")
    console.print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


async def _passes(check: Callable[[Service], Awaitable[str]], service: Service, console: Console) -> bool:
    title = (check.__doc__ or check.__name__).strip()
    try:
        found = await check(service)
    except (AssertionError, KeyError, TypeError, ValueError, httpx2.HTTPError) as error:
        console.print(f"  [red]✗[/] {title}")
        console.print(f"    {type(error).__name__}: {error}", markup=False)
        return False
    console.print(f"  [green]✓[/] {title}")
    if found:
        console.print(f"    {found}", markup=False)
    return True


async def _health(service: Service) -> str:
    """The service says that it can do its job."""
    status, health = await service.call("GET", "/health")
    assert status == 200, health
    return f"{health['workers']} workers, vendor {health['vendor']}"


async def _queue_info(service: Service) -> str:
    """The queue tells its length, what runs and how much may run."""
    status, info = await service.call("GET", "/aigc/queue/info")
    assert status == 200, info
    assert info["queue_length"] >= 0
    assert info["max_concurrency"] >= 1
    return f"queue_length {info['queue_length']}, active {info['active_count']} of {info['max_concurrency']}"


async def _catalogue(service: Service) -> str:
    """The catalogue lists the models."""
    status, models = await service.call("GET", "/aigc/models")
    assert status == 200, models
    return ", ".join(model["name"] for model in models["models"])


async def _refusal(service: Service) -> str:
    """An impossible request is refused with the field and what is allowed."""
    status, problem = await service.call("POST", "/aigc/create", json={**VIDEO, "resolution": "4K"})
    assert status == 422, problem
    assert problem["errors"][0]["field"] == "resolution", problem
    assert problem["errors"][0]["allowed"], problem
    return str(problem["detail"])


async def _unknown(service: Service) -> str:
    """An unknown task is a 404."""
    status, problem = await service.call("GET", f"/aigc/status/{uuid4()}")
    assert status == 404, problem
    return ""


async def _video(service: Service) -> str:
    """Three videos are made, and each can be downloaded."""
    created = [await service.create() for _ in range(3)]
    assert all(task["status"] == "queued" and task["position"] is not None for task in created), created
    ended = [await service.ended(task["task_id"]) for task in created]
    assert all(task["status"] == "completed" for task in ended), ended
    for task in ended:
        beginning = {"Range": "bytes=0-11"}
        async with service.http.stream("GET", task["result"]["video_url"], headers=beginning) as video:
            assert b"ftyp" in await anext(video.aiter_bytes(12)), f"{task['result']} is no MP4"
    return str(ended[0]["result"]["video_url"])


async def _idempotency(service: Service) -> str:
    """Repeating an Idempotency-Key adds nothing; another body under it is refused."""
    headers = {"Idempotency-Key": f"smoke-{uuid4()}"}
    first, again = await service.create(headers=headers), await service.create(headers=headers)
    assert first["task_id"] == again["task_id"], (first, again)
    status, problem = await service.call("POST", "/aigc/create", json={**VIDEO, "prompt": "other"}, headers=headers)
    assert status == 422, problem
    await service.ended(first["task_id"])
    return ""


async def _cancel(service: Service) -> str:
    """A cancel is answered honestly."""
    task_id = (await service.create())["task_id"]
    status, answer = await service.call("POST", f"/aigc/tasks/{task_id}/cancel")
    assert status == 200, answer
    task = await service.ended(task_id)
    if answer["result"] == "cancelled":
        assert task["status"] == "cancelled", task
    return f"{answer['result']}, then {task['status']}"


async def _answers(url: str) -> bool:
    try:
        async with _client(3) as http:
            return "redis" in (await http.get(f"{url}/health")).json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError):
        return False


def _client(timeout_seconds: float) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(timeout=timeout_seconds, trust_env=False, follow_redirects=True)


@contextmanager
def _own() -> Iterator[str]:
    """Yield the address of a demo in a folder of its own; stop it at the end."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="aigcq-") as folder:
        log = Path(folder, "log")
        command = [sys.executable, "-m", "aigcq", "demo", "--port", str(port), "--speed", "30"]
        with log.open("wb") as lines:
            environment = {**os.environ, "AIGCQ_DATA_DIR": folder}
            process = subprocess.Popen(command, env=environment, stdout=lines, stderr=lines)
        try:
            _until_ready(process, Path(folder), log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _until_ready(process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    """Return once the demo has written where it is.

    Raises:
        CannotStart: it ended, or was not ready in time; with its last lines.
    """
    for _ in range(round(START_SECONDS / LOOK_SECONDS)):
        if demo.running_url(folder):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_SECONDS)
            break
    raise demo.CannotStart(f"The service did not start:\n{log.read_text(errors='replace')[-2000:]}")
