"""The HTTP API: one file per dialect; `app.py` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aigcq.api.app import create_app


def __getattr__(name: str) -> Any:
    """Load the whole when somebody asks for it: a worker wants the words of this API, not its server."""
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from aigcq.api.app import create_app

    return create_app


__all__ = ["create_app"]
