"""A task as one trace: from the request that created it to its end, whichever workers had it.

What goes from process to process is W3C's `traceparent`, in the record of the task: that of the request's span where
this process traces, else the one that its client has sent, else nothing. Without OTEL_… in the environment nothing
of OpenTelemetry is loaded, and a span is nothing at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Protocol

from aigcq.errors import ConfigurationError

_CURRENT: ContextVar[str] = ContextVar("traceparent", default="")
_TRACEPARENT: Final = re.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ASKED_BY: Final = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NOTHING: Final = nullcontext()
UNTRACED: Final = frozenset({"/health", "/health/live", "/metrics"})
"""What is asked every few seconds, and by nobody who wants to see it."""


@dataclass(slots=True)
class Answered:
    """What a request's span is told at its end."""

    route: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a worker knows of a delivery that it goes on with."""

    task_id: str
    traceparent: str
    fence: int
    created_ms: int
    started_ms: int
    facts: Mapping[str, str | int]


class Tracer(Protocol):
    """Makes spans."""

    def request(self, method: str, parent: str) -> AbstractContextManager[tuple[str, Answered]]:
        """Return the span of a request: its traceparent, and what it wants to know at its end."""

    def delivery(self, carried: Carried) -> AbstractContextManager[str]:
        """Return the span of a delivery, in the trace of its task; yields its traceparent."""

    def step(self, name: str, fenced: tuple[str, int] | None) -> AbstractContextManager[object]:
        """Return a span within the one that is open; of a step that raises a task's fence, the task and its fence."""


_tracer: Tracer | None = None


def configure(room: str, environment: Mapping[str, str] = os.environ) -> None:
    """Trace in this process, a `room` of the service, if the environment asks for it.

    Raises:
        ConfigurationError: it does, and the extra `otel` is not installed.
    """
    if wanted(environment):
        try:
            from aigcq.tracing.otel import Otel
        except ImportError:
            raise ConfigurationError("OTEL_… asks for traces: install them with `pip install 'aigcq[otel]'`.") from None
        use(Otel.exporting(room, environment))


def wanted(environment: Mapping[str, str]) -> bool:
    """Return whether the environment asks for traces, in OpenTelemetry's words."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(environment.get(name) for name in _ASKED_BY)


def use(tracer: Tracer | None) -> None:
    """Trace with `tracer` from now on; None: not at all."""
    global _tracer
    _tracer = tracer


def traceparent() -> str:
    """Return the traceparent of what happens now; empty if it is of no trace."""
    return _CURRENT.get()


def trace_id() -> str:
    """Return the id of the trace that what happens now is of; empty if it is of none."""
    return _CURRENT.get()[3:35]


def given(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """Return the traceparent that a client has sent; empty if there is none that can be one."""
    for name, value in headers:
        if name == b"traceparent":
            text = value.decode("latin-1").strip()
            return text if _TRACEPARENT.fullmatch(text) else ""
    return ""


def active() -> bool:
    """Return whether this process traces."""
    return _tracer is not None


def request(method: str, path: str, parent: str) -> AbstractContextManager[Answered | None]:
    """Let what happens within be of the trace of a request; yields what to tell of it, if anybody wants to know."""
    if _tracer and path not in UNTRACED:
        return _requesting(_tracer, method, parent)
    return _within(parent) if parent else _NOTHING


def delivery(carried: Carried) -> AbstractContextManager[object]:
    """Let what happens within be of the trace of a task."""
    if not _tracer:
        return _within(carried.traceparent) if carried.traceparent else _NOTHING
    return _delivering(_tracer, carried)


def step(name: str, fenced: tuple[str, int] | None = None) -> AbstractContextManager[object]:
    """Return a span within that of a delivery; nothing where nobody traces.

    A step that raises the fence of a task says so: the next delivery links to it.
    """
    return _tracer.step(name, fenced) if _tracer else _NOTHING


@contextmanager
def _requesting(tracer: Tracer, method: str, parent: str) -> Iterator[Answered]:
    with tracer.request(method, parent) as (own, answered), _within(own):
        yield answered


@contextmanager
def _delivering(tracer: Tracer, carried: Carried) -> Iterator[None]:
    with tracer.delivery(carried) as own, _within(own):
        yield


@contextmanager
def _within(traceparent: str) -> Iterator[None]:
    before = _CURRENT.set(traceparent)
    try:
        yield
    finally:
        _CURRENT.reset(before)
