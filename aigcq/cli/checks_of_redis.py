"""What `aigcq doctor` looks at in Redis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from aigcq.cli.checks import Check, fail, ok, warn
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.diagnosis import SKEW_MS, alive
from aigcq.store import Store
from aigcq.store.connection import SCHEMA
from aigcq.store.control import Overview
from aigcq.store.server import Condition

LEAST_VERSION: Final = (7, 0)
NTP: Final = "Let both hosts set their clocks by NTP (chrony, systemd-timesyncd)."


async def of_server(store: Store, settings: Settings) -> Iterable[Check]:
    """Return how the server is: its release, whether it takes writes, keeps them and has room."""
    condition = await store.server.look(fresh=True)
    told = await store.server.settings()
    return [
        _version(condition), _written(condition), _kept(condition, told), _memory(condition),
        *_replicas(condition, settings),
    ]  # fmt: skip


def _version(seen: Condition) -> Check:
    name = "Redis release"
    if seen.engine == "redis" and _numbers(seen.version) and _numbers(seen.version) < LEAST_VERSION:
        return fail(name, f"Redis {seen.version} is too old.", "Use Redis 7.0 or newer, or Valkey.")
    return ok(name, f"{seen.engine.capitalize()} {seen.version or 'that does not tell its release'}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _written(seen: Condition) -> Check:
    if seen.refusal:
        return fail("Redis writes", f"It refuses a write: {seen.why}", "What follows under `findings` says what to do.")
    return ok("Redis writes", f"It took a write; it is a {seen.role}.")


def _kept(seen: Condition, told: Mapping[str, str]) -> Check:
    name, action = "Redis persistence", "Set appendonly yes and appendfsync always in redis.conf."
    if not seen.aof and not told.get("save", "?"):
        return warn(name, "It keeps nothing on disk: a restart of it loses every task.", action)
    if not seen.aof:
        return warn(name, "It keeps snapshots only: a crash loses what came after the last one.", action)
    policy = told.get("appendfsync", "")
    if policy == "no":
        return warn(name, "AOF with appendfsync no: a crash of its machine loses up to half a minute.", action)
    if policy == "everysec":
        return ok(name, "AOF with appendfsync everysec: a crash of its machine may lose up to 2 seconds.")
    return ok(name, f"AOF with appendfsync {policy}" if policy else "AOF; it does not tell how often it is flushed.")


def _memory(seen: Condition) -> Check:
    used = f"{seen.used_bytes / 1024**2:,.0f} MiB"
    if not seen.maxmemory:
        return warn(
            "Redis memory",
            f"{used} are used, and there is no maxmemory: it grows until the system ends it.",
            "Set maxmemory below the machine's memory: at it new tasks are refused, and the others still end.",
        )
    return ok("Redis memory", f"{used} of {seen.maxmemory / 1024**2:,.0f} MiB are used, policy {seen.eviction}.")


def _replicas(seen: Condition, settings: Settings) -> Iterator[Check]:
    wanted, name = settings.min_replicas, "Redis replicas"
    if wanted > seen.replicas:
        yield fail(
            name,
            f"AIGCQ_MIN_REPLICAS={wanted}, and {seen.replicas} are connected: no task is acknowledged.",
            "Bring replicas up, or lower AIGCQ_MIN_REPLICAS.",
        )
    elif seen.replicas and not wanted:
        yield warn(
            name,
            f"{seen.replicas} are connected, and no write waits for them: a failover may lose accepted tasks.",
            "Set AIGCQ_MIN_REPLICAS=1.",
        )
    elif seen.replicas:
        yield ok(name, f"{seen.replicas} are connected; {wanted} must have each new task.")


async def of_queue(store: Store, settings: Settings, clock: Clock) -> Iterable[Check]:
    """Return how the queue is: what release has written it, who works on it, whether this host's clock is right."""
    before = clock.now()
    overview = await store.control.overview()
    return [_schema(), _clock(round((before + clock.now()) * 500), overview), _workers(overview, settings)]


def _schema() -> Check:
    return ok("schema", f"This release reads and writes the queue (schema {SCHEMA}).")


def _clock(here_ms: int, overview: Overview) -> Check:
    skew_ms = here_ms - overview.now_ms
    said = f"This host's clock is {abs(skew_ms) / 1000:.1f} seconds {'ahead of' if skew_ms > 0 else 'behind'} Redis'."
    return warn("clock, Redis", said, NTP) if abs(skew_ms) > SKEW_MS else ok("clock, Redis", said)


def _workers(overview: Overview, settings: Settings) -> Check:
    count = len(alive(overview, settings))
    said = f"{count} alive; {overview.live} of {overview.threshold} videos run, {overview.queued} tasks wait."
    return ok("workers", said) if count else fail("workers", said, "Start one: `python worker.py`.")
