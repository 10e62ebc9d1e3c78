"""What the law `ceiling` remembers: of each permit, and of the vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Final, Self

from aigcq.limit.law import Law

LONGEST_HOLD_MS: Final = 15_000
PROBE_MS: Final = 30_000
"""How long a probe may be under way before the next one."""


class Kind(StrEnum):
    """What a permit is."""

    NORMAL = "n"
    PROBE = "p"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What is remembered of a permit until the vendor has said what became of it."""

    kind: Kind
    epoch: int
    rank: int
    """How many were live with it."""
    granted_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the law remembers; the hash `limit`. Times are 0 when it has not happened."""

    threshold: int
    started_ms: int
    """The first grant while nothing was live, for a while, or known."""
    known: int = 0
    """1 once the vendor has refused anything."""
    epoch: int = 0
    """Rises with each cut: what was granted before is news of the same event."""
    base: int = 0
    """The threshold before this ramp."""
    ramp: int = 0
    """Probes accepted in this ramp."""
    probe_at_ms: int = 0
    hold_until_ms: int = 0
    """Nothing is granted before."""
    refusals: int = 0
    """Of normal permits, in a row."""
    proven: int = 0
    """The most that were accepted since the last cut."""
    held: int = 0
    """The highest rank that ended well since the last cut."""
    top: int = 0
    """The highest level that held, and when."""
    top_ms: int = 0
    accepted_ms: int = 0
    """The last raise."""
    refused_ms: int = 0
    """The last refusal that counted."""
    fallen_from: int = 0
    """The threshold before the fall that goes on now."""
    lag: int = 0
    """How late the vendor frees a slot, ms."""
    ended_ms: int = 0
    ended: int = 0
    """Ends since a probe last told that there was no more."""
    late_ms: int = 0
    """When a refusal last came after the acceptance."""

    @classmethod
    def start(cls, law: Law, now_ms: int) -> Self:
        """Return the beginning, when nothing is known."""
        return cls(threshold=law.default, base=law.default, started_ms=now_ms)

    @classmethod
    def from_record(cls, record: Mapping[str, str], law: Law, now_ms: int) -> Self:
        """Read the hash; one that another policy has written is the beginning, at its threshold."""
        if "started_ms" not in record:
            learnt = bounded(law, int(record.get("threshold", law.default)))
            return replace(cls.start(law, now_ms), threshold=learnt, base=learnt)
        known = {field.name: int(record[field.name]) for field in fields(cls) if field.name in record}
        times = {name: min(at, _latest(name, law, now_ms)) for name, at in known.items() if name.endswith("_ms")}
        bounds = {name: bounded(law, known[name]) for name in ("threshold", "base")}
        return cls(**{**known, **times, **bounds})


def bounded(law: Law, threshold: int) -> int:
    return max(law.minimum, min(law.maximum, threshold))


def _latest(name: str, law: Law, now_ms: int) -> int:
    """Return the latest that a time can be: a clock that was set back must stop nothing for as long."""
    match name:
        case "hold_until_ms":
            return now_ms + LONGEST_HOLD_MS
        case "probe_at_ms":
            return now_ms + max(2 * law.interval_ms, PROBE_MS)
    return now_ms
