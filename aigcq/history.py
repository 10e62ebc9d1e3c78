"""What has happened to the queue, minute by minute: counts, gauges and histograms, small enough to be kept.

Pure values. A `Row` is one minute, or one hour, of one queue. Events are folded into rows of minutes, rows of minutes
into rows of hours, and rows of several queues are added up.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from aigcq.errors import VendorThrottled
from aigcq.model import Event

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

BOUNDS: Final = (
    0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1800, 3600, 7200, 21600, 86400,
)  # fmt: skip
"""Of the histograms, seconds: bucket `i` holds what took longer than the bound before it and no longer than this one;
one more bucket holds all that took longer than the last."""
MOST_NAMES: Final = 8
"""So many models, and so many error codes, are told apart in the row of one minute; what comes later is OTHER."""
MOST_OF_MANY: Final = 24
"""In that of an hour, or of several queues."""
OTHER: Final = "other"
UNKNOWN: Final = "unknown"
"""The model of a task of which there is no record any more."""

COUNTS: Final = ("created", "completed", "failed", "cancelled", "refused")
GAUGES: Final = ("queued", "waiting", "live")
BY_MODEL: Final = ("created", "completed", "failed")
COUNTED: Final[Mapping[str, str]] = {
    str(event): count
    for event, count in (
        (Event.CREATE, "created"),
        (Event.SUCCEED, "completed"),
        (Event.FAIL, "failed"),
        (Event.EXPIRE, "failed"),
        (Event.CANCEL, "cancelled"),
        (Event.ABORT, "cancelled"),
    )
}
"""Event of a task -> as what it counts."""
_RECORDED: Final = frozenset(map(str, (Event.CREATE, Event.SUCCEED, Event.FAIL, Event.EXPIRE)))
_TELLING: Final = frozenset({*map(str, COUNTED), str(Event.SUBMIT), str(Event.RELEASE), str(Event.RETRY)})
"""Events in which there is something to count."""
_INDEX: Final = {name: index for index, name in enumerate(COUNTS)}
_OF_MODEL: Final = {name: index for index, name in enumerate(BY_MODEL)}


class Happened(NamedTuple):
    """One entry of `events`, with what it does not say itself and the record does."""

    id: str
    fields: Mapping[str, str]
    model: str = ""
    moved_from: str = ""
    """The account that the task has come from: it was created there."""
    attempt: str = ""
    vendor_task_id: str = ""

    @property
    def ms(self) -> int:
        return int(self.id.partition("-")[0])

    @property
    def event(self) -> str:
        return self.fields.get("event", "")

    @property
    def task_id(self) -> str:
        return self.fields.get("task", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """The queue at one instant."""

    queued: int
    waiting: int
    live: int
    threshold: int


@dataclass(slots=True)
class Row:
    """One minute or one hour."""

    counts: list[int] = field(default_factory=lambda: [0] * len(COUNTS))
    models: dict[str, list[int]] = field(default_factory=dict)
    """Model -> how many of it were created, completed and failed."""
    codes: dict[str, int] = field(default_factory=dict)
    """Error code -> how often it ended an attempt, whether another one followed or not."""
    waits: dict[int, int] = field(default_factory=dict)
    """Bucket -> tasks that the vendor took for the first time after so long."""
    generations: dict[int, int] = field(default_factory=dict)
    """Bucket -> videos that took the vendor so long."""
    samples: int = 0
    sums: list[float] = field(default_factory=lambda: [0] * len(GAUGES))
    tops: list[int] = field(default_factory=lambda: [0] * len(GAUGES))
    thresholds: tuple[int, int] | None = None
    """The least and the most there was; None: nobody has looked."""
    most: int = field(default=MOST_NAMES, compare=False)
    """So many names are told apart; it is not kept."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `written` returns."""
        found: Mapping[str, Any] = json.loads(text)
        low_high = found.get("h")
        return cls(
            found["c"],
            dict(found.get("m", {})),
            dict(found.get("e", {})),
            {int(bucket): count for bucket, count in found.get("w", {}).items()},
            {int(bucket): count for bucket, count in found.get("g", {}).items()},
            found.get("n", 0),
            found.get("s") or [0] * len(GAUGES),
            found.get("t") or [0] * len(GAUGES),
            (low_high[0], low_high[1]) if low_high else None,
        )

    def written(self) -> str:
        """Return the row as it is kept; what is empty is left out."""
        sampled = {"n": self.samples, "s": self.sums, "t": self.tops, "h": self.thresholds} if self.samples else {}
        names = {"m": self.models, "e": self.codes, "w": self.waits, "g": self.generations}
        whole = {"c": self.counts} | {name: found for name, found in names.items() if found} | sampled
        return json.dumps(whole, separators=(",", ":"), ensure_ascii=False)

    def count(self, name: str) -> int:
        return self.counts[_INDEX[name]]

    def sample(self, gauges: Gauges) -> None:
        """Take note of how the queue is at an instant of this row."""
        values = (gauges.queued, gauges.waiting, gauges.live)
        self._sampled(1, values, values, (gauges.threshold, gauges.threshold))

    def happen(self, it: Happened) -> None:
        """Count one event."""
        fields = it.fields
        name = fields.get("event", "")
        if counted := COUNTED.get(name):
            if not it.moved_from:
                self.counts[_INDEX[counted]] += 1
                if counted in _OF_MODEL:
                    self._of_model(it.model or UNKNOWN)[_OF_MODEL[counted]] += 1
        elif name == Event.SUBMIT:
            if waited := fields.get("waited_ms"):
                _add_to(self.waits, bucket_of(int(waited) / 1000), 1)
        elif name == Event.RELEASE and (took := fields.get("took_ms")):
            _add_to(self.generations, bucket_of(int(took) / 1000), 1)
        if code := fields.get("code"):
            self._of_code(code, 1)
            self.counts[_INDEX["refused"]] += code == VendorThrottled.code

    def add(self, other: Row) -> None:
        """Add what happened in another time of the same queue."""
        self._add_counts(other)
        if other.thresholds:
            self._sampled(other.samples, other.sums, other.tops, other.thresholds)

    def add_queue(self, other: Row) -> None:
        """Add what happened in the same time in another queue: what was there at once adds up.

        How high they stood together at an instant nobody knows; at most as high as the tops of all.
        """
        self._add_counts(other)
        if not other.thresholds:
            return
        low, high = self.thresholds or (0, 0)
        mine, theirs = max(1, self.samples), other.samples
        self.sums = [a / mine + b / theirs for a, b in zip(self.sums, other.sums, strict=True)]
        self.tops = [a + b for a, b in zip(self.tops, other.tops, strict=True)]
        self.samples, self.thresholds = 1, (low + other.thresholds[0], high + other.thresholds[1])

    def _add_counts(self, other: Row) -> None:
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        for model, counts in other.models.items():
            mine = self._of_model(model)
            mine[:] = [a + b for a, b in zip(mine, counts, strict=True)]
        for code, count in other.codes.items():
            self._of_code(code, count)
        for mine_of, others in ((self.waits, other.waits), (self.generations, other.generations)):
            for bucket, count in others.items():
                _add_to(mine_of, bucket, count)

    def _sampled(self, samples: int, sums: Sequence[float], tops: Sequence[int], thresholds: tuple[int, int]) -> None:
        self.samples += samples
        self.sums = [a + b for a, b in zip(self.sums, sums, strict=True)]
        self.tops = [max(a, b) for a, b in zip(self.tops, tops, strict=True)]
        low, high = self.thresholds or thresholds
        self.thresholds = min(low, thresholds[0]), max(high, thresholds[1])

    def _of_model(self, model: str) -> list[int]:
        return self.models.setdefault(self._name(self.models, model), [0] * len(BY_MODEL))

    def _of_code(self, code: str, count: int) -> None:
        name = self._name(self.codes, code)
        self.codes[name] = self.codes.get(name, 0) + count

    def _name(self, names: Mapping[str, object], name: str) -> str:
        return name if name in names or len(names) < self.most else OTHER


