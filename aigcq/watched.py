"""How far the events of a queue were read for its history, and what of them nobody has read.

Pure values. Events are dropped by their number, whether they were read or not; how many there ever were is known, so
that it is known too how many were missed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, Self

MOST_GAPS: Final = 20
"""So many are told apart; of more, the two oldest become one."""


class Gap(NamedTuple):
    """A time in which events were dropped before they were read."""

    from_ms: int
    to_ms: int
    lost: int
    """How many; -1: nobody knows, for the stream was another one before."""

    def meets(self, from_ms: float, to_ms: float) -> bool:
        """Whether it was within [from_ms, to_ms)."""
        return self.from_ms < to_ms and self.to_ms >= from_ms


class Extent(NamedTuple):
    """Which events there are."""

    ever: int
    """How many were ever written."""
    length: int
    first: str
    last: str
    """The newest one there ever was."""

    @classmethod
    def read(cls, info: Mapping[str, Any]) -> Self:
        """Read what `XINFO STREAM` says."""
        first = info["first-entry"]
        return cls(info["entries-added"], info["length"], first[0] if first else "0-0", info["last-generated-id"])


NO_STREAM: Final = Extent(ever=0, length=0, first="0-0", last="0-0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How far somebody has read."""

    turn: int = 0
    """How often was written what was read; who has read at another turn writes nothing."""
    cursor: str = ""
    """All up to this event was read; empty: nobody has begun."""
    place: int = 0
    """The how-manyth event that was."""
    since_ms: int = 0
    """What was before that nobody knows."""
    folded_ms: int = 0
    """When it was last looked for events."""
    sampled_ms: int = 0
    """When it was last looked how long the queue was."""
    gaps: Sequence[Gap] = ()

    @classmethod
    def read(cls, record: Mapping[str, str]) -> Self:
        numbers = ("turn", "place", "since_ms", "folded_ms", "sampled_ms")
        found = {name: int(float(record[name])) for name in numbers if record.get(name)}
        gaps = [Gap(*each) for each in json.loads(record.get("gaps", "[]"))]
        return cls(cursor=record.get("cursor", ""), gaps=gaps, **found)

    def written(self) -> dict[str, str | int]:
        """Return the fields to write; when it was looked, and the turn, the script knows."""
        gaps = json.dumps(self.gaps, separators=(",", ":"))
        numbers = {name: getattr(self, name) for name in ("place", "since_ms", "sampled_ms")}
        return {"cursor": self.cursor, "gaps": gaps, **numbers}

    def ready(self, extent: Extent, now_ms: int) -> Self:
        """Return it as it is before the first of the events is read that are there: with what was missed."""
        ms = _ms_of(extent.first) if extent.length else now_ms
        dropped = extent.ever - extent.length
        if not self.cursor:
            return replace(self, cursor="0-0", place=dropped, since_ms=ms)
        if self.is_of_another(extent):
            return replace(self, cursor="0-0", place=dropped, gaps=self._with(Gap(_ms_of(self.cursor), ms, -1)))
        if dropped > self.place:
            gap = Gap(_ms_of(self.cursor), ms, dropped - self.place)
            return replace(self, place=dropped, gaps=self._with(gap))
        return self

    def is_of_another(self, extent: Extent) -> bool:
        """Whether it was not this stream that was read."""
        return bool(self.cursor) and (extent.ever < self.place or _order(extent.last) < _order(self.cursor))

    def after(self, last: str, count: int) -> Self:
        """Return it once `count` events were read, of which `last` was the last."""
        return replace(self, cursor=last, place=self.place + count) if count else self

    def misses(self, from_ms: float, to_ms: float) -> bool:
        """Whether anything of that time may not be known."""
        return not self.cursor or from_ms < self.since_ms or any(gap.meets(from_ms, to_ms) for gap in self.gaps)

    def _with(self, gap: Gap) -> Sequence[Gap]:
        gaps = [*self.gaps, gap]
        if len(gaps) <= MOST_GAPS:
            return gaps
        first, second, *others = gaps
        lost = -1 if -1 in (first.lost, second.lost) else first.lost + second.lost
        return [Gap(first.from_ms, second.to_ms, lost), *others]


def _ms_of(event_id: str) -> int:
    return int(event_id.partition("-")[0])


def _order(event_id: str) -> tuple[int, ...]:
    return tuple(map(int, event_id.split("-")))
