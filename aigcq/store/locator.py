"""Who takes writes: asked of Sentinels, or of the nodes of a cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import ConnectionError, RedisError

from aigcq.store.address import Address, Node

ASK_SECONDS: Final = 1.0
"""How long one of them may take to answer."""

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


def locator_of(address: Address, key: str, sentinel_password: str) -> Locator | None:
    """Return who finds the server that takes writes; None: the address names it."""
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
