"""The law `step`, the base specification's.

It starts at DEFAULT_THRESHOLD, falls by THRESHOLD_DECREASE when the vendor answers
RequestLimitExceeded, whatever it means by that, once per episode, and rises by THRESHOLD_INCREASE
after each RECOVERY_INTERVAL without such an answer. `store/lua/shared/step.lua` is the same law in Redis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from aigcq.limit.law import Law


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the law remembers; the hash `limit`."""

    threshold: int
    quiet_ms: int
    """Since when nothing was refused; moves on with each rise."""
    cut_ms: int = 0
    """When the threshold last fell."""
    hold_until_ms: int = 0
    """Nothing is granted before."""

    @classmethod
    def from_record(cls, record: Mapping[str, str], law: Law, now_ms: int) -> Self:
        """Read the hash; an empty one is the beginning."""
        if not record.get("threshold"):
            return cls(threshold=law.default, quiet_ms=now_ms)
        return cls(**{"quiet_ms": now_ms} | {name: int(record[name]) for name in cls.__slots__ if name in record})


def recover(state: State, law: Law, now_ms: int) -> State:
    """Return the state with every rise that is due by `now_ms`, within the law's bounds.

    No time in it is of a future that a clock which was set back has undone.
    """
    quiet_ms = min(state.quiet_ms, now_ms)
    steps = (now_ms - quiet_ms) // law.interval_ms
    return State(
        threshold=max(law.minimum, min(law.maximum, state.threshold + steps * law.increase)),
        quiet_ms=quiet_ms + steps * law.interval_ms,
        cut_ms=min(state.cut_ms, now_ms),
        hold_until_ms=min(state.hold_until_ms, now_ms + law.hold_ms),
    )


def grant(state: State, law: Law, live: int, now_ms: int) -> tuple[bool, int]:
    """Return whether one more may run beside `live` others; if not, the ms until it is worth asking again or -1."""
    if now_ms < state.hold_until_ms:
        return False, state.hold_until_ms - now_ms
    if live < state.threshold:
        return True, 0
    return False, state.quiet_ms + law.interval_ms - now_ms if state.threshold < law.maximum else -1


def refused(state: State, law: Law, now_ms: int, granted_ms: int) -> State:
    """Return the state after the vendor refused the permit that was granted at `granted_ms`.

    Permits granted before the last cut are news of the same episode: they renew the hold
    and the quiet time, and cut nothing.
    """
    state = recover(state, law, now_ms)
    if granted_ms > state.cut_ms:
        state = replace(state, threshold=max(law.minimum, state.threshold - law.decrease), cut_ms=now_ms)
    return replace(state, quiet_ms=now_ms, hold_until_ms=now_ms + law.hold_ms)
