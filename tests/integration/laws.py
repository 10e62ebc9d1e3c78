"""The pure laws behind one door, as the store knows them: a hash, what happened, the hash after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aigcq.limit import Law, News, ceiling, step
from aigcq.limit.ceiling import Kind, Permit

State = step.State | ceiling.State


def load(record: Mapping[str, int], law: Law, now_ms: int) -> Any:
    """Return what the policy of `law` remembers."""
    words = {name: str(value) for name, value in record.items()}
    if law.policy == "ceiling":
        return ceiling.State.from_record(words, law, now_ms)
    return step.recover(step.State.from_record(words, law, now_ms), law, now_ms)


def grant(state: State, law: Law, live: int, pending: int, now_ms: int) -> tuple[State, Kind | None, int]:
    if isinstance(state, ceiling.State):
        after, permit, wait = ceiling.grant(state, law, live, pending, now_ms)
        return after, permit and permit.kind, wait
    granted, wait = step.grant(state, law, live, now_ms)
    return state, Kind.NORMAL if granted else None, wait


def tell(
    news: News, state: State, law: Law, permit: Permit, live: int, pending: int, now_ms: int, finished_ms: int
) -> State:  # fmt: skip
    if isinstance(state, step.State):
        refused = news in (News.REFUSED, News.RATE_LIMITED, News.FAILED)
        return step.refused(state, law, now_ms, permit.granted_ms) if refused else state
    match news:
        case News.ACCEPTED:
            return ceiling.accepted(state, law, live, pending, now_ms)
        case News.REFUSED:
            return ceiling.refused(state, law, permit, live, now_ms)
        case News.RATE_LIMITED:
            return ceiling.rate_limited(state, now_ms)
        case News.FAILED:
            return ceiling.failed(state, law, permit, live, pending, now_ms)
        case News.WAITING:
            return ceiling.waiting(state, law, permit, now_ms)
        case News.ENDED:
            return ceiling.ended(state, law, permit, finished_ms, now_ms)


def save(record: Mapping[str, int], state: State) -> dict[str, int]:
    return {**record, **asdict(state)}
