"""The reference of metrics, from what the exporter says of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def reference(metrics: Iterable[Any]) -> str:
    """Return a table of what is exported: of the queue, then of the process."""
    head = "| metric | type | labels | meaning |\n|---|---|---|---|"
    rows = [
        f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels)} | {each.meaning} |"
        for each in metrics
    ]
    return "\n".join([head, *rows])
