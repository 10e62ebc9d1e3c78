"""The door of a worker in the laboratory: `python inside.py WORKER.PY`, with two faults inside the process.

Its wall clock is off by what the file in CHAOS_CLOCK says, and it dies of a task whose prompt holds
`TOXIC`, the moment it reads the request. Everything else is the worker as it is.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any

TOXIC = "☠"


def clock_file(folder: Path, worker: str) -> Path:
    """Return the file that holds by how many seconds the clock of `worker` is off."""
    return folder / f"clock-{worker}"


def _step_the_wall_clock(file: Path) -> None:
    real = time.time  # noqa: TID251  # the one place that lies about it

    def off() -> float:
        try:
            return real() + float(file.read_text())
        except (OSError, ValueError):  # it is not there, or is being written
            return real()

    time.time = off  # noqa: TID251


def _die_of_toxic_tasks() -> None:
    from aigcq.request import VideoRequest

    read = VideoRequest.model_validate_json

    def read_or_die(text: str, **how: Any) -> VideoRequest:
        if TOXIC in text:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(text, **how)

    VideoRequest.model_validate_json = read_or_die  # type: ignore[assignment,method-assign]  # a fault, on purpose


def main() -> None:
    _step_the_wall_clock(Path(os.environ["CHAOS_CLOCK"]))
    _die_of_toxic_tasks()
    worker = sys.argv[1]
    sys.argv[:] = sys.argv[1:]
    runpy.run_path(worker, run_name="__main__")


if __name__ == "__main__":
    main()
