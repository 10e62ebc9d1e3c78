"""Listening to what happens: server-sent events, and what is done where they do not get through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from httpx2 import HTTPError, InvalidURL, ReadTimeout, Response, ServerSentEvent

from aigcq.client.errors import AigcqError, QueueFull, Unavailable, error_of
from aigcq.client.events import AnyEvent, End, Event, Missed, Snapshot, event_of
from aigcq.client.operations import Operations
from aigcq.client.steps import Nap, Open, Shut, Steps, Tell, call, next_event
from aigcq.client.wire import Wire, unavailable

SILENCE_SECONDS: Final = 25.0
"""The service sends something every 15 seconds: a connection that is silent for longer is dead, or a proxy hoards."""
RETRY_SECONDS: Final = 2.0
"""After so long a broken connection is made again, until the service says otherwise."""
LOOK_SECONDS: Final = 2.0
"""How often a task is looked at where events do not get through."""
NO_ROUTE: Final = (404, 405, 406, 501)
"""What a service says that tells no events; of a task that it does not know it says 404 with a code."""


class NoStream(Exception):
    """Events do not get through: there is no such route, or something on the way holds them back."""


@dataclass(slots=True)
class Line:
    """One stream of events, over as many connections as it takes; each goes on where the one before broke."""

    wire: Wire
    path: tuple[str, ...]
    last_id: str = ""
    _retry_seconds: float = RETRY_SECONDS
    _open: bool = False
    _heard: bool = False
    _failed: int = 0

    def next(self) -> Steps[Event | AnyEvent | None]:
        """Return the next event; None: the service says that nothing will come.

        Raises:
            NoStream: events do not get through.
            AigcqError: the service refuses, or is not there; after all retries.
        """
        while True:
            try:
                if not self._open and not (yield from self._connected()):
                    return None
                told = yield from next_event()
            except (HTTPError, InvalidURL, Unavailable, QueueFull) as error:
                yield from self._hang_up(self._failure(error))
                continue
            if told is None:
                yield from self._hang_up(None)
            elif event := self._read(told):
                return event

    def _failure(self, error: Exception) -> AigcqError:
        if isinstance(error, AigcqError):
            return error
        if isinstance(error, ReadTimeout) and self._open and not self._heard:
            raise NoStream from None
        return unavailable(self.wire.url(*self.path), error)

    def _connected(self) -> Steps[bool]:
        """Open a connection; false: the service says that there is nothing to tell."""
        url = self.wire.url(*self.path)
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", **self.wire.headers_for(url)}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        response = yield from call(Open("GET", url, SILENCE_SECONDS, headers=headers))
        if response.status_code == 204:
            return False
        if response.status_code >= 400:
            raise _refusal(response)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            raise NoStream
        self._open, self._heard = True, False
        return True

    def _read(self, told: ServerSentEvent) -> Event | AnyEvent | None:
        self._heard, self._failed = True, 0
        self.last_id = told.id or self.last_id
        if told.retry is not None:
            self._retry_seconds = told.retry / 1000
        try:
            event = event_of(told)
        except ValueError:  # what cannot be read is as good as missed
            event = Missed()
        if isinstance(event, Missed):
            self.last_id, self._open = "", False
        return event

    def _hang_up(self, failure: AigcqError | None) -> Steps[None]:
        """Let some time pass before the next connection. One over which nothing came counts as a failure."""
        yield Shut()
        was_open, self._open = self._open, False
        if self._heard:
            self._heard = False
            yield Nap(self._retry_seconds * self.wire.draw())
            return
        if was_open and failure is None:
            raise NoStream
        self._failed += 1
        error = failure or Unavailable("The stream of events ended before it began.")
        delay = self.wire.retry.delay(self._failed, error, repeatable=True, drawn=self.wire.draw())
        if delay is None:
            raise error
        yield Nap(delay)


def task_events(do: Operations, task_id: str) -> Steps[None]:
    """Tell how a task stands and what happens to it, up to its end, which is never missed.

    Where events do not get through, the task is looked at every few seconds, and each change told as a Snapshot.
    """
    line = Line(do.wire, ("aigc", "tasks", task_id, "events"))
    try:
        while event := (yield from line.next()):
            if isinstance(event, Snapshot | End) and event.task.ended:
                yield Tell(End(event.task))
                return
            if not isinstance(event, Missed):  # how it stands is told next
                yield Tell(event)
    except (NoStream, Unavailable, QueueFull) as error:
        if getattr(error, "hopeless", False):
            raise
    yield Shut()
    yield from _looked(do, task_id)


def _looked(do: Operations, task_id: str) -> Steps[None]:
    seen: Mapping[str, Any] = {}
    while True:
        task = yield from do.patient_look(task_id, 0)
        if task.ended:
            yield Tell(End(task))
            return
        if task.raw != seen:
            yield Tell(Snapshot(task))
        seen = task.raw
        yield Nap(LOOK_SECONDS)


def all_events(do: Operations) -> Steps[None]:
    """Tell what happens to all tasks and to the queue, for as long as anybody listens.

    Raises:
        Unavailable: the service is not there, or tells no events; after all retries.
        AigcqError: it refuses.
    """
    line = Line(do.wire, ("aigc", "events"))
    try:
        while event := (yield from line.next()):
            yield Tell(event)
    except NoStream:
        raise Unavailable(
            "Events do not get through.",
            advice="Is the service of a release that tells them? A proxy on the way must not buffer them.",
            hopeless=True,
        ) from None


def _refusal(response: Response) -> Exception:
    error = error_of(response)
    no_route = response.status_code in NO_ROUTE and error.code != "task_not_found"
    return NoStream() if no_route else error
