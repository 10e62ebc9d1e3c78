"""The reference of metrics, as they are exported."""

from __future__ import annotations

from aigcq import exporter


def reference() -> str:
    """Return a table of what is exported: of the queue, then of the process."""
    head = "| metric | type | labels | meaning |\n|---|---|---|---|"
    rows = [
        f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels)} | {each.meaning} |"
        for each in exporter.reference()
    ]
    return "\n".join([head, *rows])
