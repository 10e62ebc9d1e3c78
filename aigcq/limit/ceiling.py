"""The law `ceiling`: find the vendor's limit by what it refuses, and stay there.

A refusal is a measurement: what the vendor has accepted at that instant is its limit. A permit
below the threshold is normal, one above it is a *probe*: one at a time, paced. A refused probe
changes nothing; an accepted one raises the threshold to what is live, and the next follows at
once (a *ramp*). A probe that took a slot which was free already has told nothing, and is soon
repeated. A normal permit that is refused closes the gate for a moment; the second in a
row lowers the threshold to what is live. Late news corrects: a vendor task that had ended before
the last measurement held no slot then.

The vendor may also accept a task and fail it seconds later with a limit code (`failed`): then
only what ended well proves a level, and for an hour ramps are slower, but for the last part of
the way back to a level that held. Or it may queue what is too much (`waiting`): that costs
nothing, but what waits there can neither be overtaken nor be cancelled.

In the beginning nothing is known: the first permits double every `START_MS`, and the very first
refusal is believed at once.

Every function takes the counts *after* what happened: `live` permits are out, `pending` of them
not answered yet. `store/lua/shared/ceiling.lua` is the same law in Redis.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aigcq.limit.law import Law
from aigcq.limit.state import LONGEST_HOLD_MS, PROBE_MS, Kind, Permit, State, bounded

__all__ = ["Kind", "Permit", "State", "accepted", "ended", "failed", "grant", "rate_limited", "refused", "waiting"]

START_MS: Final = 3_000
"""In the beginning as many permits as 2 to the power of how often this has passed."""
IDLE_MS: Final = 10_000
"""After so long with nothing live the beginning begins anew."""
FIRST_HOLD_MS: Final = 2_000
FAILED_HOLD_MS: Final = 5_000
RATE_HOLD_MS: Final = 1_000
RAMP_MS: Final = 500
"""A step of a ramp, while it is not known whether refusals come at once or late."""
LATE_RAMP_MS: Final = 15_000
"""Where refusals come late, the next step of a ramp waits for them,"""
LATE_STEPS: Final = 3
"""until so many in a row have held below a level that held before."""
BLIP_MS: Final = 20_000
"""A refusal so soon after an end is taken for a slot that the vendor frees late."""
LAG_STEP_MS: Final = 500
MOST_LAG_MS: Final = 6_000
LAG_DECAY_MS: Final = 25
MEMORY: Final = 60
"""So many intervals a level that held is remembered."""
ENOUGH_ENDED: Final = 18
"""So many ends after a refused probe make another one worth it, unless below a level that held."""


def grant(state: State, law: Law, live: int, pending: int, now_ms: int) -> tuple[State, Permit | None, int]:
    """Return the state, a permit or None, and the ms after which it is worth asking again, -1: only news helps.

    Here `live` and `pending` are without the permit that is asked for.
    """
    if now_ms < state.hold_until_ms:
        return state, None, state.hold_until_ms - now_ms
    if not live and not state.known and now_ms - state.ended_ms > IDLE_MS:
        state = replace(state, started_ms=now_ms)
    if wait := _beginning(state, live, now_ms):
        return state, None, wait
    at_the_top = live >= state.proven
    most = 1 if state.refusals or at_the_top else -(-state.threshold // 8)
    if live > state.threshold or pending >= most:
        return state, None, -1
    if live == state.threshold:
        return _probe(state, law, live, pending, now_ms)
    if state.lag and live + 1 >= state.proven and now_ms < state.ended_ms + state.lag:
        return state, None, state.ended_ms + state.lag - now_ms
    return state, Permit(kind=Kind.NORMAL, epoch=state.epoch, rank=live + 1, granted_ms=now_ms), 0


def accepted(state: State, law: Law, live: int, pending: int, now_ms: int) -> State:
    """Return the state after the vendor took a task."""
    flying = live - pending
    if state.refusals == 1 and now_ms - state.ended_ms < BLIP_MS:
        state = replace(state, lag=min(MOST_LAG_MS, state.lag + LAG_STEP_MS))
    if state.fallen_from - state.threshold >= 2:  # it may have been no fall at all
        state = replace(state, probe_at_ms=now_ms)
    state = replace(state, refusals=0, fallen_from=0)
    if flying > state.threshold:
        raised = min(law.maximum, max(flying, state.threshold + law.increase))
        state = replace(state, threshold=raised, ramp=state.ramp + 1, accepted_ms=now_ms)
        state = replace(state, probe_at_ms=now_ms + _pause(state, law, now_ms))
    return replace(state, proven=max(state.proven, flying))


def refused(state: State, law: Law, permit: Permit, live: int, now_ms: int) -> State:
    """Return the state after the vendor refused a submission because too many are live; nothing was created."""
    first, state = not state.known, replace(state, known=1)
    if permit.epoch != state.epoch:
        return state
    if permit.kind is Kind.PROBE:
        probe_at_ms = now_ms + interval(state, law, now_ms)
        return replace(state, refused_ms=now_ms, ramp=0, ended=0, probe_at_ms=probe_at_ms)
    refusals = state.refusals + (2 if first else 1)
    hold_ms = min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** min(refusals - 1, 10))
    state = replace(state, refusals=refusals, ramp=0, hold_until_ms=now_ms + hold_ms)
    measured = bounded(law, live)
    return _cut(state, law, measured, now_ms) if refusals >= 2 and measured < state.threshold else state


def rate_limited(state: State, now_ms: int) -> State:
    """Return the state after too many requests in one second: that says nothing of concurrency."""
    return replace(state, hold_until_ms=max(state.hold_until_ms, now_ms + RATE_HOLD_MS))


def failed(state: State, law: Law, permit: Permit, live: int, pending: int, now_ms: int) -> State:
    """Return the state after the vendor failed a task with a limit code that it had accepted."""
    first, flying = not state.known, live - pending
    state = replace(state, known=1, late_ms=now_ms, hold_until_ms=now_ms + FAILED_HOLD_MS)
    normal = permit.kind is Kind.NORMAL
    if permit.epoch != state.epoch:
        return _lower(state, law, flying, now_ms) if normal and bounded(law, flying) < state.threshold else state
    measured = permit.rank - 1
    if normal or first:
        measured = min(measured, flying)
    if normal:
        measured = min(measured, state.threshold - 1)
    if state.held:
        state = _seen(state, law, state.held, now_ms)
    return _lower(replace(state, epoch=state.epoch + 1, ramp=0, ended=0), law, measured, now_ms)


def waiting(state: State, law: Law, permit: Permit, now_ms: int) -> State:
    """Return the state after the vendor was seen to queue a task: what was live before it is all that it runs."""
    state = replace(state, known=1, late_ms=now_ms)
    if permit.epoch != state.epoch or permit.rank > state.threshold:
        return state
    return _lower(replace(state, ramp=0), law, permit.rank - 1, now_ms)


def ended(state: State, law: Law, permit: Permit, finished_ms: int, now_ms: int) -> State:
    """Return the state after a vendor task ended, at `finished_ms` as far as is known, and freed its slot."""
    if permit.epoch == state.epoch:
        state = replace(state, held=max(state.held, min(permit.rank, state.threshold)))
    state = replace(
        state, ended_ms=now_ms, ended=state.ended + 1, lag=max(0, state.lag - LAG_DECAY_MS)
    )  # fmt: skip
    latest = max(finished_ms, permit.granted_ms)
    if latest < state.refused_ms:  # it held no slot when that was measured
        state = replace(state, threshold=max(law.minimum, state.threshold - 1))
    elif latest < state.accepted_ms and state.threshold > state.base:
        state = _shorten_ramp(state, now_ms)
    return replace(
        state, proven=min(state.proven, state.threshold), held=min(state.held, state.threshold)
    )  # fmt: skip


def interval(state: State, law: Law, now_ms: int) -> int:
    """Return the ms until the next probe: short below a level that held."""
    return law.interval_ms if _below_the_top(state, law, now_ms) else 2 * law.interval_ms


def _beginning(state: State, live: int, now_ms: int) -> int:
    """Return the ms until one more may be tried while nothing is known; 0: now."""
    doublings = min(20, (now_ms - state.started_ms) // START_MS)
    if state.known or live < max(2**doublings, state.held):
        return 0
    return START_MS - (now_ms - state.started_ms) % START_MS


def _probe(
    state: State, law: Law, live: int, pending: int, now_ms: int
) -> tuple[State, Permit | None, int]:  # fmt: skip
    if state.threshold >= law.maximum or pending:
        return state, None, -1
    if not _due(state, law, now_ms):
        return state, None, state.probe_at_ms - now_ms if now_ms < state.probe_at_ms else -1
    if not state.ramp:
        state = replace(state, base=state.threshold)
    state = replace(state, probe_at_ms=now_ms + PROBE_MS)
    return state, Permit(kind=Kind.PROBE, epoch=state.epoch, rank=live + 1, granted_ms=now_ms), 0


def _due(state: State, law: Law, now_ms: int) -> bool:
    enough = state.ramp or _below_the_top(state, law, now_ms) or state.ended >= ENOUGH_ENDED
    return bool(enough) and now_ms >= state.probe_at_ms


def _pause(state: State, law: Law, now_ms: int) -> int:
    """Return the ms until the next step of a ramp."""
    if _recently(state.late_ms, law, now_ms):
        return 0 if state.ramp > LATE_STEPS and _below_the_top(state, law, now_ms) else LATE_RAMP_MS
    return 0 if _recently(state.refused_ms, law, now_ms) else RAMP_MS


def _cut(state: State, law: Law, measured: int, now_ms: int) -> State:
    """Return the state after normal permits were refused: the vendor's limit is what it has accepted."""
    fresh = now_ms - state.accepted_ms < 2 * law.interval_ms and measured >= state.base
    state = _seen(state, law, min(state.proven, state.base) if fresh else state.proven, now_ms)
    state = replace(
        state, fallen_from=state.fallen_from or state.threshold, refused_ms=now_ms, epoch=state.epoch + 1
    )  # fmt: skip
    return _lower(state, law, measured, now_ms)


