"""The concurrency law: how many vendor tasks may be live right now.

Pure: a frozen state and what happened give the next state. No I/O, no clock; whole
milliseconds of Redis time. Two laws: `step` is the base specification's and the one that the
store applies; `ceiling` finds the vendor's own limit, and is tried in `benchmarks/limit`. Each has
a twin in `store/lua/shared`, where it must be atomic with its cause; property tests hold the twins equal.
"""

from __future__ import annotations

from aigcq.limit.law import Law
from aigcq.limit.step import State, recover, room, throttled

__all__ = ["Law", "State", "recover", "room", "throttled"]
