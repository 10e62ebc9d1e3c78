"""The transition table as a diagram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def diagram(transitions: Mapping[Any, Mapping[Any, Any]]) -> str:
    """Return the transition table as a mermaid diagram."""
    first, *_ = transitions
    arrows = [
        f"{before} --> {after}: {event}" for before, moves in transitions.items() for event, after in moves.items()
    ]
    ends = [f"{status} --> [*]" for status, moves in transitions.items() if not moves]
    lines = ["stateDiagram-v2", f"[*] --> {first}: create", *arrows, *ends]
    return "```mermaid\n" + "\n    ".join(lines) + "\n```"