def _lower(state: State, law: Law, measured: int, now_ms: int) -> State:
    lowered = min(state.threshold, bounded(law, measured))
    state = replace(
        state, threshold=lowered, base=lowered, proven=min(state.proven, lowered), held=min(state.held, lowered)
    )  # fmt: skip
    return replace(state, probe_at_ms=now_ms + interval(state, law, now_ms))


def _shorten_ramp(state: State, now_ms: int) -> State:
    """Return the state after it turned out that a slot was free before the ramp took it."""
    state = replace(state, threshold=state.threshold - 1)
    if state.threshold > state.base or state.threshold < state.top:
        return state
    return replace(state, ramp=0, probe_at_ms=now_ms + PROBE_MS)  # it has told nothing: the ends still count


def _seen(state: State, law: Law, level: int, now_ms: int) -> State:
    """Remember the highest level that held."""
    if level < state.top and _recently(state.top_ms, law, now_ms):
        return state
    return replace(state, top=level, top_ms=now_ms)


def _below_the_top(state: State, law: Law, now_ms: int) -> bool:
    return state.threshold < state.top and _recently(state.top_ms, law, now_ms)


def _recently(at_ms: int, law: Law, now_ms: int) -> bool:
    return at_ms > 0 and now_ms - at_ms < MEMORY * law.interval_ms
