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
from aigcq.errors import StoreUnavailable
from aigcq.exporter.figures import FIGURES, Figure, Seen
from aigcq.limit.scopes import ACCOUNT
from aigcq.metrics import exported

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
FRESH_SECONDS: Final = 1.0
"""What was read is good for so long, for whoever asks."""
PATIENCE_SECONDS: Final = 3.0
"""What Redis has not answered by then is left out: Prometheus waits for ten."""
UP: Final = ("aigcq_redis_up", "Whether Redis has answered: without it there is nothing else of the queue.")


@dataclass(slots=True)
class _Watched:
    """A queue, and what is remembered of it between two scrapes."""

    account: OpenAccount
    at: str = ""
    """The last change of a threshold that was counted."""
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def look(self) -> Seen | None:
        """Return how it is; None: Redis does not answer."""
        store = self.account.store
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                overview = await self.account.load.overview()
                depth = await store.depths.read()
                if self.at and depth.last_change != self.at:
                    for change in await store.depths.changes_after(self.at):
                        scope = change.scope if change.scope == ACCOUNT else "model"
                        self.changes[change.cause, scope] += 1
        except (StoreUnavailable, TimeoutError):
            return None
        self.at = depth.last_change
        return Seen(self.account.account.settings, overview, depth, dict(self.changes))


class Scrape(Collector):
    """Answers for one process; all who ask within a second are told the same of the queues."""

    def __init__(self, accounts: Accounts, clock: Clock) -> None:
        self._watched = [_Watched(account) for account in accounts]
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._seen: dict[str, Seen | None] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    async def text(self) -> bytes:
        """Return what there is; that Redis is away is part of it."""
        async with self._lock:
            if self._clock.monotonic() - self._read_at >= FRESH_SECONDS:
                async with asyncio.TaskGroup() as group:
                    looks = {each.account.name: group.create_task(each.look()) for each in self._watched}
                self._seen = {name: look.result() for name, look in looks.items()}
                self._read_at = self._clock.monotonic()
        return generate_latest(self._registry) + exported()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of every queue, as they were read last."""
        up = GaugeMetricFamily(*UP, labels=["queue"])
        for name, seen in self._seen.items():
            up.add_metric([name], float(seen is not None))
        yield up
        for figure in FIGURES:
            yield self._family(figure)

    def _family(self, figure: Figure) -> Metric:
        kind = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
        family = kind(figure.name, figure.meaning, labels=["queue", *figure.labels])
        for name, seen in self._seen.items():
            for labels, value in figure.read(seen) if seen else ():
                family.add_metric([name, *labels], value)
        return family
