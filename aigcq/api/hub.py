"""Tells clients what happens: one reader of Redis' events for all clients of the process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from aigcq import metrics, telemetry
from aigcq.api.happenings import Happening, happening
from aigcq.caller import ANYONE
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import StoreUnavailable, TooManyListeners
from aigcq.store import Store

log = telemetry.logger()

MOST_BEHIND: Final = 1024
"""Events that a client may be behind: two pages that come at once. Those who wait for them share them, so that this
costs each 8 KiB."""
GATHER_SECONDS: Final = 0.02
"""What happens within so long is read together: so many reads a second at most, however much happens."""
AWAY_SECONDS: Final = 0.5
PAGE: Final = 500
"""What one read of Redis returns at most; as many mean that there is more."""
EVERYTHING: Final = ""
"""In place of a task: all of them, and the queue."""
OWN: Final = "of "
"""What a topic begins with that is one tenant's tasks, and the queue."""
MOST_OWNERS: Final = 20_000
"""Of so many tasks it is remembered whose they are."""


def everything_of(sees: str) -> str:
    """Return the topic of all that may be seen by who sees the tasks of one tenant, or ANYONE's."""
    return EVERYTHING if sees == ANYONE else f"{OWN}{sees}"


def is_of(topic: str, news: Happening, owners: Mapping[str, str]) -> bool:
    """Whether an event is of a topic; of a tenant's only if `owners` knows that the task is its own."""
    if topic.startswith(OWN):
        return not news.task_id or owners.get(news.task_id) == topic.removeprefix(OWN)
    return topic in (EVERYTHING, news.task_id)


@dataclass(slots=True, eq=False)
class Listening:
    """One client's place in the fan-out."""

    topic: str
    missed: bool = False
    """It was too slow, or Redis has lost something: what happened is not known to it any more."""
    _pending: deque[Happening] = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, news: Happening) -> None:
        """Give it one event; who is too far behind gets no more, so that nobody fills the memory."""
        if len(self._pending) >= MOST_BEHIND:
            self.miss()
        elif not self.missed:
            self._pending.append(news)
            self._news.set()

    def miss(self) -> None:
        self.missed = True
        self._pending.clear()
        self._news.set()

    async def take(self, seconds: float) -> Sequence[Happening]:
        """Return what has happened, waiting for it so long; nothing once the time is over, or if it missed some."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return ()
        self._news.clear()
        taken = tuple(self._pending)
        self._pending.clear()
        return taken


class Hub:
    """Reads for as long as anybody listens, and hands on what it reads."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._listening: dict[str, set[Listening]] = defaultdict(set)
        self._count = 0
        self._wanted = asyncio.Event()
        self._at = ""
        """All up to this event was handed on; empty: it does not read."""
        self._reads = asyncio.Event()
        self._closed = False
        self._owners: OrderedDict[str, str] = OrderedDict()

    def check_room(self) -> None:
        """Raise TooManyListeners if no further client can be served."""
        if self._count >= self._settings.stream_clients:
            raise TooManyListeners(self._settings.stream_clients)

    @contextmanager
    def listening(self, topic: str, one: Listening | None = None) -> Iterator[Listening]:
        """Hand on the events of the task `topic`, or EVERYTHING, within; to `one`, if others hand theirs on to it too.

        Raises:
            TooManyListeners: no further client can be served.
        """
        self.check_room()
        one = one or Listening(topic)
        self._count += 1
        metrics.LISTENERS.inc()
        self._listening[topic].add(one)
        self._wanted.set()
        try:
            yield one
        finally:
            self._count -= 1
            metrics.LISTENERS.dec()
            self._listening[topic].discard(one)
            if not self._listening[topic]:
                del self._listening[topic]

    async def reading(self) -> None:
        """Return once what happens from now on is handed on.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        try:
            async with asyncio.timeout(5):
                await self._reads.wait()
        except TimeoutError:
            raise StoreUnavailable("Redis does not answer: no events can be read.") from None

    async def run(self) -> None:
        """Read and hand on until it is closed, whenever anybody listens; Redis may go away and come back."""
        broken = False
        while not self._closed:
            try:
                await self._turn(broken)
                broken = False
            except StoreUnavailable as error:
                if not broken:
                    log.warning("store away", step="events", why=str(error))
                broken = True
                await self._clock.sleep(AWAY_SECONDS)

    def close(self) -> None:
        """End `run` soon. Who cancels it calls this first: a cancellation can be lost in a read that ends just then."""
        self._closed = True
        self._wanted.set()

    async def _turn(self, broken: bool) -> None:
        """Read once."""
        if not self._count:
            self._at = ""
            self._reads.clear()
            self._wanted.clear()
            await self._wanted.wait()
        if self._closed:
            return  # woken to end: whoever cancels us now may come too early to be heard in a read
        if not self._at:
            self._at = (await self._store.control.events_span()).last
        elif broken:
            await self._look_for_gaps()
        self._reads.set()
        events = await self._store.control.events(self._at, self._settings.worker_block_time / 1000)
        if len(events) == PAGE:  # far behind: what was dropped meanwhile does not show
            await self._look_for_gaps()
        if events:
            await self._hand_on([each for each in (happening(at, fields) for at, fields in events) if each])
            self._at = events[-1][0]
            await self._clock.sleep(GATHER_SECONDS)

    async def _look_for_gaps(self) -> None:
        span = await self._store.control.events_span()
        if span.misses(self._at):
            log.warning("events were lost; clients are told to reload", read_to=self._at, first=span.first)
            self._at = span.last
            for each in [one for listening in self._listening.values() for one in listening]:
                each.miss()

    async def owners(self, news: Collection[Happening]) -> Mapping[str, str]:
        """Return whose the tasks are of which there is news; a task never changes its tenant, so that one read does."""
        new = list({each.task_id for each in news} - {"", *self._owners})
        self._owners.update(await self._store.lists.owners(new))
        found = {each.task_id: self._owners[each.task_id] for each in news if each.task_id in self._owners}
        while len(self._owners) > MOST_OWNERS:
            self._owners.popitem(last=False)
        return found

    async def _hand_on(self, news: Collection[Happening]) -> None:
        tenants = [topic for topic in self._listening if topic.startswith(OWN)]
        owners = await self.owners(news) if tenants else {}
        for each in news:
            for topic in {EVERYTHING, each.task_id, *(own for own in tenants if is_of(own, each, owners))}:
                for one in self._listening.get(topic, ()):
                    one.offer(each)
