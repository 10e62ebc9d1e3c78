"""Log lines: the one place that formats, and from where events are counted.

One event a line, in the field's words, with the task it is about; colours and columns for
people, JSON for machines. Every character that does not print is escaped, so nothing of a request
can forge a line, colour a terminal or turn the direction of the text. What libraries say comes out
in the same way.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Any, TextIO

import structlog
from structlog.processors import NAME_TO_LEVEL

from aigcq import metrics, tracing
from aigcq.config import Settings

EVENT_WIDTH = 9
"""A line with a task id then fits into 80 columns, behind a time or the name of a part of the demo."""
INDENT = "    "
"""Before each line of a traceback for people: what an error quotes cannot look like a line of its own."""
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
SPECIAL = frozenset({"level", "logger", "logger_name", "exc_info", "exception", "stack"})
"""What structlog has a form of its own for."""
QUOTED = re.compile("[ \t=\r\n\"']")
"""What structlog puts a value that holds it in quotation marks for."""
SERVER = ("uvicorn", "uvicorn.access")
"""The server's loggers that have handlers of their own."""

_FACTS: ContextVar[Mapping[str, object]] = ContextVar("facts", default=MappingProxyType({}))

KEPT = True
"""Whether a logger keeps the set-up of its first line. Not in tests, where one process is set up again and again."""


def configure(settings: Settings, room: str) -> None:
    """Set up logging and tracing for this process; `room` (`api`, `worker`, …) stands on every line for machines."""
    tracing.configure(room)
    machine = settings.log_format == "json"
    least = LEVELS[settings.log_level]
    structlog.configure(
        processors=[
            metrics.counted,
            *([_of_level(least)] if least > logging.INFO else []),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso") if machine else _time_of_day,
            _traced,
            *(_for_machines() if machine else _for_people()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(min(least, logging.INFO)),  # events count unseen
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=KEPT,
    )
    structlog.contextvars.clear_contextvars()
    if machine:  # a person sees in which terminal they are
        structlog.contextvars.bind_contextvars(room=room)
    _take_over()


def of_account(name: str) -> None:
    """Name the account on every line of the task that calls this, and of those that it starts."""
    structlog.contextvars.bind_contextvars(account=name)


def know(**facts: object) -> None:
    """Say what is known of all that the task that calls this does from now on, and those that it starts.

    It stands on lines for machines; people see which terminal they look at, and read a line among its neighbours.
    """
    _FACTS.set({**_FACTS.get(), **facts})


def logger() -> Any:
    """Return the logger of the process; `.info("event name", task=…, …)`."""
    return structlog.get_logger()


def _of_level(least: int) -> Callable[..., MutableMapping[str, Any]]:
    """Return what drops lines below a level, once they were counted."""

    def filtered(_: object, level: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if NAME_TO_LEVEL[level] < least:
            raise structlog.DropEvent
        return line

    return filtered


def _traced(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if trace_id := tracing.trace_id():
        line["trace_id"] = trace_id
    return line


def _with_facts(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, fact in _FACTS.get().items():
        if fact not in ("", None):
            line.setdefault(name, fact)
    return line


def _for_machines() -> list[Any]:
    # Without the variables of each frame: they may be secrets.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        _with_facts,
        structlog.processors.ExceptionRenderer(frames),
        structlog.processors.JSONRenderer(ensure_ascii=False),
        _escaped,
    ]


def _escaped(_: object, __: str, line: str) -> str:
    """Return JSON with escapes for what does not print; the renderer leaves everything but C0 as it is."""
    return line if line.isprintable() else re.sub(r"[^ -~]", lambda found: _escape(found[0]), line)


def _escape(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]


def _for_people() -> list[Any]:
    colors = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer(
        colors=colors, pad_event_to=EVENT_WIDTH, sort_keys=False, exception_formatter=_traceback
    )
    return [_short, _printable, renderer if colors else _sooner(renderer)]


def _time_of_day(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    line["timestamp"] = datetime.now().isoformat(" ", "seconds")[11:]
    return line


def _sooner(renderer: Callable[..., str]) -> Callable[..., str]:
    """Return what writes the same as `renderer` does without colours, and a plain line in a fifth of the time."""

    def render(logger: object, level: str, line: MutableMapping[str, Any]) -> str:
        if "event" not in line or not SPECIAL.isdisjoint(line):
            return renderer(logger, level, line)
        words = [line.pop("timestamp"), str(line.pop("event")).ljust(EVENT_WIDTH)]
        words += [f"{name}={value if _bare(value) else repr(value)}" for name, value in line.items()]
        return " ".join(words).rstrip(" ")

    return render


def _bare(value: object) -> bool:
    return isinstance(value, str) and not QUOTED.search(value)


def _short(_: object, level: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what tells a person nothing: the usual level, and values that are empty."""
    if level == "info":
        line.pop("level", None)
    return {name: value for name, value in line.items() if value not in ("", None)}


def _printable(_: object, __: str, line: Mapping[str, Any]) -> Mapping[str, Any]:
    """Quote what does not print; the renderer does so only where it sees a space or a quotation mark."""
    return {name: value if name == "exc_info" else _Shown.of(value) for name, value in line.items()}


class _Shown(str):
    """Text that the renderer takes as it is."""

    def __repr__(self) -> str:
        return str(self)

    @classmethod
    def of(cls, value: object) -> object:
        text = value if isinstance(value, str) else repr(value)
        return value if text.isprintable() else cls(repr(text))


def plain(text: str) -> str:
    """Return text on one line in characters that print, the others escaped."""
    return text if text.isprintable() else repr(text)[1:-1]


def _traceback(out: TextIO, exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> None:
    """Write a traceback without the variables of its frames, which may be secrets."""
    lines = "".join(traceback.format_exception(*exc_info)).splitlines()
    out.write("\n".join(INDENT + plain(line) for line in lines))


class _Relay(logging.Handler):
    """Makes our lines of what libraries log."""

    def emit(self, record: logging.LogRecord) -> None:
        level = max(level for level in (0, *LEVELS.values()) if level <= record.levelno)
        try:
            logger().log(level, _message(record), logger=record.name, exc_info=record.exc_info)
        except Exception:  # as the contract of a Handler has it: who logs is not to suffer from it
            self.handleError(record)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage().rstrip()
    except (TypeError, ValueError):  # the arguments do not fit the text
        return f"{record.msg} {record.args}"


def _take_over() -> None:
    """Let no library write to the terminal by itself, and nothing that ends the process either."""
    relay = _Relay()
    root = logging.getLogger()
    root.handlers = [*(handler for handler in root.handlers if not isinstance(handler, _Relay)), relay]
    for name in SERVER:
        server = logging.getLogger(name)
        if server.handlers:  # none: its access log is off
            server.handlers, server.propagate = [], True
    sys.excepthook = _crashed


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, Exception):
        logger().error("crashed", exc_info=(kind, error, trace))
    else:  # Ctrl-C
        sys.__excepthook__(kind, error, trace)
