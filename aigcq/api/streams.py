"""What a client that listens is sent, frame by frame, and the response that sends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import AppStatus, SendTimeoutError
from starlette.types import Receive, Scope, Send

from aigcq.api.happenings import RELOAD, Happening, framed, happening
from aigcq.api.hub import OWN, PAGE, Hub, Listening, everything_of, is_of
from aigcq.api.views import status_of
from aigcq.caller import OPERATOR, Caller
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import StoreUnavailable, TaskNotFound
from aigcq.model import ENDED
from aigcq.store import Store
from aigcq.store.control import order_of
from aigcq.store.tasks import View

RETRY_MS: Final = 2000
"""After so long a client connects again, if it does what it is told."""
KEEP_ALIVE_SECONDS: Final = 15
"""Proxies take a connection on which nothing comes for a dead one, the first of them after a minute."""
STUCK_SECONDS: Final = 60
"""A client that reads nothing for so long is cut off."""
STOP_SECONDS: Final = 1.0
"""How long it takes at most until who waits finds that the server stops."""
MOST_RESUMING: Final = 4
"""Clients for whom the past is read at once: after a restart of this process all of them come back together."""
ALIVE: Final = ServerSentEvent(comment="", sep="\n")


@dataclass(slots=True)
class Streams:
    """Makes the streams of one process."""

    store: Store
    hub: Hub
    settings: Settings
    clock: Clock
    _resuming: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_RESUMING))
    _looks: dict[str, _Look] = field(default_factory=dict)
    """By the event: a look that began before it would not show what it says."""

    def seen_by(self, caller: Caller) -> Streams:
        """Return the same streams, of what `caller` may see."""
        return replace(self, store=self.store.seen_by(caller)) if caller is not OPERATOR else self

    async def of_task(self, task_id: str, after: str, base: str) -> AsyncGenerator[bytes, None]:
        """Yield how the task stands and what happens to it until it has ended; nothing if that is known already.

        `after` is the last event that the client has seen, or empty; `base` is how it reaches us. Of what cannot be
        told again, how the task stands now takes the place.

        Raises:
            TaskNotFound: there is no such task, or its record has expired.
            StoreUnavailable: Redis does not answer.
            TooManyListeners: no further client can be served.
        """
        with self.hub.listening(task_id) as heard:
            await self.hub.reading()
            span = await self.store.control.events_span()
            status = status_of(await self.store.tasks.get(task_id), base)
            ended = status.status in ENDED
            if not after or span.misses(after):
                after = span.last
                yield framed("snapshot", status.model_dump_json(), span.last, RETRY_MS)
            elif not ended:
                yield _opened(after)
            else:
                span = await self.store.control.events_span()  # the end may have come after the first
            async for news in self._missed(after, span.last, task_id):
                told = await self._told(news, base)
                yield told.frames
                if told.last:
                    return
                ended = ended and not any(each.ends for each in news)  # it was requeued meanwhile
            if ended:
                return
            async for news in self._live(heard, span.last):
                told = await self._told(news, base)
                yield told.frames
                if told.last:
                    return

    async def of_everything(self, after: str) -> AsyncGenerator[bytes, None]:
        """Yield what happens to the queue, and to all tasks that the caller may see; raises as `of_task`."""
        topic = everything_of(self.store.caller.sees)
        with self.hub.listening(topic) as heard:
            await self.hub.reading()
            span = await self.store.control.events_span()
            if after and span.misses(after):
                yield _opened(span.last) + RELOAD
            else:
                yield _opened(after or span.last)
                async for news in self._missed(after or span.last, span.last, topic):
                    yield b"".join(each.frame for each in news)
            async for news in self._live(heard, span.last):
                yield b"".join(each.frame for each in news) if news else RELOAD
                if not news:
                    return

    async def ended(self, task_id: str, seconds: float) -> View:
        """Return the task once it has ended, or as it stands after so many seconds; raises as `of_task`."""
        with self.hub.listening(task_id) as heard:
            await self.hub.reading()
            view = await self.store.tasks.get(task_id)
            over = self.clock.monotonic() + seconds
            while view.task.status not in ENDED and (left := over - self.clock.monotonic()) > 0:
                if AppStatus.should_exit:  # the server stops: it waits for no answer for so long
                    break
                news = await heard.take(min(left, STOP_SECONDS))
                if heard.missed or any(each.moves for each in news):
                    break
                if end := _end_of(news):
                    view = await self._look(end)  # who has requeued it meanwhile is waited for
            return view if view.task.status in ENDED else await self.store.tasks.get(task_id)

    async def _missed(self, after: str, until: str, topic: str) -> AsyncIterator[Sequence[Happening]]:
        """Yield what was told of after the event `after`, up to `until`, a page at a time and none of them empty."""
        last, more = order_of(until), order_of(after) < order_of(until)
        while more:
            async with self._resuming:
                page = await self.store.control.events_after(after, PAGE)
            news = [happening(at, fields) for at, fields in page if order_of(at) <= last]
            told = [each for each in news if each]
            owners = await self.hub.owners(told) if topic.startswith(OWN) else {}
            if wanted := [each for each in told if is_of(topic, each, owners)]:
                yield wanted
            more = len(page) == PAGE
            after = page[-1][0] if page else after

    async def _live(self, heard: Listening, known: str) -> AsyncIterator[Sequence[Happening]]:
        """Yield what happens after the event `known`, as much as there is at once; empty: some of it was missed."""
        seen, over = order_of(known), self.clock.monotonic() + self.settings.stream_seconds
        while (left := over - self.clock.monotonic()) > 0:
            news = await heard.take(left)
            if heard.missed:
                yield ()
                return
            if fresh := [each for each in news if order_of(each.id) > seen]:
                yield fresh

    async def _told(self, news: Sequence[Happening], base: str) -> _Told:
        """Return the frames of one task's events; its end is told with its result.

        An end may be an old one: who is told of it late hears how the task stands since it was requeued, and what
        is erased cannot be told.
        """
        frames = b"".join(each.frame for each in news)
        if not news:
            return _Told(RELOAD, last=True)
        if any(each.moves for each in news):  # who comes back is told by the other account
            return _Told(frames + RELOAD, last=True)
        if not (end := _end_of(news)):
            return _Told(frames)
        try:
            status = status_of(await self._look(end), base)
        except TaskNotFound:
            return _Told(frames + RELOAD, last=True)
        ended = status.status in ENDED
        frame = framed("end" if ended else "snapshot", status.model_dump_json(), news[-1].id)
        return _Told(frames + frame, last=ended)

    async def _look(self, end: Happening) -> View:
        """Return the task as it stands since that event; all who are told of the event share one look."""
        look = self._looks.setdefault(end.id, _Look())
        look.wanted_by += 1
        try:
            async with look.lock:
                if look.seen is None:
                    look.seen = await self.store.tasks.get(end.task_id)
            return look.seen
        finally:
            look.wanted_by -= 1
            if not look.wanted_by:
                del self._looks[end.id]


class _Told(NamedTuple):
    frames: bytes
    last: bool = False
    """Nothing comes after it."""


@dataclass(slots=True)
class _Look:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted_by: int = 0
    seen: View | None = None


class EventStream(EventSourceResponse):
    """Sends frames for as long as there are any; ends when the client goes away, reads nothing, or the server stops."""

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        super().__init__(
            frames,
            sep="\n",
            ping=KEEP_ALIVE_SECONDS,
            ping_message_factory=lambda: ALIVE,
            send_timeout=STUCK_SECONDS,
            headers={"Cache-Control": "no-store, no-transform"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except (SendTimeoutError, StoreUnavailable, TaskNotFound):
            return  # it has begun, so that no problem can be told; who connects again hears what is wrong


async def begun(frames: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes] | None:
    """Return the same frames, once the first is there; None if there is none. What is wrong is raised at once."""
    first = await anext(frames, None)
    return None if first is None else _again(first, frames)


async def _again(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield first
        async for each in rest:
            yield each


def _end_of(news: Sequence[Happening]) -> Happening | None:
    """Return the last of a task's events that ends it, if one does."""
    return next((each for each in reversed(news) if each.ends), None)


def _opened(at: str) -> bytes:
    """Return what a client does not show, but goes on from when it connects again."""
    return ServerSentEvent(id=at, retry=RETRY_MS, sep="\n").encode()
