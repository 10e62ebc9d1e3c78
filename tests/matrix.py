"""The integration tests on every kind of server: python -m tests.matrix BINARY…

A binary is a redis-server; the embedded Valkey, alone and as a cluster of three, is always
there. One line for each server says how it went.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers import BINARY, Server, cluster, cluster_url, server

TESTS = [sys.executable, "-m", "pytest", "-n", "2", "-q", "tests/integration"]


@contextmanager
def alone(folder: Path, binary: str) -> Iterator[tuple[str, str]]:
    with server(folder, binary=binary) as it:
        yield _version(it), it.url


@contextmanager
def together(folder: Path) -> Iterator[tuple[str, str]]:
    with cluster(folder) as nodes:
        yield f"{_version(nodes[0])}, a cluster of {len(nodes)}", cluster_url(nodes)


def _version(it: Server) -> str:
    valkey = it.info("server", "valkey_version")
    return f"Valkey {valkey}" if valkey else f"Redis {it.info('server', 'redis_version')}"


def passes(name: str, url: str, binary: str) -> bool:
    """Run the tests on the server at `url`; those that start servers themselves run `binary`."""
    environment = {**os.environ, "AIGCQ_TEST_REDIS_URL": url, "AIGCQ_TEST_REDIS_BINARY": binary}
    run = subprocess.run(TESTS, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = re.findall(r"(?m)^(?:=+ )?(\d+ \w+.* in [\d.]+s.*?)(?: =+)?$", run.stdout)
    if run.returncode:
        print(run.stdout)
    print(f"{name:30} {said[-1] if said else f'ended with {run.returncode}'}", flush=True)
    return run.returncode == 0


def main(binaries: list[str]) -> int:
    good = []
    with TemporaryDirectory(prefix="aigcq-matrix-") as folder:
        for binary in (BINARY, *binaries):
            with alone(Path(folder), binary) as (name, url):
                good.append(passes(name, url, binary))
        with together(Path(folder)) as (name, url):
            good.append(passes(name, url, BINARY))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
