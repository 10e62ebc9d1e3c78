"""How Redis itself is: whether it takes writes, keeps them, and has room.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from redis.exceptions import OutOfMemoryError, ResponseError

from aigcq.store.connection import Connection, translated
from aigcq.store.servers import Refused

FRESH_SECONDS: Final = 2.0
"""What was seen is good for so long: whoever probes, however often, costs one look."""
PROBE_MS: Final = 60_000
_WORDS: Final = re.compile(r"\b(READONLY|NOREPLICAS|MISCONF|OOM)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A server of Redis at one moment; what it does not tell is as if it were well."""

    refusal: str = ""
    """The first word of what it answered to a write: READONLY, NOREPLICAS, MISCONF, OOM; empty: it was written."""
    why: str = ""
    """All of that answer."""
    version: str = ""
    engine: str = "redis"
    """`redis` or `valkey`."""
    role: str = "master"
    replicas: int = 0
    """How many are connected to it."""
    aof: bool = False
    """Whether there is an append-only file."""
    disk_error: str = ""
    """What it could last not write to disk; empty: it could."""
    used_bytes: int = 0
    limit_bytes: int = 0
    """`maxmemory`, or, where there is none, all memory of its machine; 0: not told."""
    maxmemory: int = 0
    """0: there is no limit."""
    eviction: str = "noeviction"

    @property
    def full(self) -> float:
        """How much of its memory is used, 0 to 1."""
        return self.used_bytes / self.limit_bytes if self.limit_bytes else 0.0


class Server:
    """Looks at the server that this queue is on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen = Condition()
        self._until = float("-inf")

    async def look(self, *, fresh: bool = False) -> Condition:
        """Return how it is; as it was a moment ago, unless `fresh`."""
        if fresh or self._connection.clock.monotonic() >= self._until:
            self._seen = read_condition(await self._info(), await self._refusal())
            self._until = self._connection.clock.monotonic() + FRESH_SECONDS
        return self._seen

    async def settings(self) -> Mapping[str, str]:
        """Return how it keeps what it has: `appendfsync` and `save`; empty if it may not be asked here."""
        try:
            with translated():
                found: Any = await self._connection.client.config_get("appendfsync", "save")
        except ResponseError:
            return {}
        return dict(found)

    async def _info(self) -> Mapping[str, Any]:
        try:
            with translated():
                info: Mapping[str, Any] = await self._connection.client.info(
                    "server", "memory", "persistence", "replication"
                )
        except ResponseError:  # it may not be asked here
            return {}
        return info

    async def _refusal(self) -> str:
        """Return what it answers to a write, if it is a refusal that says how it is; else an empty text."""
        with translated():
            try:
                await self._connection.scripts("probe", [self._connection.keys.probe], [PROBE_MS])
            except OutOfMemoryError as error:
                return f"OOM {error}"
            except (Refused, ResponseError) as error:
                said = f"{getattr(error, 'status_code', None) or ''} {error}".strip()
                if not _WORDS.search(said):
                    raise
                return said
        return ""


def read_condition(info: Mapping[str, Any], refusal: str) -> Condition:
    """Return what INFO says, and a refused write."""
    word = _WORDS.search(refusal)
    maxmemory = int(info.get("maxmemory", 0))
    engine = str(info.get("server_name", "redis"))
    return Condition(
        refusal=word[1] if word else "",
        why=refusal[:300],
        version=str(info.get(f"{engine}_version", info.get("redis_version", ""))),
        engine=engine,
        role=str(info.get("role", "master")),
        replicas=int(info.get("connected_slaves", 0)),
        aof=bool(info.get("aof_enabled", 0)),
        disk_error=_disk_error(info),
        used_bytes=int(info.get("used_memory", 0)),
        limit_bytes=maxmemory or int(info.get("total_system_memory", 0)),
        maxmemory=maxmemory,
        eviction=str(info.get("maxmemory_policy", "noeviction")),
    )


def _disk_error(info: Mapping[str, Any]) -> str:
    if info.get("aof_enabled") and info.get("aof_last_write_status", "ok") != "ok":
        return "the append-only file"
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        return "its snapshot"
    return "the append-only file anew" if info.get("aof_last_bgrewrite_status", "ok") != "ok" else ""
