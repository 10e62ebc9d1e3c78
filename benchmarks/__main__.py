"""`python -m benchmarks` lists the benches; `python -m benchmarks all` takes every figure again."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

from benchmarks.page import NAMES


def main(arguments: list[str]) -> int:
    if arguments[:1] != ["all"]:
        for name in NAMES:
            about, *_ = (import_module(f"benchmarks.{name}").__doc__ or "").splitlines()
            print(f"python -m benchmarks.{name:9} {about}")
        print("python -m benchmarks all       all of them, one after the other; --quick for a look")
        return 0 if not arguments else 2
    failed = [
        name
        for name in NAMES
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments[1:]], check=False).returncode
    ]
    for name in failed:
        print(f"benchmarks.{name} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
