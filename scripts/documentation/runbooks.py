"""The list of the runbooks, which is made of the pages that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from scripts.documentation.tables import table

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
CODE: Final = re.compile(r"(?m)^(Finding|Alert)s?: (.+?)\.?$")


def index() -> str:
    """Return a table of all pages: what is wrong, and by which name it is told of."""
    pages = sorted(page for page in FOLDER.glob("*.md") if page.stem != "index" and not page.stem.endswith(".zh"))
    return table(("what is wrong", "told as"), map(_row, pages))


def _row(page: Path) -> tuple[str, str]:
    text = page.read_text(encoding="utf-8")
    title = text.partition("\n")[0].removeprefix("# ").strip()
    told = CODE.search(text)
    kind = f"{told[1].lower()} {told[2]}" if told else ""
    return f"[{title}]({page.name})", kind
