"""What must be true of a queue between any two scripts, whatever has happened to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from aigcq.model import ENDED, Status
from aigcq.store.keys import GROUP, Keys

PERMANENT = frozenset(
    name for name, value in vars(Keys).items() if isinstance(value, property) and not name.endswith("prefix")
)
"""Names of the keys that a queue has for good; `rate:<action>` comes on top."""


@dataclass(slots=True)
class Picture:
    """Everything that one queue keeps in Redis."""

    tasks: dict[str, dict[str, str]] = field(default_factory=dict)
    entries: list[tuple[str, str]] = field(default_factory=list)
    """(entry id, task id)"""
    pending: dict[str, str] = field(default_factory=dict)
    """Entry id -> consumer."""
    zsets: dict[str, dict[str, float]] = field(default_factory=dict)
    ttls: dict[str, int] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)

    def holders(self, task_id: str) -> list[str]:
        """Return the names of the places that hold the task; an open one has exactly one."""
        delivered = {held for entry_id, held in self.entries if entry_id in self.pending}
        places = [name for name in ("queued", "waiting") if task_id in self.zsets[name]]
        return places + ["pending"] * (task_id in delivered)


async def picture(client: Redis, keys: Keys) -> Picture:
    """Read the whole queue. Only for tests: it scans."""
    seen = Picture()
    names = [name async for name in client.scan_iter(match=keys.prefix.replace("[", "\\[") + "*", count=1000)]
    seen.ttls = {name: await client.pttl(name) for name in names}
    for name in names:
        tail = name.removeprefix(keys.task_prefix)
        if name.startswith(keys.task_prefix) and ":" not in tail:
            seen.tasks[tail] = await client.hgetall(name)
            seen.encodings[tail] = await client.object("encoding", name)
    for zset in ("queued", "waiting", "leases", "permits", "quarantine", "ended", "dead", "overdue"):
        seen.zsets[zset] = dict(await client.zrange(getattr(keys, zset), 0, -1, withscores=True))
    if keys.stream in seen.ttls:
        seen.entries = [(entry[0], entry[1]["task"]) for entry in await client.xrange(keys.stream)]
        seen.pending = await _pending(client, keys)
    return seen


async def _pending(client: Redis, keys: Keys) -> dict[str, str]:
    if not await client.xinfo_groups(keys.stream):
        return {}
    rows: list[Any] = await client.xpending_range(keys.stream, GROUP, "-", "+", 1_000_000)
    return {row["message_id"]: row["consumer"] for row in rows}


def violations(seen: Picture, keys: Keys) -> list[str]:
    """Return every invariant that does not hold, as sentences."""
    found = [
        f"{message} ({task_id})" for task_id, record in seen.tasks.items() for message in _of(seen, task_id, record)
    ]
    return found + _of_leases(seen) + _of_strangers(seen, keys) + _of_keys(seen, keys)


def _of(seen: Picture, task_id: str, record: dict[str, str]) -> list[str]:
    entries = [entry_id for entry_id, held in seen.entries if held == task_id]
    held_in = seen.holders(task_id)
    found = []
    if "status" not in record:
        return ["a record has no status"]
    if (record["status"] == Status.FAILED) != (task_id in seen.zsets["dead"]):
        found.append(f"of a task that is {record['status']} the dead letters say otherwise")
    if record["status"] in ENDED:
        places = [name for name in ("queued", "waiting", "leases") if task_id in seen.zsets[name]]
        return found + [f"an ended task is still in {place}" for place in places + ["stream"] * bool(entries)]
    expected = [["pending"]] if record["status"] == Status.PROCESSING else [["queued"], ["waiting"]]
    if held_in not in expected:
        found.append(f"a task that is {record['status']} is in {held_in}")
    if entries != [record.get("entry")]:
        found.append(f"an open task has entry {record.get('entry')} on record and {entries} in the stream")
    if "queued" in held_in and seen.zsets["queued"][task_id] != float(record["score"]):
        found.append("a queued task is not at its own place")
    if seen.encodings[task_id] != "listpack":
        found.append(f"a record is kept as {seen.encodings[task_id]}: {record}")
    return found


def _of_leases(seen: Picture) -> list[str]:
    tasks = dict(seen.entries)
    pending = {tasks.get(entry_id, f"entry {entry_id}, which is gone"): who for entry_id, who in seen.pending.items()}
    found = []
    if set(pending) != set(seen.zsets["leases"]):
        found.append(f"leases {set(seen.zsets['leases'])} are not the pending entries {set(pending)}")
    for task_id, consumer in pending.items():
        if seen.tasks.get(task_id, {}).get("consumer") != consumer:
            found.append(f"the pending entry of {task_id} belongs to {consumer}, its record says otherwise")
    if loose := set(seen.zsets["permits"]) - set(seen.zsets["leases"]) - set(seen.zsets["quarantine"]):
        found.append(f"permits without a lease or a quarantine: {loose}")
    if loose := set(seen.zsets["overdue"]) - set(seen.zsets["leases"]):
        found.append(f"alarms without a lease: {loose}")
    return found


def _of_strangers(seen: Picture, keys: Keys) -> list[str]:
    places = ("queued", "waiting", "leases")
    known = set(seen.tasks)
    found = [
        f"{name} holds tasks without a record: {lost}" for name in places if (lost := set(seen.zsets[name]) - known)
    ]
    if lost := {task_id for _, task_id in seen.entries} - known:
        found.append(f"the stream holds tasks without a record: {lost}")
    return found


def _of_keys(seen: Picture, keys: Keys) -> list[str]:
    allowed = {getattr(keys, name) for name in PERMANENT}
    found = []
    for name, ttl in seen.ttls.items():
        if name in allowed or name.startswith(keys.prefix + "rate:"):
            continue
        task_id = name.removeprefix(keys.task_prefix).partition(":")[0]
        open_task = seen.tasks.get(task_id, {}).get("status") not in {None, *ENDED}
        kept = open_task and name in (keys.task(task_id), keys.request(task_id))
        if kept != (ttl == -1):
            found.append(f"{name} has {'no ' if ttl == -1 else 'a '}TTL")
        if open_task and name == keys.result(task_id):
            found.append(f"{name} exists, but the task has not ended")
    missing = [keys.request(task_id) for task_id in seen.tasks if keys.request(task_id) not in seen.ttls]
    return found + [f"{name} is missing" for name in missing]
