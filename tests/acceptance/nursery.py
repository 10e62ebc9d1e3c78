"""Processes of ours that do not load the libraries again: each is forked from one that has.

To load them takes a second of a processor, and a story of the whole system starts four processes. What is forked
is a process of its own like any other: it has its own environment, folder, output and signals, it can be stopped,
killed and waited for, and it begins where `python -m aigcq` begins once it has loaded its libraries.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = ("api", "serve", "simulate", "keys", "client", "operate")
OURS: Final = ("-m", "aigcq")
MOST_BYTES: Final = 1 << 20
DIED: Final = -signal.SIGKILL
"""Code of a process whose parent ended before it could tell."""


class Child:
    """A forked process, with what tests use of `subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], pid: int, ended: int) -> None:
        self.args = arguments
        self.pid = pid
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
            self.returncode = int(os.read(self._ended, 100) or DIED)
            os.close(self._ended)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Process = subprocess.Popen[bytes] | Child


def start(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    out: IO[bytes],
    errors: IO[bytes] | None = None,
) -> Process:
    """Start `python` with these arguments: `-m aigcq …` is forked, where the system can wait for what it forked."""
    own, errors = dict(environment), errors or out
    if tuple(arguments[:2]) != OURS or not hasattr(os, "pidfd_open"):
        return subprocess.Popen([sys.executable, *arguments], cwd=folder, env=own, stdout=out, stderr=errors)
    ended, tell = os.pipe()
    order = {"arguments": list(arguments[2:]), "folder": str(folder), "environment": own}
    mother = _mother()
    try:
        socket.send_fds(mother, [json.dumps(order).encode()], [out.fileno(), errors.fileno(), tell])
    finally:
        os.close(tell)
    return Child(arguments, int(mother.recv(100)), ended)


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float = 90
) -> subprocess.CompletedProcess[str]:
    """Run `python` with these arguments to its end, as `subprocess.run` does."""
    with TemporaryFile() as out, TemporaryFile() as errors:
        process = start(arguments, folder, environment, out, errors)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
            process.wait()
        told = [file.seek(0) or file.read().decode() for file in (out, errors)]
    return subprocess.CompletedProcess(list(arguments), code, *told)


@cache
def _mother() -> socket.socket:
    """Start the process that loads everything once, and return the way to it; it ends with this one."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)
        process = subprocess.Popen(
            [sys.executable, "-c", f"from tests.acceptance.nursery import main; main({its.fileno()})"],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL,
        )  # fmt: skip
    atexit.register(process.wait)
    atexit.register(ours.close)  # this one first
    return ours


def main(number: int) -> None:
    """Fork whatever is ordered, until nobody is there who could order: what was forked ends then too."""
    for room in ROOMS:
        import_module(f"aigcq.cli.{room}")
    gc.freeze()
    orders = socket.socket(fileno=number)
    children: dict[int, tuple[int, int]] = {}
    poll = select.poll()
    poll.register(orders, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready != orders.fileno():
                poll.unregister(ready)
                _bury(ready, *children.pop(ready))
                continue
            order, files, _, _ = socket.recv_fds(orders, MOST_BYTES, 3)
            if not order:
                return _leave(children)
            *written, tell = files
            pid = os.fork()
            if not pid:
                orders.detach()
                return _live(json.loads(order), *written)
            for each in written:
                os.close(each)
            watch = os.pidfd_open(pid)
            children[watch] = (pid, tell)
            poll.register(watch, select.POLLIN)
            orders.send(str(pid).encode())


def _bury(watch: int, pid: int, tell: int) -> None:
    os.close(watch)
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(tell, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(tell)


def _leave(children: Mapping[int, tuple[int, int]]) -> None:
    for pid, _ in children.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _live(order: dict[str, Any], out: int, errors: int) -> None:
    """Become what is ordered; the interpreter ends as it would."""
    from aigcq.cli import main as aigcq
    from aigcq.embedded import die_with_parent

    os.dup2(out, 1)
    os.dup2(errors, 2)
    os.closerange(3, 1024)
    if prepare := die_with_parent():
        prepare()
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = ["aigcq", *order["arguments"]]
    aigcq()
