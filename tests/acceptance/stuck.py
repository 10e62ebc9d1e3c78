"""Six ways in which a queue is stuck, each made with real processes, and mended again.

`python -m tests.acceptance.stuck CASE --port N` holds one up, so that somebody can look at it in a browser.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from redis import Redis

from aigcq.clock import SystemClock
from aigcq.request import VideoRequest
from aigcq.simulator import SimulatorSettings
from aigcq.vendors.tencent_vod import TencentVod
from tests.acceptance.cluster import Cluster, running

SETTINGS: Final = {
    "AIGCQ_LIMIT_POLICY": "ceiling",
    "AIGCQ_STORAGE": "videos",
    "AIGCQ_LEASE_SECONDS": "6",
    "RECOVERY_INTERVAL": "2",
}
MIB: Final = 1024**2
OURS: Final = SimulatorSettings()


def simulate(cluster: Cluster) -> None:
    cluster.start_simulator(concurrency="50", overflow="sync_reject", latency="0.2-0.3")
    cluster.change_simulator(video_longest_side=64)


@contextmanager
def well(folder: Path, port: int = 0) -> Iterator[Cluster]:
    """Yield a service in which nothing is wrong."""
    with ExitStack() as stack:
        (folder / "data").mkdir()
        stack.enter_context(small_disk(folder / "data", 64))
        cluster = stack.enter_context(running(folder, **SETTINGS))
        if port:
            cluster.api_url = f"http://127.0.0.1:{port}"
        simulate(cluster)
        cluster.start_api()
        cluster.processes["worker"] = cluster.processes[cluster.start_worker()]
        yield cluster


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[bool]:
    """Put a small file system over a folder; yield False where that is not allowed here."""
    admin = [] if os.geteuid() == 0 else ["sudo", "-n"]
    options = f"size={mebibytes}m,uid={os.geteuid()},gid={os.getegid()},mode=0700"
    words = [*admin, "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        made = subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        made = False
    try:
        yield made
    finally:
        if made:
            subprocess.run([*admin, "umount", "-l", str(folder)], check=False)


@contextmanager
def no_worker(cluster: Cluster) -> Iterator[None]:
    cluster.create()
    cluster.terminate("worker")
    cluster.processes.pop("worker-1", None)
    yield
    cluster.processes["worker"] = cluster.processes[cluster.start_worker()]


@contextmanager
def wrong_key(cluster: Cluster) -> Iterator[None]:
    cluster.change_simulator(secret_key="another")
    cluster.create()
    yield
    cluster.change_simulator(secret_key=OURS.secret_key)
    command(cluster, "resume")


@contextmanager
def vendor_down(cluster: Cluster) -> Iterator[None]:
    cluster.kill("simulator")
    cluster.create()
    yield
    simulate(cluster)


@contextmanager
def threshold_at_the_floor(cluster: Cluster) -> Iterator[None]:
    """Somebody else uses the account, and leaves no room in it."""
    cluster.until(lambda: cluster.ledger()["live"] == 0)
    cluster.change_simulator(concurrency=1, latency=[600, 600])
    asyncio.run(strangers_video(cluster.vendor_url))
    cluster.create()
    yield
    cluster.change_simulator(concurrency=50, latency=[0.2, 0.3])


async def strangers_video(endpoint: str) -> None:
    clock = SystemClock()
    async with TencentVod(
        secret_id=OURS.secret_id, secret_key=OURS.secret_key, sub_app_id=1320866336, endpoint=endpoint,
        timeout_seconds=10, clock=clock,
    ) as vendor:  # fmt: skip
        request = VideoRequest(model_name="Hailuo", model_version="2.3", prompt="a stranger", duration=6)
        await vendor.submit(request, task_id="stranger", session_id="stranger", signed_at=clock.now())


@contextmanager
def redis_read_only(cluster: Cluster) -> Iterator[None]:
    """It is told to be a replica of a server that is not there."""
    with Redis.from_url(cluster.environment["REDIS_URL"]) as redis:
        redis.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
        yield
        redis.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]


@contextmanager
def full_disk_of_redis(cluster: Cluster) -> Iterator[None]:
    """Something else has taken all that was left; where no small disk could be made, a snapshot cannot be renamed."""
    folder = cluster.folder / "data"
    with Redis.from_url(cluster.environment["REDIS_URL"]) as redis:
        if os.path.ismount(folder):
            fill(folder / "filler")
            mend: Callable[[], Any] = (folder / "filler").unlink
        else:
            blocked = folder / "valkey" / "dump.rdb"
            blocked.unlink(missing_ok=True)
            (blocked / "x").mkdir(parents=True)
            redis.config_set("save", "3600 1")
            redis.bgsave()
            mend = lambda: (shutil.rmtree(blocked), redis.config_set("save", ""), redis.bgsave())  # noqa: E731
        yield
        mend()


@contextmanager
def full_disk_of_videos(cluster: Cluster) -> Iterator[None]:
    """A disk without room is put over the folder; where that is not allowed, nobody may write to it."""
    folder = cluster.folder / "videos"
    with small_disk(folder, 1) as made:
        if made:
            fill(folder / "filler")
        else:
            folder.chmod(0o500)
        cluster.create()
        yield
        folder.chmod(0o700)
    cluster.create()  # the first that can be kept again shows that it is mended


def fill(path: Path) -> None:
    """Take all room that is left, to the last byte."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(MIB) if shutil.disk_usage(path.parent).free > MIB else b"\0")
        except OSError:
            return


def command(cluster: Cluster, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one of ours."""
    return subprocess.run(
        [sys.executable, "-m", "aigcq", *words], cwd=cluster.folder, env=cluster.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


Case = Callable[[Cluster], AbstractContextManager[None]]
CASES: Final[dict[str, tuple[Case, frozenset[str]]]] = {
    "wrong-key": (wrong_key, frozenset({"vendor_auth"})),
    "vendor-down": (vendor_down, frozenset({"vendor_unreachable"})),
    "threshold-at-the-floor": (threshold_at_the_floor, frozenset({"threshold_at_floor"})),
    "no-worker": (no_worker, frozenset({"no_worker"})),
    "redis-read-only": (redis_read_only, frozenset({"redis_read_only"})),
    "full-disk-of-redis": (full_disk_of_redis, frozenset({"redis_disk_full"})),
    "full-disk-of-videos": (full_disk_of_videos, frozenset({"storage_full", "storage_failing"})),
}
"""How each is made, and what it may be called: one without the right to mount sees a storage that fails."""


def main() -> None:
    """Hold up a case until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=[*CASES, "well"])
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="aigcq-stuck-", ignore_cleanup_errors=True)))
        cluster = stack.enter_context(well(folder, chosen.port))
        if chosen.case != "well":
            stack.enter_context(CASES[chosen.case][0](cluster))
        print(f"{chosen.case}: {cluster.api_url}/ and {cluster.api_url}/health; the folder is {folder}", flush=True)
        signal.sigwait([signal.SIGINT, signal.SIGTERM])


if __name__ == "__main__":
    main()
