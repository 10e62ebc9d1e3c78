"""Log lines: the one place that formats.

One event a line, in the field's words, with the task it is about; colours and columns for
people, JSON for machines. Values are escaped by the renderers, so nothing of a request can
forge a line.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from aigcq.config import Settings

EVENT_WIDTH = 9
"""A line with a task id then fits into 80 columns, behind a time or the name of a part of the demo."""
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(settings: Settings, room: str) -> None:
    """Set up logging for this process; `room` (`api`, `worker`, …) stands on every line for machines."""
    machine = settings.log_format == "json"
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if machine
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=EVENT_WIDTH,
            sort_keys=False,
            exception_formatter=structlog.dev.plain_traceback,  # the others print variables, which may be secrets
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso" if machine else "%H:%M:%S", utc=machine),
            *([_TRACEBACK] if machine else [_short]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.log_level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    if machine:  # a person sees in which terminal they are
        structlog.contextvars.bind_contextvars(room=room)


# Without the variables of each frame: they may be secrets.
_TRACEBACK = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def _short(_: object, level: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what tells a person nothing: the usual level, and values that are empty."""
    if level == "info":
        line.pop("level", None)
    return {name: value for name, value in line.items() if value not in ("", None)}


def logger() -> Any:
    """Return the logger of the process; `.info("event name", task=…, …)`."""
    return structlog.get_logger()
