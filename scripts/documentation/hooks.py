"""What MkDocs is told while it builds the site: the order of the pages, and where links lead that leave `docs/`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

SOURCE: Final = "https://github.com/aigcq/aigcq/blob/main"
"""Where files are read that are not part of the site; the project's own address, as `pyproject.toml` has it."""
GAP: Final = re.compile(r"([。；：，、！？）])\n(?!<)")
SECTIONS: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "tutorial": ("Tutorial", ()),
    "how-to": ("How to", ("production", "real-account", "sentinel", "upgrade", "backup", "monitoring")),
    "reference": ("Reference", ("api", "http", "cli", "configuration", "errors", "task-states", "metrics")),
    "explanation": ("Explanation", ("life-of-a-task", "delivery-guarantees", "the-limit", "failure-modes")),
    "runbooks": ("Runbooks", ("index",)),
}
"""Folder → its title, and the pages that come first; the others follow by their names."""


def on_config(config: Any) -> Any:
    """Fill the navigation from what there is, so that a new page needs no entry anywhere."""
    docs = Path(config["docs_dir"])
    config["nav"] = [
        {"Home": "index.md"},
        *({title: list(_pages(docs, folder, first))} for folder, (title, first) in _there(docs)),
    ]
    return config


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links to files that are not part of the site to where the source is read."""
    folder = posixpath.dirname(page.file.src_uri)

    def led(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, link[1]))
        return link[0] if path.startswith("docs/") else f"]({SOURCE}/{path}{link[2] or ''})"

    return re.sub(r"\]\((\.\./[^)#\s]*)(#[^)\s]*)?\)", led, markdown)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Join lines after Chinese punctuation: there, the space that a browser makes of a line's end is a gap."""
    parts = re.split(r"(<pre.*?</pre>)", html, flags=re.DOTALL)
    joined = (part if part.startswith("<pre") else re.sub(GAP, r"\1", part) for part in parts)
    return "".join(joined)


def _there(docs: Path) -> Iterator[tuple[str, tuple[str, Sequence[str]]]]:
    return ((folder, told) for folder, told in SECTIONS.items() if (docs / folder).is_dir())


def _pages(docs: Path, folder: str, first: Sequence[str]) -> Iterator[str]:
    names = sorted(page.stem for page in (docs / folder).glob("*.md") if "." not in page.stem)
    order = [*(name for name in first if name in names), *(name for name in names if name not in first)]
    return (f"{folder}/{name}.md" for name in order)
