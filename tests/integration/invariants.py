"""What must be true of a queue between any two scripts, whatever has happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from aigcq.model import ENDED, Status
from aigcq.store.keys import GROUP, Keys
from tests.integration.invariants_of_scopes import Scopes, broken_scopes, is_of_a_model, scopes_in
from tests.integration.invariants_of_shares import Owns, broken_shares, owns_in
from tests.integration.invariants_of_tenants import unlisted

PERMANENT = frozenset(
    name for name, value in vars(Keys).items() if isinstance(value, property) and not name.endswith("prefix")
)
"""Names of the keys that a queue has for good; `rate:<action>`, `durations:<kind>` and those of models come on top."""
ZSETS = (
    "queued",
    "waiting",
    "leases",
    "permits",
    "unanswered",
    "quarantine",
    "ended",
    "dead",
    "overdue",
    "workers",
    "deadlines",
    "outbox",
    "receivers",
    "uploads",
    "leaving",
)


@dataclass(slots=True)
class Picture:
    """Everything that one queue keeps in Redis."""

    tasks: dict[str, dict[str, str]] = field(default_factory=dict)
    others: dict[str, dict[str, str]] = field(default_factory=dict)
    """Key -> fields of each other hash."""
    entries: list[tuple[str, str]] = field(default_factory=list)
    """(entry id, task id)"""
    pending: dict[str, str] = field(default_factory=dict)
    """Entry id -> consumer."""
    zsets: dict[str, dict[str, float]] = field(default_factory=dict)
    scopes: Scopes = field(default_factory=Scopes)
    owns: Owns = field(default_factory=dict)
    ttls: dict[str, int] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    """Key of the list of a tenant -> task ids."""

    def holders(self, task_id: str) -> list[str]:
        """Return the names of the places that hold the task; an open one has exactly one."""
        delivered = {held for entry_id, held in self.entries if entry_id in self.pending}
        places = [name for name in ("queued", "waiting", "leaving") if task_id in self.zsets[name]]
        return places + ["pending"] * (task_id in delivered)


async def picture(client: Redis, keys: Keys) -> Picture:
    """Read the whole queue. Only for tests: it scans."""
    names = [name async for name in client.scan_iter(match=keys.prefix.replace("[", "\\[") + "*", count=1000)]
    dumped, pending = await client.eval(DUMP, len(names), *names, keys.stream, GROUP)
    kinds = {name: kind for name, (kind, *_) in zip(names, dumped, strict=True)}
    contents = {name: content for name, (*_, content) in zip(names, dumped, strict=True)}
    hashes = {name: _pairs(contents[name]) for name in names if kinds[name] == "hash"}
    ids = {name: name.removeprefix(keys.task_prefix) for name in hashes if name.startswith(keys.task_prefix)}
    return Picture(
        tasks={task_id: hashes[name] for name, task_id in ids.items()},
        others={name: fields for name, fields in hashes.items() if name not in ids},
        entries=[(entry_id, fields[1]) for entry_id, fields in contents.get(keys.stream, ())],
        pending={entry_id: consumer for entry_id, consumer, *_ in pending},
        zsets={name: _zset(contents.get(getattr(keys, name), ())) for name in ZSETS},
        owns=owns_in(keys, kinds, lambda name: _zset(contents[name])),
        scopes=scopes_in(keys, kinds, lambda name: set(contents[name][:: 1 if kinds[name] == "set" else 2])),
        ttls={name: ttl for name, (_, ttl, *_) in zip(names, dumped, strict=True)},
        encodings={ids[name]: encoding for name, (_, _, encoding, _) in zip(names, dumped, strict=True) if name in ids},
        lists={name: set(contents[name][::2]) for name in names if name.startswith(keys.ended_of(""))},
    )


DUMP = """
local seen = {}
for i, key in ipairs(KEYS) do
    local kind, content = redis.call('TYPE', key).ok, {}
    if kind == 'hash' then content = redis.call('HGETALL', key) end
    if kind == 'set' then content = redis.call('SMEMBERS', key) end
    if kind == 'zset' then content = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end
    if key == ARGV[1] then content = redis.call('XRANGE', key, '-', '+') end
    seen[i] = {kind, redis.call('PTTL', key), redis.call('OBJECT', 'ENCODING', key), content}
