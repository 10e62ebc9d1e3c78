"""The Lua scripts: one file a verb, called by name.

`-- USES a b` in a script's header puts the functions of `lua/shared/a.lua` and `b.lua`
before its body, so that a rule such as ownership is written once. A part may use others.
`policy` is no file: it is the law of the concurrency limit that is in force, `step.lua` or `ceiling.lua`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError, RedisError

from aigcq.store.batches import Batches
from aigcq.store.deeds import AUDITED

REFUSED_WHEN_FULL: Final = frozenset({"enqueue", "history_fold", "probe", "put_upload"})
"""At `maxmemory` work must be able to end; new work is refused, and what is told of the old; a probe is to tell it."""
READ_ONLY: Final = frozenset(
    {
        "depths",
        "history_facts",
        "lent",
        "look",
        "movable",
        "oldest",
        "outlived",
        "overview",
        "picture",
        "staff",
        "timeline",
    }
)
"""They are answered even where nothing may be written: replicas are missing, the disk is full."""

_LUA: Final = files("aigcq.store") / "lua"


@cache
def sources() -> dict[str, str]:
    """Return the text of every verb as it is written, by name."""
    return {
        path.name.removesuffix(".lua"): path.read_text("utf-8")
        for path in sorted(_LUA.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".lua")
    }


@cache
def composed(name: str, policy: str = "ceiling") -> str:
    """Return the text of one verb as Redis gets it: flags, shared functions, body.

    It knows one law of the limit, `policy`; one that asks no law is the same under each.
    """
    return "\n".join([_shebang(name), *dict.fromkeys(_with_parts(sources()[name], policy))])  # each part once


@cache
def audited(name: str, policy: str = "ceiling") -> str:
    """Return the text of one verb that also writes down who did it, and what came of it.

    Its last key is the record of that; its last two arguments are how many are kept, and the deed as JSON.
    """
    *parts, step = dict.fromkeys(_with_parts(sources()[name], policy))
    call = "write_down(KEYS[#KEYS], ARGV[#ARGV - 1], cjson.decode(ARGV[#ARGV]), KEYS[1], answer)"
    wrapped = f"local function the_step()\n{step}\nend\nlocal answer = the_step()\n{call}\nreturn answer"
    return "\n".join([_shebang(name), *parts, part("audit"), wrapped])


def part(name: str) -> str:
    """Return the text of one shared part, without those that it uses."""
    return (_LUA / "shared" / f"{name}.lua").read_text("utf-8")


def _shebang(name: str) -> str:
    if name in REFUSED_WHEN_FULL:
        return "#!lua"
    return "#!lua flags=no-writes" if name in READ_ONLY else "#!lua flags=allow-oom"


def _with_parts(source: str, policy: str) -> list[str]:
    uses = re.search(r"^-- USES (.+)$", source, re.M)
    parts = [part(policy if name == "policy" else name) for name in (uses[1].split() if uses else ())]
    return [*(text for each in parts for text in _with_parts(each, policy)), source]


@dataclass(frozen=True, slots=True)
class Wait:
    """How many replicas must have a write, and how long they may take."""

    replicas: int
    seconds: float


class Scripts:
    """Every verb as a coroutine, under one `policy` of the limit: `await scripts("claim", keys, args)`."""

    def __init__(self, client: Redis, batches: Batches, policy: str) -> None:
        self._batches = batches
        self._scripts: dict[str, AsyncScript] = {
            name: client.register_script(composed(name, policy)) for name in sources()
        }
        self._audited = {name: client.register_script(audited(name, policy)) for name in AUDITED}

    async def __call__(
        self, name: str, keys: list[str], args: list[str | int | float], *, written_down: bool = False
    ) -> Any:
        """Run one verb; a server that does not have its script is given the text."""
        script = self._audited[name] if written_down else self._scripts[name]
        try:
            return await self._batches.call("EVALSHA", script.sha, len(keys), *keys, *args)
        except NoScriptError:  # with the call: a script that is loaded first may be gone again by then
            return await self._batches.call("EVAL", str(script.script), len(keys), *keys, *args)

    async def replicated(
        self, client: Redis, name: str, keys: list[str], args: list[str | int | float], barrier: str, wait: Wait
    ) -> tuple[Any, int]:
        """Run one verb; return its answer and how many replicas have all that it wrote or found.

        All of it goes over one connection of `client`, which must not resend: a failover between the verb
        and its WAIT would make the count speak of another server.
        """
        script = self._scripts[name]
        answer, replicas = await _waited(client, ["EVALSHA", script.sha, len(keys), *keys, *args], barrier, wait)
        if isinstance(answer, NoScriptError):
            answer, replicas = await _waited(client, ["EVAL", script.script, len(keys), *keys, *args], barrier, wait)
        if isinstance(answer, RedisError):
            raise answer
        return answer, replicas


async def _waited(client: Redis, call: list[Any], barrier: str, wait: Wait) -> tuple[Any, int]:
    async with client.pipeline(transaction=False) as pipe:
        pipe.execute_command(*call)
        pipe.execute_command("EVAL", composed("barrier"), 1, barrier)
        pipe.execute_command("WAIT", wait.replicas, round(wait.seconds * 1000))
        answer, written, replicas = await pipe.execute(raise_on_error=False)
    known = not isinstance(written, RedisError) and isinstance(replicas, int)
    return answer, replicas if known else 0
