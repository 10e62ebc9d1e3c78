"""The steps of the queue: the heads of the Lua scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from scripts.documentation.tables import paragraphs

FOLDER: Final = Path(__file__).resolve().parents[2] / "aigcq" / "store" / "lua"
FACT: Final = re.compile(r"(USES|KEYS|ARGV|RETURN)\b")


def reference() -> str:
    """Return the steps and then the parts that they share, each as its head tells it."""
    steps = [_section(file, "###") for file in sorted(FOLDER.glob("*.lua"))]
    shared = [_section(file, "###") for file in sorted((FOLDER / "shared").glob("*.lua"))]
    return paragraphs("## Steps", *steps, "## Shared parts", *shared)


def _section(file: Path, mark: str) -> str:
    """Return a head: what is before the first fact is said in words, the facts as they stand."""
    lines = head(file.read_text(encoding="utf-8"))
    first = next((number for number, line in enumerate(lines) if FACT.match(line)), len(lines))
    words = "\n".join(lines[:first]).strip().removeprefix(f"{file.stem}: ")
    facts = "\n".join(lines[first:]).strip()
    said = _escaped(words[:1].upper() + words[1:])
    return paragraphs(f"{mark} `{file.stem}`", said, f"```text\n{facts}\n```" if facts else "")


def head(text: str) -> list[str]:
    """Return the comment with which a script begins, without its marks."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(re.sub(r"^-- ?", "", line))
    return lines


def _escaped(words: str) -> str:
    """Return words in which nothing is taken for a tag or a list."""
    return re.sub(r"<(?=\w)", "&lt;", words)
