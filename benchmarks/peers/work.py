"""Run a peer's worker: `python -m benchmarks.peers.work PEER`; BENCH_READY names a file that says that it begins."""

import os
import sys
from pathlib import Path

from benchmarks.peers.kinds import work

if __name__ == "__main__":
    if ready := os.environ.get("BENCH_READY"):
        Path(ready).touch()
    work(sys.argv[1])
