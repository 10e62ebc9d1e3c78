"""REDIS_URL: one server, a service that Sentinels watch, or a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from aigcq.errors import ConfigurationError

Node = tuple[str, int]
"""Host and port."""

FORMS: Final = (
    "redis://:PASSWORD@HOST:6379/0, rediss://…, unix:///PATH, "
    "redis+sentinel://:PASSWORD@HOST:26379,HOST:26379/SERVICE/0 or redis+cluster://:PASSWORD@HOST:6379,HOST:6379"
)
KINDS: Final = {"sentinel": 26379, "cluster": 6379}
"""Kinds of many nodes, and the port of a node that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a queue is kept."""

    kind: Literal["server", "sentinel", "cluster"]
    url: str
    """As it was given; only `server` is understood by the client library."""
    nodes: tuple[Node, ...] = ()
    """Whom to ask for the server that takes writes: Sentinels, or any nodes of the cluster."""
    service: str = ""
    """What the Sentinels call the servers that they watch."""
    db: int = 0
    username: str = ""
    password: str = ""
    tls: bool = False


def parse(url: str) -> Address:
    """Return what `url` says.

    Raises:
        ConfigurationError: it is malformed; the message says what is wrong, and never repeats it: it may
            hold a password.
    """
    scheme = url.partition("://")[0].lower()
    if scheme in ("redis", "rediss", "unix"):
        return _server(url)
    protocol, _, kind = scheme.partition("+")
    if protocol not in ("redis", "rediss") or kind not in KINDS:
        raise ConfigurationError(f"REDIS_URL must be like {FORMS}.")
    return _of_many(kind, url, tls=protocol == "rediss")


def _of_many(kind: str, url: str, *, tls: bool) -> Address:
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    if parts.query or parts.fragment or "@" in parts.path:
        raise ConfigurationError(
            "REDIS_URL: in a password '/' is %2F, '?' %3F and '#' %23; nothing else may hold '?' or '#'."
        )
    service, db = _service(parts.path) if kind == "sentinel" else _no_path(parts.path)
    return Address(
        kind="sentinel" if kind == "sentinel" else "cluster",
        url=url,
        nodes=tuple(_node(host, KINDS[kind]) for host in hosts.split(",")),
        service=service,
        db=db,
        username=unquote(username),
        password=unquote(password),
        tls=tls,
    )


def _server(url: str) -> Address:
    try:
        parts = urlsplit(url)
        valid = parts.port != 0 and (parts.scheme == "unix" or "@" not in parts.path)
    except ValueError:
        valid = False
    if not valid:
        raise ConfigurationError(f"REDIS_URL must be like {FORMS}; in a password '/' is %2F, '?' %3F and '#' %23.")
    return Address(kind="server", url=url)


def _node(text: str, port: int) -> Node:
    """Return one `host:port`; an IPv6 address stands in brackets."""
    try:
        parts = urlsplit(f"//{text}")
        found = parts.hostname, port if parts.port is None else parts.port
    except ValueError:
        found = None, 0
    if not found[0] or not found[1] or parts.path:
        raise ConfigurationError("REDIS_URL: each host must be like HOST:PORT, separated by commas.")
    return found[0], found[1]


def _no_path(path: str) -> tuple[str, int]:
    if path.strip("/"):
        raise ConfigurationError("REDIS_URL: a cluster has one database; nothing may follow the hosts.")
    return "", 0


def _service(path: str) -> tuple[str, int]:
    """Return the service and the database of `/service[/db]`."""
    service, _, db = path.strip("/").partition("/")
    if not service:
        raise ConfigurationError("REDIS_URL: the service that the Sentinels watch is missing: …HOST:26379/SERVICE.")
    if db and not (db.isascii() and db.isdigit()):
        raise ConfigurationError("REDIS_URL: what follows the service must be the number of a database.")
    return unquote(service), int(db or 0)
