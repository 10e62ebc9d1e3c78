"""The connections to Redis, and what a process needs to call its verbs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import (
    OutOfMemoryError,
    RedisError,
    ResponseError,
)

from aigcq.audit import Actor
from aigcq.clock import Clock, SystemClock
from aigcq.config import Settings
from aigcq.errors import SchemaTooNew, StoreUnavailable
from aigcq.spending import day_of
from aigcq.store.address import parse
from aigcq.store.batches import Batches
from aigcq.store.deeds import AUDITED, Said, deed_of, flat
from aigcq.store.keys import GROUP, Keys
from aigcq.store.scripts import Scripts, Wait
from aigcq.store.servers import ELSEWHERE, Refused, Servers

SCHEMA: Final = 1
"""What this release writes. It also reads the next one, so that a rolling upgrade works."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn what redis-py raises into our words; a fault of our own scripts stays what it is."""
    try:
        yield
    except OutOfMemoryError as error:
        raise StoreUnavailable("Redis is full (maxmemory); nothing was written.") from error
    except ResponseError as error:
        if isinstance(error, ELSEWHERE) or _PASSING_WORDS.search(str(error)):
            raise StoreUnavailable(f"Redis refuses: {error}") from error
        raise
    except Refused as error:
        raise StoreUnavailable(f"Redis refuses: {error}") from error
    except (RedisError, OSError) as error:
        raise StoreUnavailable(f"Redis does not answer: {type(error).__name__}") from error


_PASSING_WORDS: Final = re.compile(r"\b(NOREPLICAS|UNBLOCKED|BUSY|NOGROUP|MISCONF)\b")
"""Refusals that end when Redis, or whoever runs it, has mended itself; redis-py has classes for some only."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One process's way to one queue."""

    client: Redis
    batches: Batches
    """Over the client: what is often called goes this way."""
    reader: Redis
    """For blocking reads: they outlast the timeout of an ordinary command."""
    durable: Redis
    """For writes that wait for replicas, and are sent once: see `Scripts.replicated`."""
    servers: Servers
    scripts: Scripts
    keys: Keys
    settings: Settings
    clock: Clock = SystemClock()
    """For the day on which money counts, and for nothing else: all other time is Redis'."""
    actor: Actor | None = None
    """Who acts, where that is to be written down."""

    @classmethod
    def open(cls, settings: Settings, url: str) -> Self:
        """Return the connections to `url`; nothing is sent yet."""
        keys = Keys(settings.queue)
        servers = Servers(parse(url), keys.meta, settings.redis_sentinel_password.get_secret_value())
        # A resent command does no harm: every write is a script that is idempotent by its task.
        client = servers.client(socket_timeout=5.0, retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2))
        # redis-py's own timeout and retries would turn one blocking read into a minute of them; without
        # any timeout a host that is gone without a word would end the reading for good.
        once = Retry(NoBackoff(), 0)
        reader = servers.client(socket_timeout=settings.worker_block_time / 1000 + 5.0, retry=once)
        durable = servers.client(socket_timeout=settings.replica_wait_seconds + 5.0, retry=once)
        batches = Batches(client)
        scripts = Scripts(client, batches, settings.limit_policy)
        return cls(client, batches, reader, durable, servers, scripts, keys, settings)

    def acting(self, actor: Actor) -> Self:
        """Return the same way to the queue, on which is written down what `actor` does."""
        return replace(self, actor=actor)

    def write_down(self, pipe: Any, said: Said, result: str = "done") -> None:
        """Let a transaction write down too what it does; nothing if nobody is known to act."""
        if self.actor:
            words = [*flat(self.actor, said), "result", result]
            pipe.xadd(self.keys.audit, dict(zip(words[::2], words[1::2], strict=True)), maxlen=self.settings.audit_cap)

    async def prepare(self) -> None:
        """Make sure that the consumer group exists and that this release can read the queue.

        Raises:
            SchemaTooNew: a release after the next one has written it.
            StoreUnavailable: Redis does not answer.
        """
        check_schema(await self.run("prepare", [self.keys.stream, self.keys.meta], [GROUP, SCHEMA]))

    @property
    def today(self) -> str:
        """The day on which what happens now counts: `20261124`."""
        return day_of(self.clock.now(), self.settings.budget_timezone)

    async def run(self, verb: str, keys: list[str], args: list[str | int | float]) -> Any:
        """Run one script.

        Raises:
            StoreUnavailable: Redis does not answer; the step was taken as a whole or not at all.
        """
        with translated():
            if self.actor and verb in AUDITED:
                more: list[str | int | float] = [self.settings.audit_cap, deed_of(self.actor, verb, keys, args)]
                return await self.scripts(verb, [*keys, self.keys.audit], [*args, *more], written_down=True)
            return await self.scripts(verb, keys, args)

    async def run_replicated(self, verb: str, keys: list[str], args: list[str | int | float]) -> tuple[Any, bool]:
        """Run one script; return its answer, and whether AIGCQ_MIN_REPLICAS have all that it wrote or found.

        Raises:
            StoreUnavailable: Redis does not answer; the step was taken as a whole or not at all.
        """
        wanted = self.settings.min_replicas
        if not wanted:
            return await self.run(verb, keys, args), True
        wait = Wait(wanted, self.settings.replica_wait_seconds)
        with translated():
            answer, replicas = await self.scripts.replicated(self.durable, verb, keys, args, self.keys.meta, wait)
        if replicas < wanted:
            self.servers.doubt()  # its replicas may follow another one by now
        return answer, replicas >= wanted

    async def close(self) -> None:
        await self.batches.close()
        for client in (self.client, self.reader, self.durable):
            await client.aclose()
        await self.servers.close()


def check_schema(found: int) -> None:
    """Raise SchemaTooNew if this release cannot read what is `found` in Redis."""
    if found > SCHEMA + 1:
        raise SchemaTooNew(found, SCHEMA + 1)


@asynccontextmanager
async def connect(settings: Settings, url: str) -> AsyncIterator[Connection]:
    """Open and prepare the connections to `url`; close them at the end.

    That Redis is not there yet is no reason not to start: every verb says so until it is.

    Raises:
        ConfigurationError: `url` has an option that does not work.
        SchemaTooNew: a release after the next one has written the queue.
    """
    connection = Connection.open(settings, url)
    try:
        with suppress(StoreUnavailable):
            await connection.prepare()
        yield connection
    finally:
        await connection.close()
