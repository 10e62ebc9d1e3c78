"""The peers: other queues on Redis, each used as its documentation recommends, each in a file of its own.

They are no dependencies of the project. Each has a virtual environment of its own under `.aigcq/bench/`,
because they want different versions of the same client; NAME.txt pins it. `door.py` puts one behind the
route of ours, `fill.py` enqueues, `work.py` runs its worker, with the handler in `handler.py`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Final

PEERS: Final = ("arq", "taskiq", "streaq", "saq", "docket", "celery")
HERE: Final = Path(__file__).parent
VENVS: Final = HERE.parents[1] / ".aigcq" / "bench"


async def installed(peer: str) -> str:
    """Return the Python of a peer's virtual environment, made now if it is not there or out of date."""
    folder, pins = VENVS / peer, HERE / f"{peer}.txt"
    python, done = folder / "bin" / "python", folder / "pins.txt"
    if not done.exists() or done.read_text() != pins.read_text():
        print(f"Setting up {peer} (once) ...", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        await _command(sys.executable, "-m", "uv", "venv", "--quiet", "--python", sys.executable, str(folder))
        await _command(
            sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), "-r", str(pins)
        )
        done.write_text(pins.read_text())
    return str(python)


async def _command(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    if await process.wait():
        raise RuntimeError(f"{' '.join(words)} failed")
