"""Clients of Redis, however it is set up: one server, a service that Sentinels watch, or a cluster.

One queue lives in one slot, so that even a cluster is one server at a time: the one that owns
the slot. Who that is, is asked with every new connection, and a connection is given up as soon
as its server says that it is not the one that takes writes: after a failover or the move of a
slot the next one leads to the right place.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,
    MovedError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from aigcq.store.address import Address, Node

ASK_SECONDS: Final = 1.0
"""How long a Sentinel or a node of a cluster may take to say who takes writes."""

ELSEWHERE: Final = (ReadOnlyError, AskError, ClusterDownError, TryAgainError)
ELSEWHERE_WORDS: Final = re.compile(r"\b(NOREPLICAS|UNBLOCKED)\b")
"""Refusals that another server may not make. MOVED is an ASK for good, and its class a child of that one's."""


class Refused(ConnectionError):
    """The server is not, or not now, the one that takes writes; nothing was done, and its connection is closed."""


class Servers:
    """Makes the clients of one queue."""

    def __init__(self, address: Address, key: str, sentinel_password: str = "") -> None:
        """`key` is any key of the queue; Sentinels may have a password of their own."""
        self._address = address
        self._locator = _locator(address, key, sentinel_password)

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
            pool = BlockingConnectionPool.from_url(self._address.url, **options)
            pool.connection_class = _following(pool.connection_class)
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


Ask = Callable[[Any, Node], Awaitable[tuple[Node | None, list[Node]]]]
"""Returns who takes writes, if this node knows, and which further nodes may be asked the next time."""


class Locator:
    """Finds the server that takes writes by asking those who should know."""

    def __init__(self, nodes: tuple[Node, ...], ask: Ask, **options: Any) -> None:
        self._nodes = deque(nodes)
        self._ask = ask
        self._options = options
        self.refusals = 0
        """How often a server that was named did not take writes; who connected before should ask again."""
        self._clients: dict[Node, Redis] = {}

    async def __call__(self) -> Node:
        """Return host and port of the server that takes writes.

        Raises:
            ConnectionError: nobody who was asked knows.
        """
        for _ in range(len(self._nodes)):
            node = self._nodes[0]
            try:
                found, others = await self._ask(self._client(node), node)
            except (RedisError, OSError):
                found, others = None, []
            self._nodes.extend(other for other in others if other not in self._nodes)
            if found:
                return found
            self.doubt()
        raise ConnectionError(f"none of {len(self._nodes)} nodes knows the server that takes writes")

    def doubt(self) -> None:
        """Ask somebody else the next time: one that is cut off from the others repeats what was true once."""
        self._nodes.rotate(-1)

    def refused(self) -> None:
        """Take note that a server that was named does not take writes."""
        self.refusals += 1
        self.doubt()

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    def _client(self, node: Node) -> Redis:
        if node not in self._clients:
            host, port = node
            self._clients[node] = Redis(
                host=host, port=port, decode_responses=True, legacy_responses=False, retry=Retry(NoBackoff(), 0),
                socket_timeout=ASK_SECONDS, socket_connect_timeout=ASK_SECONDS, **self._options,
            )  # fmt: skip
        return self._clients[node]


def _locator(address: Address, key: str, sentinel_password: str) -> Locator | None:
    if address.kind == "sentinel":
        return Locator(
            address.nodes, _ask_sentinel(address.service), password=sentinel_password or None, ssl=address.tls
        )
    if address.kind == "cluster":
        credentials = {"username": address.username or None, "password": address.password or None}
        return Locator(address.nodes, _ask_cluster(key_slot(key.encode())), ssl=address.tls, **credentials)
    return None


def _ask_sentinel(service: str) -> Ask:
    async def ask(client: Any, _: Node) -> tuple[Node | None, list[Node]]:
        found = await client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", service)
        return ((str(found[0]), int(found[1])) if found else None), []

    return ask


def _ask_cluster(slot: int) -> Ask:
    async def ask(client: Any, asked: Node) -> tuple[Node | None, list[Node]]:
        owner: Node | None = None
        everyone: list[Node] = []
        for first, last, master, *replicas in await client.execute_command("CLUSTER", "SLOTS"):
            everyone += [node for row in (master, *replicas) if (node := _reachable(row, asked))]
            if first <= slot <= last:
                owner = _reachable(master, asked)
        return owner, everyone

    return ask


def _reachable(row: list[Any], asked: Node) -> Node | None:
    """Return the node of `row`. Without a host it is where we asked; `?`: the cluster does not know where."""
    host = row[0] or asked[0]
    return None if host == "?" else (str(host), int(row[1]))


class _Following(AbstractConnection):
    """A connection that is closed when its server does not, or no longer, take writes."""

    hint = "; a cluster's REDIS_URL begins with redis+cluster://"
    """For a person who has set the address of one server, where a cluster is."""

    def refused(self) -> None:
        """Tell whoever named this server."""

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)
        except ResponseError as error:
            if not isinstance(error, ELSEWHERE) and not ELSEWHERE_WORDS.match(str(error)):
                raise
            await self.disconnect()  # what else the server has answered is refused as well
            self.refused()
            hint = self.hint if isinstance(error, MovedError) else ""
            raise Refused(f"{error.status_code or ''} {error}{hint}".strip()) from error


class _Tcp(_Following, Connection):
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

    async def _connect(self) -> None:
        if self._locator:
            self._refusals = self._locator.refusals
            self.host, self.port = await self._locator()
        try:
            await super()._connect()  # type: ignore[no-untyped-call]
        except BaseException:
            if self._locator:
                self._locator.doubt()
            raise

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        await super().on_connect_check_health(check_health)
        if self._locator:
            await self.send_command("ROLE", check_health=False)
            role, *_ = await self.read_response()
            if role not in ("master", b"master"):
                self._locator.doubt()
                raise Refused(f"{self.host}:{self.port} is no master")


class _Tls(_Tcp, SSLConnection):
    pass


class _Unix(_Following, UnixDomainSocketConnection):
    pass


def _following(kind: Any) -> type[_Following]:
    """Return our class of connection for one of the library's."""
    if kind is UnixDomainSocketConnection:
        return _Unix
    return _Tls if kind is SSLConnection else _Tcp
