"""Clients of Redis, however it is set up: one server, a service that Sentinels watch, or a cluster.

One queue lives in one slot, so that even a cluster is one server at a time: the one that owns
the slot. Who that is, is asked with every new connection, and a connection is given up as soon
as its server says that it is not the one that takes writes: after a failover or the move of a
slot the next one leads to the right place.
"""

from __future__ import annotations

import re
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,
    MovedError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)

from aigcq.errors import ConfigurationError
from aigcq.store.address import Address
from aigcq.store.locator import Locator, locator_of

ELSEWHERE: Final = (ReadOnlyError, AskError, ClusterDownError, TryAgainError)
ELSEWHERE_WORDS: Final = re.compile(r"\b(NOREPLICAS|UNBLOCKED)\b")
"""Refusals that another server may not make. MOVED is an ASK for good, and its class a child of that one's."""


class Refused(ConnectionError):
    """The server is not, or not now, the one that takes writes; its connection is closed."""


class Servers:
    """Makes the clients of one queue."""

    def __init__(self, address: Address, key: str, sentinel_password: str = "") -> None:
        """`key` is any key of the queue; Sentinels may have a password of their own."""
        self._address = address
        self._locator = locator_of(address, key, sentinel_password)

    def client(self, **options: Any) -> Redis:
        """Return a client with a pool of its own; nothing is sent yet.

        The default pool raises beyond 100 connections; this one waits for a free one. Half a surrogate in
        what the vendor says is written as its JSON escape: it must not cost a video that was paid for.
        """
        options = {
            "max_connections": 64, "timeout": 10, "decode_responses": True, "legacy_responses": False,
            "encoding_errors": "backslashreplace", "socket_connect_timeout": 2.0, **options,
        }  # fmt: skip
        if self._locator is None:
            pool = _pool_of_url(self._address.url, options)
        else:
            pool = BlockingConnectionPool(
                connection_class=_Tls if self._address.tls else _Tcp, locator=self._locator, db=self._address.db,
                username=self._address.username or None, password=self._address.password or None, **options,
            )  # fmt: skip
        return Redis.from_pool(pool)  # unlike Redis(connection_pool=…) it closes the pool with the client

    def doubt(self) -> None:
        """Let every connection ask anew who takes writes: the one that was named may have been replaced unnoticed."""
        if self._locator:
            self._locator.refused()

    async def close(self) -> None:
        if self._locator:
            await self._locator.close()


def _pool_of_url(url: str, options: dict[str, Any]) -> BlockingConnectionPool:
    try:
        pool = BlockingConnectionPool.from_url(url, **options)
        pool.make_connection()  # type: ignore[no-untyped-call]  # no I/O: only to see whether every option exists
    except (TypeError, ValueError):  # without its words and the address: it may hold a password
        raise ConfigurationError("REDIS_URL has an option, behind its `?`, that does not exist or work.") from None
    pool.connection_class = _following(pool.connection_class)
    return pool


class Following(AbstractConnection):
    """A connection that is closed when its server does not, or no longer, take writes."""

    hint = "; a cluster's REDIS_URL begins with redis+cluster://"
    """For a person who has set the address of one server, where a cluster is."""

    def refused(self) -> None:
        """Tell whoever named this server."""

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)
        except ResponseError as error:
            if not elsewhere(error):
                raise
            raise await self.given_up(error) from error

    async def read_answer(self) -> Any:
        """Return the next answer, even if it is an error: the connection stays as it is."""
        try:
            return await super().read_response()
        except ResponseError as error:
            return error

    async def given_up(self, error: ResponseError) -> Refused:
        """Close the connection for an error that is `elsewhere`; return what to raise."""
        await self.disconnect()  # what else the server has answered is refused as well
        self.refused()
        hint = self.hint if isinstance(error, MovedError) else ""
        return Refused(f"{error.status_code or ''} {error}{hint}".strip())


def elsewhere(error: Any) -> bool:
    """Return whether another server may not make this refusal."""
    return isinstance(error, ResponseError) and (
        isinstance(error, ELSEWHERE) or bool(ELSEWHERE_WORDS.match(str(error)))
    )


class _Tcp(Following, Connection):
    def __init__(self, *, locator: Locator | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._locator = locator
        self._refusals = 0
        if locator:
            self.hint = ""

    def refused(self) -> None:
        if self._locator:
            self._locator.refused()

    async def connect(self) -> None:
        """Called whenever the connection is taken from its pool."""
        if self._locator and self._refusals != self._locator.refusals:
            await self.disconnect()
        await super().connect()  # type: ignore[no-untyped-call]

    async def connect_check_health(self, *args: Any, **options: Any) -> None:
        try:
            await super().connect_check_health(*args, **options)
        except BaseException:
            if self._locator:
                self._locator.doubt()
            raise

    async def _connect(self) -> None:
        if self._locator:
            self._refusals = self._locator.refusals
            self.host, self.port = await self._locator()
        await super()._connect()  # type: ignore[no-untyped-call]

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        await super().on_connect_check_health(check_health)
        if self._locator:
            await self.send_command("ROLE", check_health=False)
            role, *_ = await self.read_response()
            if role not in ("master", b"master"):
                raise Refused(f"{self.host}:{self.port} is no master")


class _Tls(_Tcp, SSLConnection):
    pass


class _Unix(Following, UnixDomainSocketConnection):
    pass


def _following(kind: Any) -> type[Following]:
    """Return our class of connection for one of the library's."""
    if kind is UnixDomainSocketConnection:
        return _Unix
    return _Tls if kind is SSLConnection else _Tcp
