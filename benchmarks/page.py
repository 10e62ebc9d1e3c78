"""The results in README.md, from what was written down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.report import shown

HERE: Final = Path(__file__).parent
NAMES: Final = (
    "create", "status", "drain", "latency", "idle", "memory", "growth", "live", "recovery", "sse", "fairness", "claims"
)  # fmt: skip
BEGIN: Final = "<!-- results: each full run renews its own -->"
END: Final = "<!-- end of results -->"


def renew(readme: Path = HERE / "README.md", results: Path = HERE / "results") -> None:
    """Write the results into the page."""
    readme.write_text(filled(readme.read_text("utf-8"), results), "utf-8")


def filled(text: str, results: Path) -> str:
    """Return the page with what the result files say between its marks."""
    before, _, rest = text.partition(BEGIN)
    files = [results / f"{name}.json" for name in NAMES]
    parts = [section(file.stem, json.loads(file.read_text("utf-8"))) for file in files if file.exists()]
    return "\n\n".join([before + BEGIN, *parts, END + rest.partition(END)[2]])


def section(name: str, found: Mapping[str, Any]) -> str:
    """Return one result."""
    machine = found["machine"]
    where = (
        f"{machine['cores']} cores of {machine['processor']}, Linux {machine['kernel']}, "
        f"Python {machine['python']}, {machine['server']}; commit {machine['commit']}, "
        f"load {machine['load_before'][0]} before{'; a quick run' if '--quick' in found.get('command', '') else ''}"
    )
    targets = [
        {
            "target": each["what"],
            "found": _cell(each["value"]),
            "wanted": f"{'≥' if each['at_least'] else '≤'} {_cell(each['target'])} {each['unit']}".strip(),
            "": "met" if each["met"] else "**missed**",
        }
        for each in found["targets"]
    ]
    return "\n\n".join(
        [
            f"### {found['title']}",
            f"{found['load']}.\n{where}.",
            "\n".join(_table(found["rows"])),
            "\n".join(_table(targets)),
            *(["\n".join(found["notes"])] if found["notes"] else []),
            f"![{name}](results/{name}.svg)",
        ]
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    sides = ["---" if isinstance(value, str) else "---:" for value in rows[0].values()]
    yield "| " + " | ".join(rows[0]) + " |"
    yield "| " + " | ".join(sides) + " |"
    for row in rows:
        yield "| " + " | ".join(map(_cell, row.values())) + " |"


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else shown(value)
