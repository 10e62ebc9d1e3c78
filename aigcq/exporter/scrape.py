"""One answer to Prometheus."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aigcq.accounts import Accounts, OpenAccount
from aigcq.clock import Clock
from aigcq.diagnosis import Code, Seen, findings, look
from aigcq.errors import StoreUnavailable
from aigcq.exporter.figures import FIGURES, Figure, Moment
from aigcq.limit.scopes import ACCOUNT
from aigcq.metrics import Documented, documented, exported
from aigcq.storage import Storage

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
FRESH_SECONDS: Final = 1.0
"""What was read is good for so long, for whoever asks."""
PATIENCE_SECONDS: Final = 3.0
"""What Redis has not answered by then is left out: Prometheus waits for ten."""
UP: Final = ("aigcq_redis_up", "Whether Redis has answered: without it there is nothing else of the queue.")
FINDING: Final = (
    "aigcq_finding",
    "Whether this is wrong, as `GET /health` tells it; while Redis is away it is only known what is.",
)


def reference() -> Iterator[Documented]:
    """Yield everything that is exported: of the queue, then of the process."""
    yield Documented(UP[0], "gauge", ("queue",), UP[1])
    yield Documented(FINDING[0], "gauge", ("queue", "code"), FINDING[1])
    for figure in FIGURES:
        name = figure.name + ("_total" if figure.kind == "counter" else "")
        yield Documented(name, figure.kind, ("queue", *figure.labels), figure.meaning)
    yield from documented()


def sample_names() -> frozenset[str]:
    """Return every name that a query may ask for."""
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    return frozenset(each.name + part for each in reference() for part in parts.get(each.kind, ("",)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a scrape tells of one queue."""

    moment: Moment | None
    """None: Redis does not answer."""
    found: frozenset[Code]


@dataclass(slots=True)
class _Watched:
    """A queue, and what is remembered of it between two scrapes."""

    account: OpenAccount
    at: str = ""
    """The last change of a threshold that was counted."""
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def look(self, clock: Clock, storage: Storage | None) -> _Seen:
        """Return how it is, and what is wrong with it."""
        settings = self.account.account.settings
        moment, seen = None, Seen(away="it did not answer in time")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                seen = await look(self.account.store, clock, storage)
                moment = await self._moment(seen)
        except (StoreUnavailable, TimeoutError) as error:
            seen = seen if seen.away else Seen(away=str(error))
        return _Seen(moment, frozenset(each.code for each in findings(seen, settings)))

    async def _moment(self, seen: Seen) -> Moment | None:
        if seen.overview is None:
            return None
        depth = await self.account.store.depths.read()
        if self.at and depth.last_change != self.at:
            for change in await self.account.store.depths.changes_after(self.at):
                self.changes[change.cause, change.scope if change.scope == ACCOUNT else "model"] += 1
        self.at = depth.last_change
        return Moment(self.account.account.settings, seen.overview, depth, dict(self.changes))


class Scrape(Collector):
    """Answers for one process; all who ask within a second are told the same of the queues."""

    def __init__(self, accounts: Accounts, clock: Clock, storage: Storage | None = None) -> None:
        """`storage` is where this process sees videos kept, if it can tell."""
        self._watched = [_Watched(account) for account in accounts]
        self._clock = clock
        self._storage = storage
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._seen: dict[str, _Seen] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    async def text(self) -> bytes:
        """Return what there is; that Redis is away is part of it."""
        async with self._lock:
            if self._clock.monotonic() - self._read_at >= FRESH_SECONDS:
                async with asyncio.TaskGroup() as group:
                    looks = {
                        each.account.name: group.create_task(each.look(self._clock, self._storage))
                        for each in self._watched
                    }
                self._seen = {name: each.result() for name, each in looks.items()}
                self._read_at = self._clock.monotonic()
        return generate_latest(self._registry) + exported()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of every queue, as they were read last."""
        up = GaugeMetricFamily(*UP, labels=["queue"])
        finding = GaugeMetricFamily(*FINDING, labels=["queue", "code"])
        for name, seen in self._seen.items():
            up.add_metric([name], float(seen.moment is not None))
            for code in Code if seen.moment else seen.found:
                finding.add_metric([name, code], float(code in seen.found))
        yield from (up, finding)
        for figure in FIGURES:
            yield self._family(figure)

    def _family(self, figure: Figure) -> Metric:
        kind = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
        family = kind(figure.name, figure.meaning, labels=["queue", *figure.labels])
        for name, seen in self._seen.items():
            for labels, value in figure.read(seen.moment) if seen.moment else ():
                family.add_metric([name, *labels], value)
        return family
