"""Where a demo runs, as it says in its folder: commands then mean its service and its queue.

Apart from what runs it (`supervisor`), which loads far more than a command needs.
"""

from __future__ import annotations

import fcntl
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from aigcq import config
from aigcq.config import Settings
from aigcq.errors import ConfigurationError

NOTE: Final = "demo.json"
"""File in the data folder in which a running demo says where it is."""


class CannotStart(ConfigurationError):
    """Something on this machine is in the way; the message says what."""

    advice = ""


def running_url(data_dir: Path) -> str:
    """Return the address of the demo that runs in this folder, or an empty text."""
    return str(_note(data_dir).get("url", ""))


def settings_here() -> Settings:
    """Return the settings for whoever operates a queue from this folder: the demo's own while one runs here."""
    settings = config.read()
    return config.read(**_note(settings.data_dir).get("settings", {}))


def _note(data_dir: Path) -> dict[str, Any]:
    """Return what the demo that runs in this folder has said of itself; empty if none runs."""
    with suppress(OSError, ValueError), (data_dir / NOTE).open() as note:
        try:
            fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:  # who wrote it lives
            return dict(json.load(note))
    return {}
