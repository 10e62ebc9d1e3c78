"""What can be wrong with the queue and the workers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aigcq.config import Settings
from aigcq.diagnosis.finding import Code, Finding, error, warning
from aigcq.store.control import Overview

STUCK_MS: Final = 60_000
"""Nothing was claimed for so long, though it could have been."""
SKEW_MS: Final = 10_000
"""Clocks that differ by more are wrong; the vendor refuses what is dated 300 s off."""
RECENT_MS: Final = 300_000
DEAD: Final = 10
DEAD_SHARE: Final = 0.2
"""So many failures lately, and this share of all that ended, are more than bad prompts."""


def alive(seen: Overview, settings: Settings) -> list[str]:
    """Return the workers that have said lately that they live."""
    silent_ms = round(settings.lease_seconds * 1000)
    return [name for name, beat in seen.workers.items() if seen.now_ms - beat <= silent_ms]


def of_queue(seen: Overview, settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the queue and its workers."""
    workers = alive(seen, settings)
    if not workers:
        yield error(
            Code.NO_WORKER,
            f"No worker is alive; {_open(seen)} wait until one is." if _open(seen) else "No worker is alive.",
            "Start one with `python worker.py`, or `docker-compose up -d worker`.",
            stops=True,
        )
    if seen.paused and seen.paused_by != "vendor":
        yield warning(
            Code.PAUSED,
            f"An operator has paused the queue: {seen.paused}".rstrip("."),
            "Let tasks start again with `aigcq resume`, when the reason is over.",
        )
    elif workers and _stuck(seen):
        seconds = (seen.now_ms - _flowing_ms(seen)) // 1000
        yield error(
            Code.QUEUE_STUCK,
            f"{seen.queued} tasks are queued and {seen.live} of {seen.threshold} run, but the {len(workers)} workers "
            f"that are alive have claimed nothing for {seconds} seconds.",
            "Look into the workers' logs; start them anew. If each holds as many as AIGCQ_WORKER_CONCURRENCY allows, "
            "start more.",
            stops=True,
        )
    yield from _horizon(seen, settings)
    yield from _told_by_workers(seen)
    yield from _dead(seen)


def _open(seen: Overview) -> str:
    count = seen.queued + seen.waiting + seen.processing
    return f"{count} task{'s' if count > 1 else ''}" if count else ""


def _stuck(seen: Overview) -> bool:
    """Return whether tasks should have been claimed long ago: there was room, and nothing that holds them back."""
    held_back = seen.paused or seen.passed or seen.live >= seen.threshold or seen.broken_until_ms > seen.now_ms
    flowing_ms = _flowing_ms(seen)
    return bool(seen.queued and not held_back and flowing_ms and seen.now_ms - flowing_ms > STUCK_MS)


def _flowing_ms(seen: Overview) -> int:
    """Return when tasks were last claimed, or had no reason to be, as far as it was noted; 0: it never was."""
    noted = int(seen.vendor.get("flowing_ms", 0))
    return max(noted, seen.granted_ms, int(seen.state.get("hold_until_ms", 0) or 0)) if noted else 0


def _horizon(seen: Overview, settings: Settings) -> Iterator[Finding]:
    if seen.overdue:
        alarm, end = settings.horizon_alarm_seconds / 3600, settings.horizon_seconds / 3600
        yield warning(
            Code.NEAR_HORIZON,
            f"Sent more than {alarm:g} hours ago and not ended: {seen.overdue} (the workers' log names each as "
            "`overdue`).",
            f"Look for them in the vendor's console; at {end:g} hours they are given up.",
        )


def _told_by_workers(seen: Overview) -> Iterator[Finding]:
    told = seen.vendor
    if seen.now_ms - int(told.get("skewed_ms", 0)) < RECENT_MS and "skew_ms" in told:
        yield skewed(int(told["skew_ms"]), "a worker")
    if seen.now_ms - int(told.get("lost_ms", 0)) < RECENT_MS:
        yield warning(
            Code.LEASE_LOSSES,
            "A worker was stalled for longer than AIGCQ_LEASE_SECONDS and lost tasks to others: "
            f"{told.get('lost', 'some')}. Its log names each (`lease lost`).",
            "See whether its host is short of CPU or memory, or far from Redis; else raise AIGCQ_LEASE_SECONDS.",
        )


def skewed(skew_ms: int, who: str) -> Finding:
    """Return the finding that a clock is `skew_ms` ahead of Redis'."""
    way = "ahead of" if skew_ms > 0 else "behind"
    return warning(
        Code.CLOCK_SKEW,
        f"The clock of {who} is {abs(skew_ms) / 1000:.0f} seconds {way} that of Redis.",
        "Let both hosts set their clocks by NTP (chrony, systemd-timesyncd).",
    )


def _dead(seen: Overview) -> Iterator[Finding]:
    if seen.dead_lately >= DEAD and seen.dead_lately >= DEAD_SHARE * seen.ended_lately:
        yield warning(
            Code.DEAD_LETTERS,
            f"{seen.dead_lately} of {max(seen.ended_lately, seen.dead_lately)} tasks that ended within the last hour "
            "failed.",
            "`aigcq dead` lists them with their causes; `aigcq requeue` puts back what should be tried again.",
        )
