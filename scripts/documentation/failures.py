"""The tree of errors, each with the consequences that it states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def reference(root: type[Any]) -> str:
    """Return one section for each class of the tree: what it is and the consequences that it states."""
    return "\n\n".join(_section(each) for each in _tree(root))


def _tree(cls: type[Any]) -> Iterator[type[Any]]:
    yield cls
    for each in cls.__subclasses__():
        if each.__module__.startswith("aigcq.errors."):  # our tree, whatever else has been imported
            yield from _tree(each)


def _section(cls: type[Any]) -> str:
    facts = [f"HTTP {cls.status}"]
    if hasattr(cls, "retryable"):
        facts += ["retryable" if cls.retryable else "not retryable", f"billed: {cls.billed}"]
    meaning = " ".join((cls.__doc__ or "").split())
    return f"### `{cls.code}`\n\n{meaning}\n\n{' · '.join(facts)}\n\n*What to do:* {cls.advice}"
