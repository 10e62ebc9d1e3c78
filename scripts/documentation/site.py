"""The documentation as a site."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ASKED: Final = re.compile(
    r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|<link\b(?![^>]*rel=[\"']?(?:canonical|alternate))[^>]*\bhref=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|url\([\"']?((?:https?:)?//[^\"')\s]+)|@import[^;]*((?:https?:)?//[^\"');\s]+)"
)
"""What a browser fetches by itself, from elsewhere."""
ADDRESS: Final = "127.0.0.1:8010"


def build(root: Path) -> int:
    """Build the site; return 1 if a link leads nowhere or a page would ask for something from elsewhere."""
    done = _mkdocs(root, "build", "--clean", capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="", file=sys.stderr)
        return 1
    site = root / "build" / "site"
    wrong = [(file, fault) for file in _texts(site) for fault in faults(file.read_text(encoding="utf-8"))]
    for file, fault in wrong:
        print(f"{file.relative_to(root)} {fault}", file=sys.stderr)
    print(f"{site.relative_to(root)}: {sum(1 for _ in site.rglob('*.html'))} pages")
    return 1 if wrong else 0


def serve(root: Path) -> int:
    """Show the site on this machine, and again what is changed."""
    return _mkdocs(root, "serve", "--dev-addr", ADDRESS).returncode


def faults(text: str) -> list[str]:
    """Return what is wrong with this page or style sheet, although MkDocs has made it."""
    asked = [f"asks for {''.join(found)}" for found in ASKED.findall(text)]
    return [*asked, "has a diagram that was not drawn"] if "<code>mermaid" in text else asked


def _mkdocs(root: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run MkDocs. Not quietly: what it does not say, it does not count as an error either."""
    command = [sys.executable, "-m", "mkdocs", *words, "--strict"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # it says when the theme will be succeeded
    return subprocess.run(command, cwd=root, env=environment, check=False, **options)


def _texts(site: Path) -> list[Path]:
    return [file for kind in ("*.html", "*.css") for file in sorted(site.rglob(kind))]
