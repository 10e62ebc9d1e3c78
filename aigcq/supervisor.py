"""The demo: everything in one terminal, store, simulator, API and workers, under one supervisor."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
from rich.console import Console
from rich.rule import Rule

from aigcq import config, demo, telemetry
from aigcq.clock import Clock, SystemClock
from aigcq.config import Settings
from aigcq.embedded import Embedded, die_with_parent, serving, writable
from aigcq.errors import ConfigurationError
from aigcq.simulator import SimulatorSettings

LOCAL: Final = "127.0.0.1"
READY_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.1
RESTART_SECONDS: Final = 1.0
STOP_SECONDS: Final = 15.0
LINE_MAX_BYTES: Final = 1024 * 1024
"""Of a line that a part writes: one that is longer ends the demo."""
COLOURS: Final = ("cyan", "magenta", "green", "yellow", "blue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the demo shall run."""

    host: str
    port: int
    workers: int
    speed: float
    concurrency: int
    real: bool

    @property
    def simulator_port(self) -> int:
        return self.port + 90 if self.port + 90 <= 65535 else self.port - 90


def run(plan: Plan, settings: Settings) -> int:
    """Run the demo until Ctrl-C or SIGTERM; return the exit code.

    Raises:
        ConfigurationError: the port is taken, or a part does not start; or several accounts are configured.
    """
    if settings.accounts:  # their workers would call the real vendor, whatever this demo simulates
        raise ConfigurationError("The demo has one account: run it where AIGCQ_ACCOUNTS is not set.")
    with _only_one(settings.data_dir):
        _check_free(plan.host, plan.port)
        if not plan.real:
            _check_free(LOCAL, plan.simulator_port)
        with serving(settings.data_dir) as store:
            return asyncio.run(_Demo(plan, settings, store, SystemClock()).run())


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Hold the note of this folder's demo; the kernel lets go of it however we end."""
    with writable(data_dir / demo.NOTE) as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise demo.CannotStart(
                f"A demo runs in this folder already: {demo.running_url(data_dir) or 'it starts'}."
            ) from None
        try:
            yield
        finally:
            with suppress(OSError):
                (data_dir / demo.NOTE).unlink()


