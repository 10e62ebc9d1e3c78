"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "redis", "hiredis", "pydantic", "aiohttp")


def described(server: str = "") -> dict[str, Any]:
    """Return the machine, its kernel, the versions and how busy it is; `server` is what Redis says it is."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _field("/proc/cpuinfo", "model name"),
        "memory_gib": round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "server": server,
        "commit": _commit(),
        "versions": {name: version(name) for name in LIBRARIES},
        "load_before": [round(each, 2) for each in os.getloadavg()],
    }


def _field(file: str, name: str) -> str:
    """Return the value of the first line `name: value`; "0" where there is no such file or line."""
    path = Path(file)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "0")


def _commit() -> str:
    """Return what was measured; "-dirty" if the code is not that of the commit. Results do not count."""
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "*.py", "*.lua")
    return _git("describe", "--always") + ("-dirty" if changed else "")


def _git(*words: str) -> str:
    found = subprocess.run(
        ["git", *words], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )  # fmt: skip
    return found.stdout.strip()
