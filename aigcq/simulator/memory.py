"""What the vendor remembers while the simulator is down: a file, written when it stops and read when it starts.

The vendor's clock goes on meanwhile, as the real one's does: a video that was being made is ready
later, whether or not anybody was looking.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aigcq.simulator.capabilities import table
from aigcq.simulator.task import Fate, Task
from aigcq.simulator.vendor import Vendor


def save(vendor: Vendor, file: Path) -> None:
    """Write the tasks of `vendor` to `file`; a reader never sees half of them."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps([_written(task) for task in vendor.tasks()], ensure_ascii=False), encoding="utf-8")
    fresh.replace(file)


def load(vendor: Vendor, file: Path) -> None:
    """Let `vendor` remember the tasks in `file`, if there is one that can be read."""
    try:
        tasks = [_read(each) for each in json.loads(file.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{file} cannot be read ({type(error).__name__}): the simulator starts afresh", flush=True)
        return
    vendor.remember(tasks)


def _written(task: Task) -> dict[str, Any]:
    fields = ("ordinal", "token", "secret_id", "params", "created", "over_the_limit", "begun", "aborted")
    model = [task.model.name, task.model.version]
    return {name: getattr(task, name) for name in fields} | {"model": model, "fate": asdict(task.fate)}


def _read(written: dict[str, Any]) -> Task:
    name, version = written["model"]
    return Task(**{**written, "model": table().models[name, version], "fate": Fate(**written["fate"])})
