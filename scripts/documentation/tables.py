"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return the rows as a table; nothing, if there are none."""
    body = ["| " + " | ".join(cell(each) for each in row) + " |" for row in rows]
    if not body:
        return ""
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body])


def cell(text: str) -> str:
    """Return the text as it may stand in a cell: on one line, and with no bar of its own."""
    return " ".join(text.split()).replace("|", "\\|")


def paragraphs(*parts: str) -> str:
    """Return what is not empty, with empty lines between."""
    return "\n\n".join(part.strip() for part in parts if part.strip())
