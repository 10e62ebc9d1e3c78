"""What the log says, counted from the line that says it: one place for the event, and none for the number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final

from prometheus_client import Counter

from aigcq.metrics import instruments as of
from aigcq.metrics.hot import Cell, HotCounter
from aigcq.metrics.words import code_of, model_of

Line = MutableMapping[str, Any]
_BOUND: Final[Mapping[str, Callable[[str], str]]] = {"code": code_of, "model": model_of}
"""Fields that may say anything, and what a label says of it. All others are words of ours."""


class _Tally:
    """Counts lines by some of their fields. What was counted once is found at once: creates go through here."""

    def __init__(self, counter: Counter | HotCounter, *fields: str, **fixed: str) -> None:
        self._counter = counter
        self._fields = fields
        self._fixed = fixed
        self._known: dict[tuple[str, ...], Counter | Cell] = {}

    def __call__(self, line: Line) -> None:
        said = tuple([line.get(name, "") for name in self._fields])
        child = self._known.get(said)
        if child is None:
            child = self._child(said)
        child.inc()

    def _child(self, said: tuple[str, ...]) -> Counter | Cell:
        labels = {
            name: _BOUND.get(name, str)(value) for name, value in zip(self._fields, said, strict=True)
        } | self._fixed
        child = self._counter if isinstance(self._counter, Counter) and not labels else self._counter.labels(**labels)
        if all(labels.get(name) == value for name, value in zip(self._fields, said, strict=True)):
            self._known[said] = child  # words that are not known do not fill the memory
        return child


def _repaired(line: Line) -> None:
    of.REPAIRED.inc(line.get("tasks", 1))


EVENTS: Final[Mapping[str, Callable[[Line], None]]] = {
    "queued": _Tally(of.CREATED, "model"),
    "claimed": _Tally(of.CLAIMS, how="claimed"),
    "reclaimed": _Tally(of.CLAIMS, how="reclaimed"),
    "settled": _Tally(of.SETTLED, "outcome", "model", "code"),
    "put back": _Tally(of.RETRIES, "code"),
    "lease lost": _Tally(of.LEASES_LOST),
    "handed back": _Tally(of.HANDED_BACK),
    "repaired": _repaired,
    "store away": _Tally(of.REDIS_AWAY),
    "saved": _Tally(of.STORAGE, outcome="saved"),
    "not saved yet": _Tally(of.STORAGE, outcome="retried"),
    "not saved": _Tally(of.STORAGE, outcome="given_up"),
    "told": _Tally(of.WEBHOOKS, outcome="delivered"),
    "not told": _Tally(of.WEBHOOKS, outcome="failed"),
    "webhook disabled": _Tally(of.WEBHOOKS_DISABLED),
    "internal error": _Tally(of.FAULTS),
    "could not settle": _Tally(of.FAULTS),
}
"""Events of the log that are counted, whether their lines are shown or not."""


def counted(_: object, __: str, line: Line) -> Line:
    """Count an event, as a processor of structlog; the line stays as it is."""
    if tally := EVENTS.get(line.get("event", "")):
        tally(line)
    return line