def wants_record(fields: Mapping[str, str]) -> bool:
    """Return whether of an event with these fields more is to be known than it says."""
    name = fields.get("event")
    return name in _RECORDED or (name == Event.SUBMIT and "attempt" not in fields)  # as a release before ours tells it


def _add_to(counts: dict[int, int], bucket: int, count: int) -> None:
    counts[bucket] = counts.get(bucket, 0) + count


def bucket_of(seconds: float) -> int:
    """Return the bucket of a duration."""
    return bisect_left(BOUNDS, seconds)


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the seconds within which `share` of them were over; None if there are none.

    Within a bucket they count as evenly spread; of what took longer than the last bound that bound is told.
    """
    left = share * sum(counts.values())
    if not left:
        return None
    for bucket, count in sorted(counts.items()):
        if left <= count and bucket < len(BOUNDS):
            begin = BOUNDS[bucket - 1] if bucket else 0.0
            return begin + (BOUNDS[bucket] - begin) * left / count
        left -= count
    return BOUNDS[-1]


def folded(events: Iterable[Happened]) -> dict[int, Row]:
    """Return the rows of the minutes, counted from 1970, in which there was something to count."""
    rows: dict[int, Row] = {}
    for each in events:
        if each.fields.get("event") in _TELLING:
            minute = each.ms // MINUTE_MS
            if minute not in rows:
                rows[minute] = Row()
            rows[minute].happen(each)
    return rows


def by_hour(minutes: Mapping[int, Row]) -> dict[int, Row]:
    """Return the rows of the hours, counted from 1970, of those minutes."""
    rows: dict[int, Row] = {}
    for minute, row in minutes.items():
        rows.setdefault(minute * MINUTE_MS // HOUR_MS, Row(most=MOST_OF_MANY)).add(row)
    return rows
