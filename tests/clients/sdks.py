"""The published client libraries, unmodified, each in a folder of its own under `.venv/clients`."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".venv" / "clients"
PYTHON_VERSIONS = ("2.3.0", "2.54.0", "3.54.0")
REPLICATE_VERSIONS = ("1.0.7", "2.0.0b4")
NODE_IS_REQUIRED = bool(os.environ.get("AIGCQ_TEST_NODE"))
"""Set where CI has installed Node: there its tests may not be left out."""


def python_sdk(version: str, package: str = "openai") -> Path:
    """Return the folder with this release of openai-python, or of another, and what it needs; fetched once."""
    pins = HERE / f"{package}-{version}.txt"
    with _fetched(f"{package}-{version}", pins) as folder:
        if folder:
            pip = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
            _run([*pip, "--no-deps", "--target", str(folder), "--requirement", str(pins)])
    return CACHE / f"{package}-{version}"


def node_sdk(package: str = "node") -> Path:
    """Return the folder with openai-node, or with what another folder here pins; fetched once.

    Without Node the test is skipped, unless CI has to have it.
    """
    if missing := [name for name in ("node", "npm") if not shutil.which(name)]:
        message = f"{' and '.join(missing)} are not installed: the Node library is not tried (apt install nodejs npm)"
        (pytest.fail if NODE_IS_REQUIRED else pytest.skip)(message)
    lock = HERE / package / "package-lock.json"
    with _fetched(package, lock) as folder:
        if folder:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / package / name, folder)
            _run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)])
    return CACHE / package


@contextmanager
def _fetched(name: str, pins: Path) -> Iterator[Path | None]:
    """Yield the folder to fill, or None if it holds what is pinned; test processes wait for each other."""
    folder, mark = CACHE / name, CACHE / f"{name}.pins"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == pins.read_text():
            yield None
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
        mark.write_text(pins.read_text())


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
