"""How a queue is, as figures: every process that is asked says the same of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aigcq.config import Settings
from aigcq.diagnosis import alive
from aigcq.metrics import family_of
from aigcq.store.control import Overview
from aigcq.store.depths import Depth

Labelled = Iterable[tuple[tuple[str, ...], float]]
"""Values of the labels behind `queue`, and the figure."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One queue at one moment."""

    settings: Settings
    overview: Overview
    depth: Depth
    changes: Mapping[tuple[str, str], int]
    """How often a threshold has changed, by cause and scope, since this process was first asked."""

    @property
    def vendor_silent_seconds(self) -> float:
        """For how long the vendor has not answered as it should; 0 if the last answer was one."""
        ok_ms, error_ms = (int(self.overview.vendor.get(name, 0)) for name in ("ok_ms", "error_ms"))
        if error_ms <= ok_ms:
            return 0.0
        return max(0.0, self.overview.now_ms - (ok_ms or error_ms)) / 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of a queue."""

    name: str
    meaning: str
    read: Callable[[Moment], Labelled]
    labels: tuple[str, ...] = field(default=())
    kind: str = "gauge"


def _one(name: str, meaning: str, read: Callable[[Moment], float]) -> Figure:
    return Figure(f"aigcq_{name}", meaning, lambda seen: [((), read(seen))])


def _paused(seen: Moment) -> Labelled:
    by = seen.overview.paused_by or "operator"
    return [((who,), float(bool(seen.overview.paused) and who == by)) for who in ("operator", "vendor")]


def _model_thresholds(seen: Moment) -> Labelled:
    return [((model,), limit) for model, limit in _named(seen.overview.model_limits).items()]


def _named(limits: Mapping[str, int]) -> Mapping[str, int]:
    return {family_of(model): limit for model, limit in limits.items()}


def _changes(seen: Moment) -> Labelled:
    return list(seen.changes.items())


FIGURES: Final = (
    _one("stream_length", "Tasks that have not ended: entries of the stream.", lambda seen: seen.depth.stream),
    _one("queued", "Tasks that could run now if there were room.", lambda seen: seen.overview.queued),
    _one("waiting", "Tasks that wait for a retry, or for their time.", lambda seen: seen.overview.waiting),
    _one("pending", "Deliveries: tasks that workers have in hand.", lambda seen: seen.depth.pending),
    _one("live", "Vendor tasks that occupy the account: permits taken.", lambda seen: seen.overview.live),
    _one("threshold", "How many vendor tasks may be live.", lambda seen: seen.overview.threshold),
    _one("threshold_maximum", "It never rises above.", lambda seen: seen.overview.maximum),
    _one("threshold_minimum", "It never falls below.", lambda seen: seen.overview.minimum),
    Figure("aigcq_model_threshold", "The same of a model that has a limit of its own.", _model_thresholds, ("model",)),
    _one(
        "permits_free",
        "Permits that are not taken.",
        lambda seen: max(0, seen.overview.threshold - seen.overview.live),
    ),
    _one("unanswered", "Submissions of which the vendor has not said yes or no.", lambda seen: seen.depth.unanswered),
    _one("quarantined", "Permits of what nobody knows whether the vendor runs it.", lambda s: s.depth.quarantined),
    _one("oldest_queued_seconds", "Since the oldest queued task was created.", lambda s: s.depth.queued_seconds),
    _one("oldest_pending_seconds", "Since the oldest delivery was begun.", lambda seen: seen.depth.pending_seconds),
    _one("lease_lapsed_seconds", "For how long a lease is over that nobody takes.", lambda s: s.depth.lapsed_seconds),
    _one("overdue", "Tasks so old that the vendor may forget them soon.", lambda seen: seen.overview.overdue),
    _one("oldest_overdue_seconds", "Since the oldest of those was sent.", lambda seen: seen.depth.overdue_seconds),
    _one("dead_letters", "Failed tasks that are kept for people.", lambda seen: seen.depth.dead),
    _one("outbox_length", "Webhooks that are to be delivered.", lambda seen: seen.depth.outbox),
    _one("outbox_overdue_seconds", "For how long the first of them is due.", lambda s: s.depth.outbox_seconds),
    _one(
        "workers_alive",
        "Workers that have said so within a lease.",
        lambda seen: len(alive(seen.overview, seen.settings)),
    ),
    Figure("aigcq_paused", "Whether claims are stopped; by: whom.", _paused, ("by",)),
    _one("vendor_silent_seconds", "For how long the vendor has not answered.", lambda s: s.vendor_silent_seconds),
    Figure(
        "aigcq_limit_changes",
        "Changes of a threshold since this process was first asked; scope: `account` or `model`.",
        _changes,
        ("cause", "scope"),
        "counter",
    ),
)
"""In the order in which they are exported. Every one has the label `queue`: AIGCQ_QUEUE, or the account."""
