"""Diagrams are drawn while the site is built: the browser needs no script for them."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

import mmdr


def drawn(source: str, *_: Any, **__: Any) -> str:
    """Return the diagram as a picture that is part of the page; people who cannot see it are told its text."""
    svg = mmdr.render(source).svg()
    width = re.search(r"max-width:([\d.]+)px", svg)
    data = b64encode(svg.encode()).decode()
    told = source.strip().replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    size = f' style="width:{float(width[1]):.0f}px"' if width else ""
    return f'<p><img class="diagram" alt="{told}" src="data:image/svg+xml;base64,{data}"{size}></p>'
