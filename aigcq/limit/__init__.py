"""The concurrency law: how many vendor tasks may be live right now.

Pure: a frozen state and what happened give the next state. No I/O, no clock; whole
milliseconds of Redis time. Two laws, chosen by AIGCQ_LIMIT_POLICY: `ceiling`, the default, finds the
vendor's own limit, of the account and of single models (`scopes`), and is tried in `benchmarks/limit`;
`step` is the base specification's. What the store applies is the twin of each in `store/lua/shared`,
atomic with its cause; property tests hold the twins equal.
"""

from __future__ import annotations

from collections.abc import Mapping

from aigcq.limit import ceiling, step
from aigcq.limit.law import Law, News

__all__ = ["Law", "News", "threshold"]


def threshold(record: Mapping[str, str], law: Law, now_ms: int) -> int:
    """Return how many may run now by what the hash `limit` remembers."""
    if law.policy == "ceiling":
        return ceiling.State.from_record(record, law, now_ms).threshold
    return step.recover(step.State.from_record(record, law, now_ms), law, now_ms).threshold
