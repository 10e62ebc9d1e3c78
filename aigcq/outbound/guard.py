"""Which URLs of clients are called: none that leads into a network of our own.

A name says nothing: it may be made to lead anywhere, and somewhere else a second later. So a URL is refused here
for what can be seen of it, and `caller` looks at the addresses to which it connects.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

from yarl import URL

from aigcq.errors import ConfigurationError
from aigcq.outbound.addresses import Address, Network, is_outside, network, parsed

URL_MAX_CHARS: Final = 2048
NAME: Final = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
)
OUR_OWN: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain")
"""Names that end in one of these are never the internet's."""


class Forbidden(OSError):
    """It leads, or may lead, into a network of our own; an OSError, because aiohttp is told of it in between."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator lets be called all the same: receivers in the own network."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read host names, addresses and networks (CIDR), separated by commas or spaces.

        Raises:
            ValueError: one is neither; it is named.
        """
        hosts, networks = set(), []
        for word in text.replace(",", " ").lower().split():
            if found := network(word):
                networks.append(found)
            elif NAME.fullmatch(word) and not _is_number(word):
                hosts.add(word)
            else:
                raise ValueError(f"{word} is neither a host name nor a network like 10.1.0.0/16")
        return cls(frozenset(hosts), tuple(networks))

    def host(self, host: str) -> bool:
        """Return whether this host may be called whatever it leads to: by its name, or as an address."""
        address = parsed(host)
        if address:
            return any(address in each for each in self.networks)
        return host.rstrip(".") in self.hosts


@cache
def allowed_by(settings_text: str) -> Allowed:
    """Return what AIGCQ_WEBHOOK_ALLOW lets be called.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return Allowed.read(settings_text)
    except ValueError as error:
        raise ConfigurationError(f"AIGCQ_WEBHOOK_ALLOW: {error}.") from None


def checked(text: str, allowed: Allowed) -> URL:
    """Return the URL as it will be called.

    By the parser of who calls it: two parsers can be made to see two hosts in one URL.

    Raises:
        Forbidden: it is none that may be called; the message says why and repeats nothing of it.
    """
    url = _parsed(text)
    host = url.raw_host or ""
    if url.user is not None or url.password is not None:
        raise Forbidden("must hold no user name or password")
    if "[" in text.partition("://")[2].partition("/")[0].partition("?")[0] and ":" not in host:
        raise Forbidden("must have no brackets but those of an IPv6 address")
    if url.fragment:
        raise Forbidden("must have no fragment")
    if allowed.host(host):
        return url
    if url.scheme != "https":
        raise Forbidden("must begin with https://; AIGCQ_WEBHOOK_ALLOW names the hosts for which http:// will do")
    check_host(host, allowed)
    return url


def check_host(host: str, allowed: Allowed) -> None:
    """Refuse what can be seen to be inside.

    Raises:
        Forbidden: it is, or it is no way to write a host.
    """
    if address := parsed(host):
        check_address(address, allowed)
    elif ":" in host or not NAME.fullmatch(host.rstrip(".")) or host.endswith(".."):
        raise Forbidden("must have a host name of letters, digits and hyphens")
    elif _is_number(host):
        raise Forbidden("must write an IPv4 address as four decimal numbers")
    elif "." not in host.rstrip(".") or _ends_in_our_own(host.rstrip(".")):
        raise Forbidden("must lead to a host in the internet, unless AIGCQ_WEBHOOK_ALLOW names it")


def check_address(address: Address, allowed: Allowed) -> None:
    """Refuse an address that is inside.

    Raises:
        Forbidden: it is.
    """
    if not is_outside(address, allowed.networks):
        raise Forbidden("must lead to an address in the internet, unless AIGCQ_WEBHOOK_ALLOW names its network")


def _parsed(text: str) -> URL:
    if len(text) > URL_MAX_CHARS or not text.isprintable() or " " in text or "\\" in text:
        raise Forbidden(f"must be a complete URL of at most {URL_MAX_CHARS} printable characters")
    try:
        url = URL(text)
        complete = url.scheme in ("http", "https") and bool(url.raw_host) and url.port != 0
    except (ValueError, UnicodeError):
        complete = False
    if not complete:
        raise Forbidden("must be a complete https:// URL")
    return url


def _is_number(host: str) -> bool:
    """Return whether libc takes `host` for an address that is spelt in another way: 127.1, 0x7f000001, 0177.0.0.1."""
    try:
        socket.inet_aton(host.rstrip("."))
    except (OSError, UnicodeError):
        last = host.rstrip(".").rpartition(".")[2]
        return bool(re.fullmatch(r"\d+|0x[0-9a-f]*", last))  # no name of the internet ends in a number
    return True


def _ends_in_our_own(name: str) -> bool:
    return any(name == end or name.endswith("." + end) for end in OUR_OWN)
