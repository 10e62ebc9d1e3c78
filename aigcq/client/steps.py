"""What the operations of the client want done; how it is done is the business of its two faces.

An operation is a generator: it yields steps and is sent their replies, so that each one is written once for the
blocking and for the asynchronous client, and can be tried without a network.
It never yields while it is being closed: what it has opened is closed by who drives it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from httpx2 import Response, ServerSentEvent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """Send a request; the reply is the whole response. Throws what httpx2 raises."""

    method: str
    url: str
    timeout_seconds: float
    """Of each wait: for a connection, for the next bytes."""
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open(Call):
    """Send a request and follow redirects; the reply is the response, its body unread unless the status is an error's.

    It stays open until `Shut`, the next `Open`, or the end of the operation."""


@dataclass(frozen=True, slots=True)
class Shut:
    """Close what is open."""


@dataclass(frozen=True, slots=True)
class NextChunk:
    """The reply is the next bytes of what is open; none: it is over."""


@dataclass(frozen=True, slots=True)
class NextEvent:
    """The reply is the next event of what is open; None: it is over."""


@dataclass(frozen=True, slots=True)
class Nap:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Do what may take a while, e.g. on a disk; the reply is what it returns. Throws what it raises."""

    what: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand something to the caller."""

    item: Any


Step: TypeAlias = Call | Shut | NextChunk | NextEvent | Nap | Work | Tell
Steps: TypeAlias = Generator[Step, Any, T]


def call(step: Call) -> Steps[Response]:
    """Return the response."""
    response: Response = yield step
    return response


def next_chunk() -> Steps[bytes]:
    """Return the next bytes; none at the end."""
    chunk: bytes = yield NextChunk()
    return chunk


def next_event() -> Steps[ServerSentEvent | None]:
    """Return the next event; None at the end."""
    event: ServerSentEvent | None = yield NextEvent()
    return event


def work(what: Callable[[], T]) -> Steps[T]:
    """Return what `what` returns."""
    done: T = yield Work(what)
    return done
