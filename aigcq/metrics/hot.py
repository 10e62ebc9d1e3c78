"""Instruments for what happens with every request: a fifth of the library's own cost.

The library guards each number with a lock. These are counted in the thread of the event loop only, where nothing
comes between, and read there too.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Cell:
    """One number that only rises."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def inc(self) -> None:
        self.value += 1


class Spread:
    """How values are spread over buckets."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


C = TypeVar("C", Cell, Spread)


class _Hot(Collector, Generic[C]):
    """Children by what their labels say."""

    kind: str

    def __init__(self, name: str, meaning: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self.name, self.meaning, self.labelnames = name, meaning, tuple(labels)
        self._children: dict[tuple[str, ...], C] = {}
        if not labels:
            self.labels()
        registry.register(self)

    def labels(self, *values: str, **named: str) -> C:
        """Return the child with these labels; it stays the same, so that it may be kept."""
        said = values or tuple(named[name] for name in self.labelnames)
        child = self._children.get(said)
        if child is None:
            child = self._children[said] = self._child()
        return child

    @abstractmethod
    def _child(self) -> C:
        """Return a new child."""


class HotCounter(_Hot[Cell]):
    """As the library's Counter."""

    kind = "counter"

    def _child(self) -> Cell:
        return Cell()

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(self.name, self.meaning, labels=self.labelnames)
        for said, cell in [*self._children.items()]:
            family.add_metric(said, cell.value)
        yield family


class HotHistogram(_Hot[Spread]):
    """As the library's Histogram."""

    kind = "histogram"

    def __init__(
        self, name: str, meaning: str, labels: Sequence[str], registry: CollectorRegistry, bounds: Sequence[float]
    ) -> None:
        self._bounds = tuple(bounds)
        super().__init__(name, meaning, labels, registry)

    def _child(self) -> Spread:
        return Spread(self._bounds)

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(self.name, self.meaning, labels=self.labelnames)
        for said, spread in [*self._children.items()]:
            buckets, below = [], 0
            for bound, count in zip((*self._bounds, float("inf")), spread.counts, strict=True):
                below += count
                buckets.append((floatToGoString(bound), float(below)))  # type: ignore[no-untyped-call]
            family.add_metric(said, buckets, spread.total)
        yield family
