"""What can be wrong with Redis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aigcq.diagnosis.finding import Code, Finding, error, warning
from aigcq.store.server import Condition

FULL: Final = 0.9
"""From this share of its memory on there is little time left."""
AWAY_ACTION: Final = (
    "Start it, or set REDIS_URL (REDIS_HOST, REDIS_PORT) to where it is. Nothing that was accepted is lost."
)


def away(why: str) -> Finding:
    """Return the finding that nobody answers."""
    return error(
        Code.REDIS_UNAVAILABLE,
        f"Redis cannot be used: {why}".rstrip("."),
        AWAY_ACTION,
        stops=True,
    )


def of_condition(seen: Condition) -> Iterator[Finding]:
    """Yield what is wrong with a server that answers."""
    yield from _refused(seen)
    yield from _disk(seen)
    yield from _memory(seen)
    yield from _eviction(seen)


def _refused(seen: Condition) -> Iterator[Finding]:
    if seen.refusal == "READONLY":
        yield error(
            Code.REDIS_READ_ONLY,
            "Redis takes no writes: this server is a replica.",
            "Set REDIS_URL to the master, or to the Sentinels (redis+sentinel://…), which name it; "
            "or promote this server with `redis-cli REPLICAOF NO ONE` if there is no other master.",
            stops=True,
        )
    if seen.refusal == "NOREPLICAS":
        yield error(
            Code.REDIS_READ_ONLY,
            f"Redis takes no writes: it has fewer good replicas than min-replicas-to-write asks for ({seen.replicas}).",
            "Bring its replicas back, or lower min-replicas-to-write.",
            stops=True,
        )


def _disk(seen: Condition) -> Iterator[Finding]:
    if seen.refusal == "MISCONF":
        yield error(
            Code.REDIS_DISK_FULL,
            f"Redis takes no writes because it cannot write to disk: {seen.why}".rstrip("."),
            "Make room on the disk of Redis, or let it write to its folder; it takes writes again by itself.",
            stops=True,
        )
    elif seen.disk_error:
        yield warning(
            Code.REDIS_DISK_FULL,
            f"Redis could not write {seen.disk_error} to disk the last time: a crash loses what is not there.",
            "Look into its log; make room on the disk of Redis, or let it write to its folder.",
        )


def _memory(seen: Condition) -> Iterator[Finding]:
    share = f"{seen.full:.0%} of {_megabytes(seen.limit_bytes)}"
    if seen.refusal == "OOM":
        yield error(
            Code.REDIS_MEMORY_FULL,
            f"Redis is full ({share}): new tasks are refused; what is under way can still end.",
            "Raise maxmemory, or let results be forgotten sooner (AIGCQ_RESULT_TTL_SECONDS).",
            stops=True,
        )
    elif seen.full >= FULL:
        what = "maxmemory" if seen.maxmemory else "its machine's memory"
        yield warning(
            Code.REDIS_MEMORY_FULL,
            f"Redis is nearly full: it uses {share} ({what}). Full, it refuses new tasks.",
            "Raise maxmemory or give it a larger machine, or let results be forgotten sooner "
            "(AIGCQ_RESULT_TTL_SECONDS).",
        )


def _eviction(seen: Condition) -> Iterator[Finding]:
    if not seen.maxmemory or seen.eviction == "noeviction":
        return
    action = "Set maxmemory-policy noeviction, in its configuration and with `redis-cli CONFIG SET`."
    said = f"maxmemory-policy is {seen.eviction}: when Redis is full it deletes"
    if seen.eviction.startswith("allkeys"):
        yield error(Code.REDIS_EVICTION, f"{said} tasks that were accepted and paid for.", action)
    else:
        yield warning(Code.REDIS_EVICTION, f"{said} results and idempotency keys before their time.", action)


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MiB" if size else "its memory"