class _Demo:
    def __init__(self, plan: Plan, settings: Settings, store: Embedded, clock: Clock) -> None:
        self._plan = plan
        self._settings = settings
        self._store = store
        self._clock = clock
        self._console = Console(highlight=False, soft_wrap=True)
        self._stopping = asyncio.Event()
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._failed = ""

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            for place, (name, arguments) in enumerate(self._parts().items()):
                group.create_task(self._keep(name, arguments, COLOURS[place % len(COLOURS)]))
            group.create_task(self._welcome())
            group.create_task(self._watch())
            await self._stopping.wait()
            await self._stop()
        if self._failed:
            raise demo.CannotStart(self._failed)
        self._console.print("[bold]Stopped. The data stays in[/] " + str(self._settings.data_dir))
        return 0

    def _parts(self) -> Mapping[str, Sequence[str]]:
        """Return the processes by name; the order is the order of starting, and of stopping backwards."""
        plan = self._plan
        simulator = {
            "simulator": [
                *("simulate", "--port", str(plan.simulator_port)),
                *("--speed", str(plan.speed), "--concurrency", str(plan.concurrency)),
                *("--state", str(self._settings.data_dir / "simulator.json")),
            ]
        }
        workers = {f"worker-{number}": ["worker"] for number in range(1, plan.workers + 1)}
        return (
            ({} if plan.real else simulator) | {"api": ["api", "--host", plan.host, "--port", str(plan.port)]} | workers
        )

    def _own_settings(self) -> dict[str, str]:
        """Return what differs from the settings, by attribute; no secret of a real account is among it.

        The simulator's queue is apart: its tasks must never reach the real vendor.
        """
        if self._plan.real:
            return {"redis_url": self._store.url}
        account = SimulatorSettings()
        return {
            "redis_url": self._store.url,
            "tencentcloud_secret_id": account.secret_id,
            "tencentcloud_secret_key": account.secret_key,
            "tencentcloud_endpoint": f"http://{LOCAL}:{self._plan.simulator_port}",
            "queue": "demo",
        }

    def _environment(self, name: str) -> dict[str, str]:
        """Return a part's environment."""
        own = {config.environment_name(attribute): value for attribute, value in self._own_settings().items()}
        return {**os.environ, **own, "CONSUMER_NAME": name, "PYTHONUNBUFFERED": "1"}

    @property
    def _url(self) -> str:
        return f"http://{LOCAL if self._plan.host == '0.0.0.0' else self._plan.host}:{self._plan.port}"

    async def _keep(self, name: str, arguments: Sequence[str], colour: str) -> None:
        """Keep one process running; one that dies at once ends the demo."""
        while not self._stopping.is_set():
            began = self._clock.monotonic()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "aigcq", *arguments),
                env=self._environment(name),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops the parts in order
                preexec_fn=die_with_parent(),
                limit=LINE_MAX_BYTES,
            )
            self._processes[name] = process
            if self._stopping.is_set():  # asked to while it was being started
                process.terminate()
            await self._echo(name, process, colour)
            code = await process.wait()
            if self._stopping.is_set():
                return
            self._console.print(f"[bold red]{name} ended with {code}[/]; starting it again")
            if self._clock.monotonic() - began < 2 * RESTART_SECONDS:
                self._failed = f"{name} does not start; its last lines are above."
                self._stopping.set()
            await self._clock.sleep(RESTART_SECONDS)

    async def _echo(self, name: str, process: asyncio.subprocess.Process, colour: str) -> None:
        assert process.stdout
        async for line in process.stdout:
            text = telemetry.plain(line.decode(errors="replace").rstrip())
            self._console.print(f"[{colour}]{name:>10}[/] │ ", end="")
            self._console.print(text, markup=False)

    async def _watch(self) -> None:
        """End the demo when its store has ended: without it no part can do anything."""
        while not self._stopping.is_set():
            if self._store.ended:
                self._failed = f"The embedded store has ended; {self._store.log} may say why. What it held is on disk."
                self._stopping.set()
            await self._clock.sleep(LOOK_SECONDS)

    async def _welcome(self) -> None:
        """Say where everything is, once videos can flow."""
        deadline = self._clock.monotonic() + READY_SECONDS
        while not await self._healthy():
            if self._stopping.is_set():
                return
            if self._clock.monotonic() > deadline:
                self._failed = f"{self._url}/health did not become ok within {READY_SECONDS:g} seconds."
                self._stopping.set()
                return
            await self._clock.sleep(LOOK_SECONDS)
        note = {"url": self._url, "settings": self._own_settings()}
        (self._settings.data_dir / demo.NOTE).write_text(json.dumps(note))
        self._console.print(Rule("aigcq is ready", style="green"))
        self._console.print(self._guide(), markup=False)
        self._console.print(Rule(style="green"))

    async def _healthy(self) -> bool:
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            timeout = aiohttp.ClientTimeout(total=2)
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(self._url + "/health") as answer:
                return answer.status == 200
        return False

    def _guide(self) -> str:
        vendor = self._settings.tencentcloud_endpoint if self._plan.real else "simulated; nothing is charged"
        lines = [
            f"Console    {self._url}",
            f"API        {self._url}/docs",
            f"Queue      {self._url}/aigc/queue/info",
            f"Vendor     {vendor}",
            "",
            "Make a video, in another terminal:",
            '  .venv/bin/aigcq create "一个小男孩在街上跑步" --wait',
            "",
            "or:",
            f'  curl -X POST {self._url}/aigc/create -H "Content-Type: application/json" \\',
            """    -d '{"prompt": "一个小男孩在街上跑步", "duration": 6, "resolution": "768P"}'""",
            "",
            "Ctrl-C stops everything; the next start goes on where this one stopped.",
        ]
        return "\n".join(lines)

    async def _stop(self) -> None:
        """Stop the parts, the last one first; the store outlives them all."""
        for name in reversed(list(self._processes)):
            process = self._processes[name]
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self._processes.values():
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise demo.CannotStart(
                    f"Port {port} is taken: stop what uses it, or choose another with --port."
                ) from None
            raise demo.CannotStart(f"Cannot listen on {host}, port {port}: {error.strerror}.") from None