end
local pending = redis.pcall('XPENDING', ARGV[1], ARGV[2], '-', '+', 1000000)
return {seen, pending.err and {} or pending}
"""


def _pairs(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _zset(flat: Sequence[str]) -> dict[str, float]:
    return {member: float(score) for member, score in _pairs(flat).items()}


def violations(seen: Picture, keys: Keys) -> list[str]:
    """Return every invariant that does not hold, as sentences."""
    found = [
        f"{message} ({task_id})" for task_id, record in seen.tasks.items() for message in _of(seen, task_id, record)
    ]
    queued, permits = seen.zsets["queued"], seen.zsets["permits"]
    found += broken_scopes(seen.scopes, keys, seen.tasks, seen.others, queued, permits)
    found += unlisted(seen.tasks, seen.lists, keys)
    found += broken_shares(seen.owns, seen.tasks, queued)
    return found + _of_leases(seen) + _of_strangers(seen, keys) + _of_keys(seen, keys)


def _of(seen: Picture, task_id: str, record: dict[str, str]) -> list[str]:
    entries = [entry_id for entry_id, held in seen.entries if held == task_id]
    held_in = seen.holders(task_id)
    found = []
    if "status" not in record:
        return ["a record has no status"]
    kept = "erased_ms" not in record
    if (record["status"] == Status.FAILED and kept) != (task_id in seen.zsets["dead"]):
        found.append(f"of a task that is {record['status']} the dead letters say otherwise")
    if record["status"] in ENDED:
        places = [name for name in ("queued", "waiting", "leases", "leaving") if task_id in seen.zsets[name]]
        return found + [f"an ended task is still in {place}" for place in places + ["stream"] * bool(entries)]
    expected = [["pending"]] if record["status"] == Status.PROCESSING else [["queued"], ["waiting"], ["leaving"]]
    if held_in not in expected:
        found.append(f"a task that is {record['status']} is in {held_in}")
    if entries != [record.get("entry")][: "leaving" not in held_in]:
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
    if loose := set(seen.zsets["unanswered"]) - set(seen.zsets["permits"]):
        found.append(f"submissions without a permit wait for an answer: {loose}")
    if loose := set(seen.zsets["overdue"]) - set(seen.zsets["leases"]):
        found.append(f"alarms without a lease: {loose}")
    return found


def _of_strangers(seen: Picture, keys: Keys) -> list[str]:
    places = ("queued", "waiting", "leases", "leaving")
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
        lasting = (
            keys.prefix + "rate:", keys.durations(""), keys.tenant(""), keys.api_key(""), keys.ended_of(""),
            keys.own(""), keys.open(""),
        )  # fmt: skip
        if name in allowed or name.startswith(lasting) or is_of_a_model(name, keys):
            continue
        task_id = name.removeprefix(keys.task_prefix).partition(":")[0]
        open_task = seen.tasks.get(task_id, {}).get("status") not in {None, *ENDED}
        kept = open_task and name in (keys.task(task_id), keys.request(task_id))
        if kept != (ttl == -1):
            found.append(f"{name} has {'no ' if ttl == -1 else 'a '}TTL")
        if open_task and name == keys.result(task_id):
            found.append(f"{name} exists, but the task has not ended")
        if name == keys.upload(task_id) and task_id not in seen.zsets["uploads"]:
            found.append(f"{name} is not counted")
    whole = [task_id for task_id, record in seen.tasks.items() if "erased_ms" not in record]
    missing = [keys.request(task_id) for task_id in whole if keys.request(task_id) not in seen.ttls]
    return found + [f"{name} is missing" for name in missing]
